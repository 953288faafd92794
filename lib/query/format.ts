import type { Cell, Column } from '../adapters/contract';
import type { JsonCell } from './schema';

/**
 * Exact values to JSON. An integer, bigint or decimal becomes a JSON number when a double holds its value (safe integers;
 * decimals of at most 15 significant digits, the number of decimal digits that IEEE 754 binary64 always keeps), else it stays the
 * exact text; the column's type tells which. Dates are ISO 8601, NaN and infinities text, binary base64.
 */

type Convert = (cell: Cell) => JsonCell;

/** The longest text that can't hold more than 15 digits whatever its sign and point. */
const SHORT = 15;
const DECIMAL = /^-?(\d*)\.?(\d*)(?:[eE]([+-]?\d+))?$/;

/**
 * Exact text of a number as JSON.
 * @param text decimal notation, as the adapters give it; anything else ("NaN", "Infinity") comes back unchanged
 */
export function exactNumber(text: string): number | string {
  if (text.length <= SHORT && !text.includes('e') && !text.includes('E')) {
    const number = Number(text);
    return Number.isFinite(number) && text !== '' ? withoutNegativeZero(number, text) : text;
  }
  const match = DECIMAL.exec(text);
  if (!match) return text;
  const whole = match[1] ?? '';
  const fraction = match[2] ?? '';
  if (whole === '' && fraction === '') return text;
  const number = Number(text);
  if (fraction === '' && match[3] === undefined) return Number.isSafeInteger(number) ? number : text;
  const significant = (whole + fraction).replace(/^0+/, '').replace(/0+$/, '').length;
  // Beyond these powers of ten a double has fewer digits, or none.
  const small = number !== 0 && Math.abs(number) < 1e-290;
  return significant <= 15 && Math.abs(number) < 1e290 && !small && (number !== 0 || significant === 0) ? number : text;
}

/** "-0" has no JSON number that stays itself through JSON.stringify. */
function withoutNegativeZero(number: number, text: string): number | string {
  return Object.is(number, -0) ? text : number;
}

const number: Convert = (cell) => (typeof cell === 'string' ? exactNumber(cell) : cell);
const double: Convert = (cell) => (typeof cell === 'number' && !Number.isFinite(cell) ? String(cell) : cell);

/** {exact: "12.50"} marks a number in a column whose type differs from row to row. */
function isExact(cell: Cell): cell is { exact: string } {
  return typeof cell === 'object' && cell !== null && !Array.isArray(cell) && typeof cell.exact === 'string';
}
const mixed: Convert = (cell) => (isExact(cell) ? exactNumber(cell.exact) : double(cell));

/** Elements of an array of numbers are numbers by the same rule; the engine's type name says what they are. */
const NUMERIC_ARRAY = /^_?(?:small|big)?(?:int(?:eger)?\d?|numeric|decimal)\b/i;
function deep(convert: Convert): Convert {
  const walk: Convert = (cell) => (Array.isArray(cell) ? cell.map(walk) : convert(cell));
  return walk;
}

const JSON_TOKEN = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
const MAY_LOSE_DIGITS = /[\d.]{16}|\d[eE]/;

/** A JSON text as a value in which a number that a double can't hold exactly is its text. */
export function exactJson(text: string): JsonCell {
  if (!MAY_LOSE_DIGITS.test(text)) return JSON.parse(text) as JsonCell;
  const kept = text.replace(JSON_TOKEN, (token) => (token.startsWith('"') || keepsDigits(token) ? token : `"${token}"`));
  return JSON.parse(kept) as JsonCell;
}

function keepsDigits(token: string): boolean {
  const value = Number(token);
  if (!Number.isFinite(value)) return false;
  if (/^-?\d+$/.test(token)) return Number.isSafeInteger(value);
  return (/^-?[0.]*([\d.]*)/.exec(token)?.[1] ?? '').replace('.', '').length <= 15;
}

/** How the cells of a column become JSON; null when they are JSON already, so that nothing is done per row. */
export function jsonConverter(column: Column): Convert | null {
  switch (column.type) {
    case 'integer':
    case 'bigint':
    case 'decimal':
    case 'year':
      return number;
    case 'double':
      return double;
    case 'mixed':
      return mixed;
    case 'array':
      return NUMERIC_ARRAY.test(column.nativeType) ? deep(number) : deep(double);
    default:
      return null;
  }
}

/**
 * Converts batches of rows in place (they belong to the caller).
 * @returns a function from a batch in exact form to the same batch as JSON
 */
export function jsonFormatter(columns: readonly Column[]): (batch: Cell[][]) => JsonCell[][] {
  const work: { index: number; convert: Convert }[] = [];
  columns.forEach((column, index) => {
    const convert = jsonConverter(column);
    if (convert) work.push({ index, convert });
  });
  return (batch) => {
    for (const row of batch) {
      for (const { index, convert } of work) {
        const cell = row[index];
        if (cell !== null && cell !== undefined) row[index] = convert(cell);
      }
    }
    return batch;
  };
}

/** About how many bytes rows take in memory: what they weigh in the cache. */
export function weighRows(rows: readonly (readonly JsonCell[])[]): number {
  let bytes = 256;
  for (const row of rows) {
    bytes += 32 + row.length * 8;
    for (const cell of row) bytes += weighCell(cell);
  }
  return bytes;
}

function weighCell(cell: JsonCell): number {
  if (typeof cell === 'string') return 24 + cell.length * 2;
  if (typeof cell === 'number') return 8;
  if (cell === null || typeof cell === 'boolean') return 0;
  if (Array.isArray(cell)) return cell.reduce<number>((sum, item) => sum + 8 + weighCell(item), 32);
  return Object.entries(cell).reduce((sum, [key, value]) => sum + 24 + key.length * 2 + weighCell(value), 64);
}
