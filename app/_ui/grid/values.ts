import type { JsonCell } from '@/lib/query/schema';

/** What the grid needs to know of a column. */
export interface GridColumn {
  name: string;
  type: string;
  nativeType?: string;
  /** Decimals that every value is shown with, when it has fewer. */
  fractionDigits?: number;
}

export const ROW_PX = 32;
export const HEADER_PX = 36;
/** The grid grows with its rows up to this height. */
export const MAX_HEIGHT_PX = 420;

/** Height in pixels that a grid of so many rows takes at least, for what stands in its place while it loads. */
export const gridHeight = (rowCount: number) => Math.min(MAX_HEIGHT_PX, HEADER_PX + rowCount * ROW_PX - 1);

const NUMERIC = new Set(['integer', 'bigint', 'decimal', 'double', 'year']);
const TEMPORAL = new Set(['date', 'time', 'timetz', 'timestamp', 'timestamptz']);

export const isNumeric = (type: string) => NUMERIC.has(type);
export const isTemporal = (type: string) => TEMPORAL.has(type);

/** True where every value that is there is a number, also in engines whose columns have no fixed type. */
export function isNumericColumn(column: GridColumn, rows: readonly (readonly JsonCell[])[], index: number): boolean {
  if (NUMERIC.has(column.type)) return true;
  if (column.type !== 'mixed' && column.type !== 'unknown') return false;
  const values = rows.slice(0, 200).map((row) => row[index] ?? null);
  return values.some((value) => value !== null) && values.every((value) => value === null || typeof value === 'number');
}

/** The value as it is stored, for copying: exact digits, compact JSON, nothing for NULL. */
export function rawText(value: JsonCell): string {
  if (value === null) return '';
  if (typeof value === 'object') return JSON.stringify(value);
  return String(value);
}

const DECIMAL = /^[+-]?\d+(?:\.\d+)?$/;

/** Compares two decimal texts digit by digit, so that 9007199254740993 stays above 9007199254740992. */
function compareDecimals(a: string, b: string): number {
  const [aWhole = '', aFraction = ''] = a.split('.');
  const [bWhole = '', bFraction = ''] = b.split('.');
  const digits = Math.max(aFraction.length, bFraction.length);
  const x = BigInt(aWhole + aFraction.padEnd(digits, '0'));
  const y = BigInt(bWhole + bFraction.padEnd(digits, '0'));
  return x < y ? -1 : x > y ? 1 : 0;
}

/** Ascending order of two values of a column that aren't null: numbers by value and exactly, everything else by text. */
export function compareValues(a: JsonCell, b: JsonCell): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  const x = rawText(a);
  const y = rawText(b);
  if (DECIMAL.test(x) && DECIMAL.test(y)) return compareDecimals(x.replace(/^\+/, ''), y.replace(/^\+/, ''));
  return x < y ? -1 : x > y ? 1 : 0;
}

/** Decimals of a column of exact numbers, so that the points stand below each other: "12.5" beside "3.25" reads "12.50". */
export function fractionDigits(column: GridColumn, rows: readonly (readonly JsonCell[])[], index: number): number {
  if (column.type !== 'decimal') return 0;
  let digits = 0;
  for (const row of rows.slice(0, DECIMAL_SAMPLE_ROWS)) {
    const text = rawText(row[index] ?? null);
    if (DECIMAL.test(text)) digits = Math.max(digits, text.split('.')[1]?.length ?? 0);
  }
  return Math.min(digits, MAX_PADDED_DIGITS);
}

const DECIMAL_SAMPLE_ROWS = 1000;
/** Beyond this, zeros would only push the figures out of sight. */
const MAX_PADDED_DIGITS = 6;

/** Adds zeros behind the point; no digit changes. */
export function padFraction(text: string, digits: number): string {
  if (digits === 0 || !DECIMAL.test(text)) return text;
  const [whole = '', fraction = ''] = text.split('.');
  return `${whole}.${fraction.padEnd(digits, '0')}`;
}

/** Width of a text at 13 px in Geist, near enough to lay out columns before anything is drawn. */
function textWidth(text: string): number {
  let width = 0;
  for (const char of text) width += /[\p{Lu}@%&]/u.test(char) ? 9.2 : /[ilj.,:;'|!() ]/.test(char) ? 4.2 : 7.4;
  return width;
}

/** What a cell needs around its text. */
const PADDING_PX = 26;
const HEADER_EXTRA_PX = 56;
const SAMPLE_ROWS = 60;

/** A width in pixels that shows most values whole. @param render the text that a value takes in the grid */
export function fitWidth(
  column: GridColumn,
  rows: readonly (readonly JsonCell[])[],
  index: number,
  render: (value: JsonCell) => string,
): number {
  let longest = 0;
  for (const row of rows.slice(0, SAMPLE_ROWS)) longest = Math.max(longest, textWidth(render(row[index] ?? null)));
  const header = textWidth(column.name) + HEADER_EXTRA_PX;
  const body = longest + PADDING_PX;
  return Math.round(Math.min(320, Math.max(72, Math.min(header, 240), body)));
}

/** Widths stretched to fill the room there is, but never so far that a value loses sight of its neighbour. */
export function stretchWidths(widths: readonly number[], available: number): number[] {
  const total = widths.reduce((sum, width) => sum + width, 0);
  if (total === 0 || total >= available) return [...widths];
  const factor = Math.min(available / total, widths.length === 1 ? 2 : 4);
  return widths.map((width) => Math.floor(width * factor));
}
