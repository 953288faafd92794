import type { Cell, Column, ColumnType, Row } from '../contract';

/** A value as better-sqlite3 gives it with safe integers. */
export type RawValue = null | bigint | number | string | Uint8Array;
export interface RawColumn {
  name: string;
  /** The declared type, null for an expression. */
  declared: string | null;
}

/** Names people use, before SQLite's own affinity rules (https://sqlite.org/datatype3.html, 3.1) decide. */
const NAMED_TYPES: [RegExp, ColumnType][] = [
  [/^BOOL/i, 'boolean'],
  [/^(?:DATETIME|TIMESTAMP)/i, 'timestamp'],
  [/^DATE$/i, 'date'],
  [/^TIME$/i, 'time'],
  [/^JSON/i, 'json'],
  [/^(?:UUID|GUID)/i, 'uuid'],
  [/^(?:DECIMAL|NUMERIC|NUMBER|MONEY|CURRENCY)/i, 'decimal'],
];

/** The engine-neutral type of a declared one. */
export function typeOfDeclared(declared: string): ColumnType {
  for (const [pattern, type] of NAMED_TYPES) if (pattern.test(declared)) return type;
  if (/INT/i.test(declared)) return 'bigint';
  if (/CHAR|CLOB|TEXT|STRING|ENUM/i.test(declared)) return 'text';
  if (declared === '' || /BLOB|BINARY/i.test(declared)) return declared === '' ? 'mixed' : 'binary';
  if (/REAL|FLOA|DOUB/i.test(declared)) return 'double';
  return 'decimal';
}

/** Columns of a result: by declaration where there is one that the first values keep to, else by the values. */
export function describeColumns(columns: RawColumn[], firstRows: readonly RawValue[][]): Column[] {
  return columns.map(({ name, declared }, index) => {
    const values = firstRows.map((row) => row[index] ?? null).filter((value) => value !== null);
    const wanted = declared ? typeOfDeclared(declared) : null;
    const type =
      wanted !== null && wanted !== 'mixed' && values.every((value) => fits(value, wanted)) ? wanted : typeOfValues(values);
    return { name, type, nativeType: declared || nativeName(type) };
  });
}

const nativeName = (type: ColumnType) =>
  ({ bigint: 'INTEGER', double: 'REAL', text: 'TEXT', binary: 'BLOB' })[type as string] ?? 'ANY';

function typeOfValues(values: readonly RawValue[]): ColumnType {
  const kinds = new Set(values.map((value) => (value instanceof Uint8Array ? 'binary' : typeof value)));
  if (kinds.size === 0) return 'unknown';
  if (kinds.size > 1)
    return kinds.size === 2 && kinds.has('bigint') && kinds.has('number') && values.every(isSafe) ? 'double' : 'mixed';
  const [kind] = kinds;
  return kind === 'bigint' ? 'bigint' : kind === 'number' ? 'double' : kind === 'binary' ? 'binary' : 'text';
}

const isSafe = (value: RawValue) =>
  typeof value !== 'bigint' || (value <= BigInt(Number.MAX_SAFE_INTEGER) && value >= BigInt(Number.MIN_SAFE_INTEGER));

const ISO_DATE = /^\d{4}-\d\d-\d\d$/;
const ISO_TIME = /^\d\d:\d\d(?::\d\d(?:\.\d+)?)?$/;
const ISO_TIMESTAMP = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)?)?$/;

/** SQLite keeps any value in any column; a declared type is believed only of values that look like it. */
function fits(value: RawValue, type: ColumnType): boolean {
  switch (type) {
    case 'boolean':
      return value === 0n || value === 1n;
    case 'bigint':
      return typeof value === 'bigint';
    case 'double':
    case 'decimal':
      return typeof value === 'number' || typeof value === 'bigint';
    case 'date':
      return typeof value === 'string' && ISO_DATE.test(value);
    case 'time':
      return typeof value === 'string' && ISO_TIME.test(value);
    case 'timestamp':
      return typeof value === 'string' && ISO_TIMESTAMP.test(value);
    case 'binary':
      return value instanceof Uint8Array;
    default:
      return typeof value === 'string';
  }
}

/** A row in exact form (see Cell in the contract). */
export function toRow(raw: readonly RawValue[], columns: readonly Column[]): Row {
  return raw.map((value, index) => toCell(value, columns[index]?.type ?? 'mixed'));
}

function toCell(value: RawValue, type: ColumnType): Cell {
  if (value === null) return null;
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64');
  if (typeof value === 'bigint') {
    if (type === 'boolean' && (value === 0n || value === 1n)) return value === 1n;
    if (type === 'mixed') return { exact: value.toString() };
    return type === 'double' && isSafe(value) ? Number(value) : value.toString();
  }
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity';
    // The shortest text that reads back as the same double: what SQLite itself holds of a DECIMAL.
    return type === 'decimal' || type === 'bigint' ? plainDecimal(value) : value;
  }
  if (type === 'timestamp' && ISO_TIMESTAMP.test(value)) return value.replace(' ', 'T');
  if (type === 'json') return parseJson(value);
  return value;
}

/** Without an exponent: 1e21 as digits. */
function plainDecimal(value: number): string {
  const text = String(value);
  const match = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(text);
  if (!match) return text;
  const [, sign = '', lead = '', fraction = '', exponentText = '0'] = match;
  const exponent = Number(exponentText);
  const digits = lead + fraction;
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
  return `${sign}${digits}${'0'.repeat(Math.max(0, exponent - fraction.length))}`;
}

const JSON_TOKEN = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/** Parsed, with numbers that a double can't hold kept as text; text that isn't JSON stays text. */
function parseJson(text: string): Cell {
  try {
    return JSON.parse(
      text.replace(JSON_TOKEN, (token) => (token.startsWith('"') || keepsDigits(token) ? token : `"${token}"`)),
    ) as Cell;
  } catch {
    return text;
  }
}

function keepsDigits(token: string): boolean {
  const value = Number(token);
  if (/^-?\d+$/.test(token)) return Number.isSafeInteger(value);
  return (
    Number.isFinite(value) &&
    token
      .replace(/[eE].*$/, '')
      .replace(/^-?0*\.?0*/, '')
      .replace('.', '').length <= 15
  );
}

/** A bound value as better-sqlite3 takes it: whole numbers as integers, booleans as 0 and 1. */
export function toBound(value: unknown): RawValue {
  if (value === null || value === undefined) return null;
  if (typeof value === 'boolean') return value ? 1n : 0n;
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value;
  if (typeof value === 'bigint' || typeof value === 'string' || value instanceof Uint8Array) return value;
  if (value instanceof Date) return value.toISOString();
  return JSON.stringify(value);
}
