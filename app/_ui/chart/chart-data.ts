import type { Chart } from '@/lib/conversations/schema';
import type { JsonCell } from '@/lib/query/schema';
import { type GridColumn, rawText } from '../grid/values';

/** What is drawn: categories on one axis, series of figures, null where there is no value. */
export interface ChartData {
  categories: string[];
  series: { name: string; values: (number | null)[] }[];
}

/** Points beyond which a canvas of a page's width can't tell them apart any more. */
export const MAX_POINTS = 5000;

/**
 * Pixels take doubles: this is the one place where an exact text becomes one, and only for drawing. Figures in tooltips of such a
 * value have a double's 15 digits; the table beside the chart has them all.
 */
function toPixelNumber(value: JsonCell | undefined): number | null {
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (typeof value !== 'string' || value.trim() === '') return null;
  const number = Number(value);
  return Number.isFinite(number) ? number : null;
}

const label = (value: JsonCell | undefined) =>
  value === null || value === undefined ? '(none)' : rawText(value) === '' ? '(empty)' : rawText(value);

/** The columns that a chart names, taken out of the rows; null when the result doesn't have them any more. */
export function chartData(
  chart: Chart,
  columns: readonly GridColumn[],
  rows: readonly (readonly JsonCell[])[],
): ChartData | null {
  const indexOf = (name: string | undefined) => columns.findIndex((column) => column.name === name);
  const x = indexOf(chart.x);
  const y = chart.y.map(indexOf);
  if (y.length === 0 || y.includes(-1) || (chart.type !== 'number' && x < 0)) return null;
  const drawn = rows.slice(0, MAX_POINTS);
  if (chart.series !== undefined) return splitData(drawn, x, y[0] ?? 0, indexOf(chart.series));
  return {
    categories: drawn.map((row) => label(row[x])),
    series: y.map((column, i) => ({ name: chart.y[i] ?? '', values: drawn.map((row) => toPixelNumber(row[column])) })),
  };
}

function splitData(rows: readonly (readonly JsonCell[])[], x: number, y: number, by: number): ChartData | null {
  if (by < 0) return null;
  const categories = [...new Set(rows.map((row) => label(row[x])))];
  const place = new Map(categories.map((category, index) => [category, index]));
  const series = new Map<string, (number | null)[]>();
  for (const row of rows) {
    const name = label(row[by]);
    const values = series.get(name) ?? categories.map(() => null);
    series.set(name, values);
    values[place.get(label(row[x])) ?? 0] = toPixelNumber(row[y]);
  }
  return { categories, series: [...series].map(([name, values]) => ({ name, values })) };
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const DAY = /^(\d{4})-(\d{2})-(\d{2})(?:[T ]00:00(?::00(?:\.0+)?)?(?:Z|[+-]\d{2}(?::?\d{2})?)?)?$/;

/**
 * Labels of a time axis as short as the data allows: "2024" when all are first of January, "Mar 2024" when all are first of a
 * month, else the date. Other texts stay.
 */
export function shortenTimes(categories: readonly string[]): string[] {
  const days = categories.map((text) => DAY.exec(text));
  if (days.length === 0 || days.some((match) => !match)) return [...categories];
  const months = days.every((match) => match?.[3] === '01');
  const years = months && days.every((match) => match?.[2] === '01');
  return days.map((match) => {
    const [, year = '', month = '', day = ''] = match ?? [];
    if (years && categories.length > 1) return year;
    return months ? `${MONTHS[Number(month) - 1]} ${year}` : `${year}-${month}-${day}`;
  });
}

const UNITS: [number, string][] = [
  [1e12, 'T'],
  [1e9, 'B'],
  [1e6, 'M'],
  [1e3, 'k'],
];

/** A figure for an axis: "1.2M", "350", "0.05". */
export function shortFigure(value: number): string {
  for (const [size, unit] of UNITS) {
    if (Math.abs(value) >= size * 0.9995) return `${Number((value / size).toPrecision(3))}${unit}`;
  }
  return String(Number(value.toPrecision(4)));
}

/** Headings of columns for people: "total_revenue" → "Total revenue". */
export function readableName(name: string): string {
  if (!/^[\p{L}\p{N}_]+$/u.test(name)) return name;
  const words = name.replace(/_+/g, ' ').trim();
  return words === '' ? name : words.charAt(0).toUpperCase() + words.slice(1);
}
