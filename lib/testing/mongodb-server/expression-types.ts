/** Conversions between types, and what a type is called. */
import { Decimal } from './decimal';
import type { Operator } from './expressions';
import {
  Bin,
  FarDate,
  Int32,
  isNumber,
  type Maybe,
  type NumberValue,
  Oid,
  ServerError,
  Stamp,
  Sym,
  toDecimal,
  toDouble,
  typeAlias,
  typeName,
  type Value,
} from './values';

const failed = (message: string): ServerError => new ServerError(241, 'ConversionFailure', message);

/** The text of a value as $toString gives it. */
export function textOf(value: Value): string {
  if (typeof value === 'string') return value;
  if (value instanceof Sym) return value.text;
  if (typeof value === 'boolean') return String(value);
  if (value instanceof Int32) return String(value.value);
  if (typeof value === 'bigint' || typeof value === 'number' || value instanceof Decimal) return String(value);
  if (value instanceof Oid) return value.hex;
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Bin && value.subtype === 4)
    return Buffer.from(value.bytes)
      .toString('hex')
      .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
  throw failed(`Unsupported conversion from ${typeName(value)} to string in $convert with no onError value`);
}

function toWhole(value: Value, to: 'int' | 'long'): NumberValue {
  const [least, most] = to === 'int' ? [-2147483648n, 2147483647n] : [-9223372036854775808n, 9223372036854775807n];
  let whole: bigint | null = null;
  if (typeof value === 'boolean') whole = value ? 1n : 0n;
  else if (typeof value === 'string') whole = /^[+-]?\d+$/.test(value) ? BigInt(value.replace(/^\+/, '')) : null;
  else if (value instanceof Date && to === 'long') whole = BigInt(value.getTime());
  else if (typeof value === 'bigint') whole = value;
  else if (isNumber(value)) {
    const exact = value instanceof Decimal ? value.round(0, 'down') : null;
    const double = Math.trunc(toDouble(exact ?? value));
    if (!Number.isFinite(double))
      throw failed(`Attempt to convert ${double} value to integer type in $convert with no onError value`);
    whole = exact ? exact.coefficient * 10n ** BigInt(exact.exponent) * (exact.negative ? -1n : 1n) : BigInt(double);
  } else throw unsupported(value, to);
  if (whole === null) throw failed(`Failed to parse number '${String(value)}' in $convert with no onError value`);
  if (whole < least || whole > most)
    throw failed(`Conversion would overflow target type in $convert with no onError value: ${whole}`);
  return to === 'int' ? new Int32(Number(whole)) : whole;
}

const unsupported = (value: Value, to: string): ServerError =>
  failed(`Unsupported conversion from ${typeName(value)} to ${to} in $convert with no onError value`);

function toFloat(value: Value): number {
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (value instanceof Date) return value.getTime();
  if (isNumber(value)) return toDouble(value);
  if (typeof value !== 'string') throw unsupported(value, 'double');
  const number = Number(value);
  if (value.trim() === '' || value !== value.trim() || (Number.isNaN(number) && !/^nan$/i.test(value)))
    throw failed(`Failed to parse number '${value}' in $convert with no onError value`);
  return number;
}

function toExact(value: Value): Decimal {
  if (typeof value === 'boolean') return Decimal.of(value ? 1n : 0n, 0);
  if (value instanceof Date) return Decimal.of(BigInt(value.getTime()), 0);
  if (isNumber(value)) return toDecimal(value);
  const parsed = typeof value === 'string' ? Decimal.parse(value) : null;
  if (!parsed)
    throw typeof value === 'string'
      ? failed(`Failed to parse number '${value}' in $convert with no onError value`)
      : unsupported(value, 'decimal');
  return parsed;
}

/** Also what date operators take for a date. */
export function toDate(value: Value): Date {
  if (value instanceof Date) return value;
  if (value instanceof Oid) return new Date(Number.parseInt(value.hex.slice(0, 8), 16) * 1000);
  if (value instanceof Stamp) return new Date(Number(value.value >> 32n) * 1000);
  if (isNumber(value) && !(value instanceof Int32)) return new Date(toDouble(value));
  if (typeof value === 'string') {
    const date = parseDate(value);
    if (date) return date;
    throw failed(`Error parsing date string '${value}'`);
  }
  throw unsupported(value, 'date');
}

/** ISO 8601 text; without a zone it is UTC. */
export function parseDate(text: string): Date | null {
  const match =
    /^(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ](\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?)?\s*(Z|[+-]\d{2}:?\d{2})?$/i.exec(
      text.trim(),
    );
  if (!match) return null;
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '0', zone = 'Z'] = match;
  const utc = Date.UTC(
    Number(year),
    Number(month) - 1,
    Number(day),
    Number(hour),
    Number(minute),
    Number(second),
    Number(fraction.padEnd(3, '0').slice(0, 3)),
  );
  const offset = /^([+-])(\d{2}):?(\d{2})$/.exec(zone);
  const shift = offset ? (Number(offset[2]) * 60 + Number(offset[3])) * (offset[1] === '-' ? 1 : -1) : 0;
  return new Date(utc + shift * 60_000);
}

function toObjectId(value: Value): Oid {
  if (value instanceof Oid) return value;
  if (typeof value === 'string' && /^[0-9a-f]{24}$/i.test(value)) return new Oid(value.toLowerCase());
  throw failed(`Failed to parse objectId '${String(value)}' in $convert with no onError value`);
}

const TARGETS: Record<string, (value: Value) => Value> = {
  double: toFloat,
  string: textOf,
  objectId: toObjectId,
  bool: (value) => (isNumber(value) ? toDouble(value) !== 0 : value !== false),
  date: toDate,
  int: (value) => toWhole(value, 'int'),
  long: (value) => toWhole(value, 'long'),
  decimal: toExact,
};

function convert(value: Maybe, to: string): Maybe {
  if (value === null || value === undefined) return null;
  const target = TARGETS[to];
  if (!target) throw failed(`Unsupported conversion to ${to}`);
  return target(value);
}

const short = (to: string): Operator => ({ args: [1, 1], run: (value) => convert(value, to) });

export const CONVERSION_OPERATORS: Record<string, Operator> = {
  $toString: short('string'),
  $toInt: short('int'),
  $toLong: short('long'),
  $toDouble: short('double'),
  $toDecimal: short('decimal'),
  $toDate: short('date'),
  $toBool: short('bool'),
  $toObjectId: short('objectId'),
  $convert: {
    named: ['input', 'to', 'onError', 'onNull', 'format', 'byteOrder'],
    required: ['input', 'to'],
    run: (values) => {
      if (values.input === null || values.input === undefined) return 'onNull' in values ? values.onNull : null;
      const to = values.to;
      const name = to === undefined || to === null ? null : typeAlias(to instanceof Map ? (to.get('type') ?? null) : to);
      try {
        return convert(values.input, name ?? String(to));
      } catch (error) {
        if (error instanceof ServerError && 'onError' in values) return values.onError;
        throw error;
      }
    },
  },
  $type: { args: [1, 1], run: (value) => typeName(value) },
  $isNumber: { args: [1, 1], run: (value) => isNumber(value) },
};

/** A date given as one, or as what stands for one; null when absent. */
export function dateOf(value: Maybe): Date | null {
  if (value === null || value === undefined) return null;
  if (value instanceof Date || value instanceof Oid || value instanceof Stamp) return toDate(value);
  if (value instanceof FarDate) throw failed('date is out of range');
  throw new ServerError(16006, 'Location16006', `can't convert from BSON type ${typeName(value)} to Date`);
}
