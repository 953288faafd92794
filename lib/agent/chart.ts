import type { Chart } from '../conversations/schema';

interface ChartColumn {
  name: string;
  type: string;
}

const NUMERIC = new Set(['integer', 'bigint', 'decimal', 'double']);
const TEMPORAL = new Set(['date', 'timestamp', 'timestamptz', 'year']);
/** Rows beyond which a bar chart stops being readable. */
const MAX_BARS = 60;
const MAX_SERIES = 8;

/**
 * Proposes a chart from the shape of a result [C26]: one figure → number; time and figures → line; category and figures → bar;
 * otherwise none. Keys and identifiers are never drawn as figures. Deterministic.
 */
export function proposeChart(columns: ChartColumn[], rows: readonly (readonly unknown[])[]): Chart | null {
  if (rows.length === 0) return null;
  const kinds = columns.map((column, index) => kindOf(column, rows, index));
  const measures = columns.filter((_, index) => kinds[index] === 'measure').map((column) => column.name);
  if (hasDuplicates(columns)) return null;
  if (rows.length === 1) {
    return columns.length === 1 && measures[0] ? { type: 'number', y: [measures[0]] } : null;
  }
  if (measures.length === 0 || measures.length > 4) return null;
  const times = columns.filter((_, index) => kinds[index] === 'time');
  const categories = columns.filter((_, index) => kinds[index] === 'category');
  const [time] = times;
  if (time && times.length === 1) {
    if (categories.length === 0 && isDistinct(columns, rows, [time.name])) return { type: 'line', x: time.name, y: measures };
    const [category] = categories;
    const series = category && distinctCount(columns, rows, category.name) <= MAX_SERIES;
    if (
      category &&
      series &&
      categories.length === 1 &&
      measures.length === 1 &&
      isDistinct(columns, rows, [time.name, category.name])
    ) {
      return { type: 'line', x: time.name, y: measures, series: category.name };
    }
    return null;
  }
  const [category] = categories;
  if (
    times.length === 0 &&
    category &&
    categories.length === 1 &&
    rows.length <= MAX_BARS &&
    isDistinct(columns, rows, [category.name])
  ) {
    return { type: 'bar', x: category.name, y: measures };
  }
  return null;
}

type Kind = 'measure' | 'time' | 'category' | 'key';

function kindOf(column: ChartColumn, rows: readonly (readonly unknown[])[], index: number): Kind {
  const name = column.name.toLowerCase();
  const values = rows.map((row) => row[index]).filter((value) => value !== null);
  if (TEMPORAL.has(column.type)) return 'time';
  const numeric =
    NUMERIC.has(column.type) ||
    (column.type === 'mixed' && values.length > 0 && values.every((value) => typeof value === 'number'));
  if (numeric) {
    if (/^(?:year|yr)$|_year$|^year_/.test(name) && values.every((value) => Number(value) > 1000 && Number(value) < 3000))
      return 'time';
    if (/(?:^|_)(?:id|key|code|zip|phone)$/.test(name) || /[a-z]Id$/.test(column.name)) return 'key';
    return 'measure';
  }
  // Engines without a date type, and dates truncated to a month, give text.
  if (
    values.length > 0 &&
    values.every(
      (value) => typeof value === 'string' && /^\d{4}(?:-\d{2}(?:-\d{2}(?:[T ][\d:.]+)?)?|-Q[1-4]|-W\d{2})?$/.test(value),
    )
  )
    return 'time';
  return 'category';
}

function columnValues(columns: ChartColumn[], row: readonly unknown[], names: string[]): string {
  return JSON.stringify(names.map((name) => row[columns.findIndex((column) => column.name === name)]));
}

function isDistinct(columns: ChartColumn[], rows: readonly (readonly unknown[])[], names: string[]): boolean {
  return new Set(rows.map((row) => columnValues(columns, row, names))).size === rows.length;
}

function distinctCount(columns: ChartColumn[], rows: readonly (readonly unknown[])[], name: string): number {
  return new Set(rows.map((row) => columnValues(columns, row, [name]))).size;
}

const hasDuplicates = (columns: ChartColumn[]) => new Set(columns.map((column) => column.name)).size !== columns.length;
