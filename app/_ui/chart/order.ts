import { splitQuery } from '../query-text';
import type { ChartData } from './chart-data';

/** Whether the query itself orders its rows: ORDER BY outside of brackets, or a last $sort of a pipeline. For the eye only. */
export function hasOrder(query: string): boolean {
  if (/^\s*[[{]/.test(query)) return query.includes('$sort');
  let depth = 0;
  let word = '';
  for (const { kind, text } of splitQuery(query)) {
    if (kind === 'keyword') {
      if (depth === 0 && word === 'order' && text.toLowerCase() === 'by') return true;
      word = text.toLowerCase();
    } else if (kind === 'plain') {
      for (const sign of text) depth += sign === '(' ? 1 : sign === ')' ? -1 : 0;
      if (text.trim() !== '') word = '';
    }
  }
  return false;
}

const NAMES = [
  'january february march april may june july august september october november december',
  'jan feb mar apr may jun jul aug sep sept oct nov dec',
  'monday tuesday wednesday thursday friday saturday sunday',
  'mon tue tues wed thu thur thurs fri sat sun',
  'xxs xs s m l xl xxl xxxl',
  'tiny small medium large huge',
  'lowest low medium high highest critical',
  'free basic standard premium enterprise',
  'true false',
  'yes no',
].map((line) => new Set(line.split(' ')));

/** Numbers, dates, quarters and weeks, and ranges of them: "2024-03", "Q1 2024", "10–20", "< 5", "65+", "under 18", "1 to 5 days". */
const ORDINAL =
  /^(?:(?:[<>≤≥]=?|under|over|below|above|up to|more than|less than)?\s*[-+−]?\d[\d\s.,]*\s*(?:[-–—+:/]|to|and|or)?.*|(?:q[1-4]|h[12]|w(?:eek)?\s?\d{1,2}|[a-z]{3,9})[\s-]+\d{2,4}|q[1-4]|h[12])$/i;

const NOTHING = new Set(['(none)', '(empty)']);

/** True where the categories have an order of their own, which a sort by value would destroy. */
export function isOrdinal(categories: readonly string[]): boolean {
  const known = categories.filter((category) => !NOTHING.has(category)).map((category) => category.trim().toLowerCase());
  if (known.length === 0) return false;
  return NAMES.some((names) => known.every((name) => names.has(name))) || known.every((name) => ORDINAL.test(name));
}

/** Bars from the highest to the lowest, when neither their names nor the query order them. Several series: by their sum. */
export function sortBars(data: ChartData): ChartData {
  if (isOrdinal(data.categories)) return data;
  const size = (index: number) => data.series.reduce((sum, { values }) => sum + (values[index] ?? 0), 0);
  const order = data.categories.map((_, index) => index).sort((a, b) => size(b) - size(a) || a - b);
  return {
    categories: order.map((index) => data.categories[index] ?? ''),
    series: data.series.map(({ name, values }) => ({ name, values: order.map((index) => values[index] ?? null) })),
  };
}
