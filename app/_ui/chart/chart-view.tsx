'use client';

import { useEffect, useImperativeHandle, useMemo, useRef, useState } from 'react';
import type { Chart } from '@/lib/conversations/schema';
import type { JsonCell } from '@/lib/query/schema';
import { formatCount, formatNumber } from '../figures';
import type { GridColumn } from '../grid/values';
import { useTheme } from '../providers';
import { type ChartData, chartData, MAX_POINTS, readableName } from './chart-data';
import { barsHeight, chartOptions, isHorizontal } from './chart-options';
import { readChartColors } from './colors';
import { sortBars } from './order';

export interface ChartHandle {
  /** The chart as a PNG file, twice its size on screen. */
  download(fileName: string): void;
}

interface ChartViewProps {
  chart: Chart;
  columns: readonly GridColumn[];
  rows: readonly (readonly JsonCell[])[];
  /** The query orders its rows: bars keep that order. */
  ordered: boolean;
  handle?: React.Ref<ChartHandle>;
}

/** Draws a result from a checked specification. A single figure is set in type, everything else is drawn on a canvas. */
export function ChartView({ chart, columns, rows, ordered, handle }: ChartViewProps) {
  const data = useMemo(() => {
    const read = chartData(chart, columns, rows);
    return read && chart.type === 'bar' && !ordered ? sortBars(read) : read;
  }, [chart, columns, rows, ordered]);
  if (!data)
    return <p className="px-4 py-8 text-center text-ink-3 text-sm">The result no longer has the columns of this chart.</p>;
  if (chart.type === 'number') return <Figure chart={chart} columns={columns} rows={rows} />;
  return (
    <div>
      <Canvas chart={chart} data={data} handle={handle} />
      {rows.length > MAX_POINTS ? (
        <p className="px-4 pb-3 text-ink-3 text-xs">
          Drawn: the first {formatCount(MAX_POINTS, 'row')} of {formatNumber(rows.length)}.
        </p>
      ) : null}
    </div>
  );
}

function Figure({ chart, columns, rows }: Omit<ChartViewProps, 'handle' | 'ordered'>) {
  const name = chart.y[0] ?? '';
  const value = rows[0]?.[columns.findIndex((column) => column.name === name)] ?? null;
  return (
    <div className="px-5 py-6">
      <p className="tabular break-words font-semibold text-figure text-ink tracking-tight">
        {typeof value === 'number' || typeof value === 'string' ? formatNumber(value) : '–'}
      </p>
      <p className="text-ink-3 text-sm">{chart.title ?? readableName(name)}</p>
    </div>
  );
}

function Canvas({ chart, data, handle }: { chart: Chart; data: ChartData; handle?: React.Ref<ChartHandle> }) {
  const element = useRef<HTMLDivElement>(null);
  const drawn = useRef<{ png(): string } | null>(null);
  const { theme } = useTheme();
  const dark = useSystemDark();
  const [failed, setFailed] = useState(false);
  const height = isHorizontal(chart, data) ? barsHeight(data) : 288;

  // biome-ignore lint/correctness/useExhaustiveDependencies: the theme changes what the colours resolve to.
  useEffect(() => {
    const node = element.current;
    if (!node) return;
    let dispose = (): void => undefined;
    let left = false;
    import('./engine')
      .then(({ init }) => {
        if (left) return;
        const instance = init(node, null, { renderer: 'canvas' });
        const colors = readChartColors(node);
        const still = window.matchMedia('(prefers-reduced-motion: reduce)').matches;
        instance.setOption(chartOptions(chart, data, colors, getComputedStyle(node).fontFamily, still));
        const observer = new ResizeObserver(() => instance.resize());
        observer.observe(node);
        drawn.current = { png: () => instance.getDataURL({ type: 'png', pixelRatio: 2, backgroundColor: colors.surface }) };
        dispose = () => {
          observer.disconnect();
          drawn.current = null;
          instance.dispose();
        };
      })
      .catch(() => setFailed(true));
    return () => {
      left = true;
      dispose();
    };
  }, [chart, data, theme, dark]);

  useImperativeHandle(handle, () => ({
    download(fileName) {
      const png = drawn.current?.png();
      if (!png) return;
      const link = document.createElement('a');
      link.href = png;
      link.download = `${fileName}.png`;
      link.click();
    },
  }));

  if (failed)
    return <p className="px-4 py-8 text-center text-ink-3 text-sm">The chart could not be loaded. The table has all values.</p>;
  return <div ref={element} role="img" aria-label={chartLabel(chart, data)} className="mx-4 my-3" style={{ height }} />;
}

function chartLabel(chart: Chart, data: ChartData): string {
  const figures = data.series.map((series) => readableName(series.name)).join(', ');
  return `${chart.type} chart of ${figures} by ${readableName(chart.x ?? '')}, ${formatCount(data.categories.length, 'point')}. The table has the values.`;
}

function useSystemDark(): boolean {
  const [dark, setDark] = useState(false);
  useEffect(() => {
    const query = window.matchMedia('(prefers-color-scheme: dark)');
    const follow = () => setDark(query.matches);
    follow();
    query.addEventListener('change', follow);
    return () => query.removeEventListener('change', follow);
  }, []);
  return dark;
}
