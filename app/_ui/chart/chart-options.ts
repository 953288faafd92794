import type { EChartsCoreOption } from 'echarts/core';
import type { Chart } from '@/lib/conversations/schema';
import { formatNumber } from '../figures';
import { type ChartData, readableName, shortenTimes, shortFigure } from './chart-data';
import type { ChartColors } from './colors';

const FONT = 12;

/** Figures for a tooltip: what a double holds, without the noise of its last bits. */
const figure = (value: unknown) => (typeof value === 'number' ? formatNumber(Number(value.toPrecision(15))) : '–');

/** The library's options for a checked chart. Names and values are data: no markup, no code. */
export function chartOptions(
  chart: Chart,
  data: ChartData,
  colors: ChartColors,
  fontFamily: string,
  still: boolean,
): EChartsCoreOption {
  const shared = {
    animation: !still,
    animationDuration: 240,
    animationEasing: 'cubicOut' as const,
    color: colors.series,
    textStyle: { fontFamily, fontSize: FONT, color: colors.meta },
  };
  const tooltip = {
    backgroundColor: colors.surface,
    borderColor: colors.line,
    borderWidth: 1,
    padding: [8, 12],
    textStyle: { color: colors.ink, fontSize: FONT, fontFamily },
    extraCssText: 'border-radius: 8px; box-shadow: 0 8px 24px -8px rgb(0 0 0 / 0.24); font-variant-numeric: tabular-nums;',
    confine: true,
    valueFormatter: figure,
  };
  const legend = {
    show: data.series.length > 1 || chart.type === 'pie',
    top: 0,
    left: 0,
    type: 'scroll',
    icon: 'roundRect',
    itemWidth: 10,
    itemHeight: 10,
    itemGap: 16,
    textStyle: { color: colors.meta, fontSize: FONT },
    pageIconColor: colors.meta,
    pageTextStyle: { color: colors.meta },
  };
  if (chart.type === 'pie')
    return { ...shared, tooltip: { ...tooltip, trigger: 'item' }, legend, series: [pieSeries(data, colors)] };
  return {
    ...shared,
    tooltip: {
      ...tooltip,
      trigger: 'axis',
      axisPointer: {
        type: chart.type === 'bar' ? 'shadow' : 'line',
        lineStyle: { color: colors.meta },
        shadowStyle: { color: colors.meta, opacity: 0.08 },
      },
    },
    legend,
    ...axes(chart, data, colors),
    series: data.series.map((series, index) => ({
      ...cartesianSeries(chart, series, data, colors),
      ...axisOf(chart, data, index),
    })),
  };
}

function pieSeries(data: ChartData, colors: ChartColors) {
  const values = data.series[0]?.values ?? [];
  return {
    type: 'pie',
    radius: ['48%', '76%'],
    center: ['50%', '56%'],
    itemStyle: { borderColor: colors.surface, borderWidth: 2, borderRadius: 4 },
    label: { color: colors.meta },
    data: data.categories.map((name, index) => ({ name, value: values[index] })),
  };
}

/** Width in pixels of a drawing whose labels must not be dropped, of a character, and between two labels. */
const DRAWING_PX = 680;
const CHARACTER_PX = 7;
const LABEL_GAP_PX = 16;

/** Names that don't fit side by side lie on the side; times always run from left to right. */
export function isHorizontal(chart: Chart, data: ChartData): boolean {
  if (chart.type !== 'bar') return false;
  const longest = Math.max(0, ...shortenTimes(data.categories).map((category) => category.length));
  return data.categories.length * (longest * CHARACTER_PX + LABEL_GAP_PX) > DRAWING_PX;
}

/** How many times larger one series may be before the other can't be read on its axis. */
const READABLE_RATIO = 20;

/** True for two series of such different size that each needs its own axis. */
export function needsSecondAxis(data: ChartData): boolean {
  const [first, second] = data.series.map((series) => Math.max(0, ...series.values.map((value) => Math.abs(value ?? 0))));
  if (first === undefined || second === undefined || data.series.length !== 2) return false;
  const [small, large] = [Math.min(first, second), Math.max(first, second)];
  return small > 0 && large / small > READABLE_RATIO;
}

/** Height in pixels that gives every lying bar room for its label. */
export function barsHeight(data: ChartData): number {
  return Math.min(720, Math.max(200, data.categories.length * Math.max(28, data.series.length * 14 + 10) + 48));
}

function axes(chart: Chart, data: ChartData, colors: ChartColors) {
  const horizontal = isHorizontal(chart, data);
  const category = {
    type: 'category',
    data: shortenTimes(data.categories),
    boundaryGap: chart.type === 'bar' || chart.type === 'scatter',
    inverse: horizontal,
    axisTick: { show: false },
    axisLine: { lineStyle: { color: colors.line } },
    axisLabel: {
      color: colors.meta,
      fontSize: FONT,
      hideOverlap: true,
      width: horizontal ? 160 : 96,
      overflow: 'truncate',
      margin: 10,
    },
  };
  const value = {
    type: 'value',
    axisLabel: { color: colors.meta, fontSize: FONT, formatter: shortFigure, hideOverlap: true },
    splitLine: { lineStyle: { color: colors.line } },
    splitNumber: 4,
    scale: chart.type === 'scatter',
  };
  const second = needsSecondAxis(data);
  const values = second
    ? data.series.map((_, index) => ({
        ...value,
        alignTicks: true,
        splitLine: { ...value.splitLine, show: index === 0 },
      }))
    : value;
  const top = data.series.length > 1 ? 36 : 12;
  return {
    grid: { left: 4, right: horizontal ? 28 : 20, top, bottom: 4, outerBoundsMode: 'same', outerBoundsContain: 'axisLabel' },
    xAxis: horizontal ? values : category,
    yAxis: horizontal ? category : values,
  };
}

/** The legend says which axis the second of two unlike series is read on. */
function seriesName(chart: Chart, data: ChartData, series: ChartData['series'][number]): string {
  const name = readableName(series.name);
  if (!needsSecondAxis(data) || series === data.series[0]) return name;
  return `${name} (${isHorizontal(chart, data) ? 'upper' : 'right'} axis)`;
}

function axisOf(chart: Chart, data: ChartData, index: number) {
  if (!needsSecondAxis(data)) return {};
  return isHorizontal(chart, data) ? { xAxisIndex: index } : { yAxisIndex: index };
}

function cartesianSeries(chart: Chart, series: ChartData['series'][number], data: ChartData, colors: ChartColors) {
  const name = seriesName(chart, data, series);
  if (chart.type === 'bar') {
    const round = isHorizontal(chart, data) ? [0, 3, 3, 0] : [3, 3, 0, 0];
    return { type: 'bar', name, data: series.values, barMaxWidth: 28, barCategoryGap: '28%', itemStyle: { borderRadius: round } };
  }
  if (chart.type === 'scatter') return { type: 'scatter', name, data: series.values, symbolSize: 7 };
  const few = data.categories.length <= 40;
  return {
    type: 'line',
    name,
    data: series.values,
    showSymbol: few,
    symbol: 'circle',
    symbolSize: 6,
    lineStyle: { width: 2 },
    connectNulls: false,
    sampling: 'lttb',
    emphasis: { focus: 'series' },
    itemStyle: { borderColor: colors.surface, borderWidth: 1 },
    areaStyle: data.series.length === 1 || chart.type === 'area' ? { opacity: 0.1 } : undefined,
  };
}
