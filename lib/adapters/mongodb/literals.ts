import { Binary, BSONRegExp, Decimal128, Double, Int32, Long, MaxKey, MinKey, ObjectId, Timestamp, UUID } from 'mongodb';
import { Doc, type Entry, List, type Scalar, type Value, wholeNumber } from './values';

/** Why a literal can't be made, as the end of a sentence that begins with what was written. */
export class LiteralProblem extends Error {}

const INT32_MAX = 2 ** 31;
const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;

/**
 * A number as written. Whole numbers keep every digit (32 or 64 bits, whichever they fit); a point or an exponent makes a double.
 * @throws LiteralProblem when a whole number has more than 64 bits
 */
export function numberLiteral(text: string): Int32 | Long | Double {
  if (/^[+-]?\d+$/.test(text)) {
    const whole = BigInt(text.replace(/^\+/, ''));
    if (whole < INT64_MIN || whole > INT64_MAX) throw new LiteralProblem(`has more than 64 bits; write NumberDecimal("${text}")`);
    return wholeOf(whole);
  }
  if (/^[+-]?0x[\da-f]+$/i.test(text)) return wholeOf(BigInt(text.replace(/^[+-]/, '')) * (text.startsWith('-') ? -1n : 1n));
  return new Double(Number(text));
}

function wholeOf(whole: bigint): Int32 | Long {
  return whole >= -INT32_MAX && whole < INT32_MAX ? new Int32(Number(whole)) : Long.fromBigInt(whole);
}

const ISO = /^([+-]\d{6}|\d{4})-(\d\d)(?:-(\d\d))?(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?\s*(Z|[+-]\d\d(?::?\d\d)?)?)?$/i;

/** A point in time from ISO 8601; without a zone it is UTC, as the shell takes it. @throws LiteralProblem */
export function isoDate(text: string): Date {
  const match = ISO.exec(text.trim());
  if (!match) throw new LiteralProblem('is not an ISO date such as "2024-01-31" or "2024-01-31T12:30:00Z"');
  const [, year = '', month = '', day = '01', hour = '00', minute = '00', second = '00', fraction = '', zone = 'Z'] = match;
  const offset = zone === 'Z' || zone === 'z' ? 'Z' : zone.replace(/^([+-]\d\d):?(\d\d)?$/, (_, h, m) => `${h}:${m ?? '00'}`);
  const millis = fraction.slice(0, 3).padEnd(3, '0');
  const date = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}.${millis}${offset}`);
  const local = new Date(`${year}-${month}-${day}T00:00:00Z`);
  // JavaScript turns February 30 into March 1.
  if (Number.isNaN(date.getTime()) || local.getUTCDate() !== Number(day))
    throw new LiteralProblem('is not a date of the calendar');
  return date;
}

type Make = (args: readonly Value[]) => Scalar;

const text = (value: Value | undefined): string => {
  if (typeof value === 'string') return value;
  const whole = wholeNumber(value);
  if (value instanceof Long) return value.toString();
  if (whole !== undefined) return String(whole);
  throw new LiteralProblem('needs its value as text in quotes');
};

const int64: Make = ([value]) => {
  const digits = text(value);
  if (!/^[+-]?\d{1,19}$/.test(digits)) throw new LiteralProblem('needs a whole number of at most 64 bits');
  const whole = BigInt(digits.replace(/^\+/, ''));
  if (whole < INT64_MIN || whole > INT64_MAX) throw new LiteralProblem('needs a whole number of at most 64 bits');
  return Long.fromBigInt(whole);
};

const int32: Make = ([value]) => {
  const number = Number(text(value));
  if (!Number.isInteger(number) || number < -INT32_MAX || number >= INT32_MAX)
    throw new LiteralProblem('needs a whole number of at most 32 bits');
  return new Int32(number);
};

const decimal: Make = ([value]) => {
  const digits = value instanceof Double ? String(value.value) : text(value);
  try {
    return Decimal128.fromString(digits);
  } catch {
    throw new LiteralProblem('needs a decimal number such as "12.50"');
  }
};

const double: Make = ([value]) => {
  const digits = value instanceof Double ? String(value.value) : text(value);
  const number = Number(digits);
  if (digits.trim() === '' || (Number.isNaN(number) && digits !== 'NaN')) throw new LiteralProblem('needs a number');
  return new Double(number);
};

const objectId: Make = ([value]) => {
  if (typeof value !== 'string' || !/^[\da-f]{24}$/i.test(value))
    throw new LiteralProblem('needs its 24 hexadecimal digits in quotes');
  return new ObjectId(value);
};

const uuid: Make = ([value]) => {
  if (typeof value !== 'string' || !UUID.isValid(value)) throw new LiteralProblem('needs 32 hexadecimal digits in quotes');
  return new UUID(value).toBinary();
};

const date: Make = (args) => {
  const [first] = args;
  if (args.length === 0) return new Date();
  if (typeof first === 'string') return isoDate(first);
  const parts = args.map(wholeNumber);
  if (parts.some((part) => part === undefined))
    throw new LiteralProblem('needs an ISO date in quotes, or milliseconds since 1970');
  const [year = 0, month = 0, ...rest] = parts as number[];
  const made = new Date(args.length === 1 ? year : Date.UTC(year, month, ...rest));
  if (Number.isNaN(made.getTime())) throw new LiteralProblem('is no date');
  return made;
};

const binary: Make = ([subtype, base64]) => {
  const kind = wholeNumber(subtype);
  if (kind === undefined || kind < 0 || kind > 255 || typeof base64 !== 'string' || !/^[A-Za-z\d+/]*={0,2}$/.test(base64))
    throw new LiteralProblem('needs a subtype and base64 in quotes');
  return new Binary(Buffer.from(base64, 'base64'), kind);
};

const hexadecimal: Make = ([subtype, hex]) => {
  const kind = wholeNumber(subtype);
  if (kind === undefined || kind < 0 || kind > 255 || typeof hex !== 'string' || !/^(?:[\da-f]{2})*$/i.test(hex))
    throw new LiteralProblem('needs a subtype and hexadecimal digits in quotes');
  return new Binary(Buffer.from(hex, 'hex'), kind);
};

const timestamp: Make = ([seconds, increment]) => {
  const [t, i] =
    seconds instanceof Doc
      ? [wholeNumber(seconds.get('t')?.value), wholeNumber(seconds.get('i')?.value)]
      : [wholeNumber(seconds), wholeNumber(increment)];
  const fits = (part: number | undefined): part is number => part !== undefined && part >= 0 && part < 2 ** 32;
  if (!fits(t) || !fits(i)) throw new LiteralProblem('needs seconds and an increment, both 32 bits');
  return new Timestamp({ t, i });
};

const regExp: Make = ([pattern, flags]) => {
  if (typeof pattern !== 'string' || (flags !== undefined && typeof flags !== 'string'))
    throw new LiteralProblem('needs a pattern and flags in quotes');
  return regularExpression(pattern, flags ?? '');
};

/** A pattern as MongoDB takes it (PCRE2). @throws LiteralProblem for flags that it doesn't have */
export function regularExpression(pattern: string, flags: string): BSONRegExp {
  if (pattern.includes('\0')) throw new LiteralProblem('holds a zero byte');
  if (!/^[imsxu]*$/.test(flags)) throw new LiteralProblem('has a flag that MongoDB does not know; it knows i, m, s, x and u');
  return new BSONRegExp(pattern, [...new Set(flags)].sort().join(''));
}

interface Constructor {
  make: Make;
  /** Arguments at least and at most. */
  arity: [number, number];
}

/** The constructors of the shell, and those of the drivers that people paste. */
const CONSTRUCTORS = new Map<string, Constructor>([
  ['ObjectId', { make: objectId, arity: [1, 1] }],
  ['ISODate', { make: date, arity: [0, 1] }],
  ['Date', { make: date, arity: [0, 7] }],
  ['NumberLong', { make: int64, arity: [1, 1] }],
  ['Long', { make: int64, arity: [1, 1] }],
  ['Long.fromString', { make: int64, arity: [1, 1] }],
  ['NumberInt', { make: int32, arity: [1, 1] }],
  ['Int32', { make: int32, arity: [1, 1] }],
  ['NumberDecimal', { make: decimal, arity: [1, 1] }],
  ['Decimal128', { make: decimal, arity: [1, 1] }],
  ['Decimal128.fromString', { make: decimal, arity: [1, 1] }],
  ['Double', { make: double, arity: [1, 1] }],
  ['UUID', { make: uuid, arity: [1, 1] }],
  ['BinData', { make: binary, arity: [2, 2] }],
  ['HexData', { make: hexadecimal, arity: [2, 2] }],
  ['Timestamp', { make: timestamp, arity: [1, 2] }],
  ['RegExp', { make: regExp, arity: [1, 2] }],
  ['MinKey', { make: () => new MinKey(), arity: [0, 0] }],
  ['MaxKey', { make: () => new MaxKey(), arity: [0, 0] }],
]);

export const constructorNames: readonly string[] = [...CONSTRUCTORS.keys()];

/** A value by one of the shell's constructors; undefined when there is none of this name. @throws LiteralProblem */
export function construct(name: string, args: readonly Value[]): Scalar | undefined {
  const known = CONSTRUCTORS.get(name);
  if (!known) return undefined;
  if (args.length < known.arity[0] || args.length > known.arity[1]) {
    const [least, most] = known.arity;
    throw new LiteralProblem(`takes ${least === most ? least : `${least} to ${most}`} ${most === 1 ? 'value' : 'values'}`);
  }
  return known.make(args);
}

const string = (value: Value): string => {
  if (typeof value !== 'string') throw new LiteralProblem('needs a text');
  return value;
};

const doc = (value: Value): Doc => {
  if (!(value instanceof Doc)) throw new LiteralProblem('needs a document');
  return value;
};

/**
 * Extended JSON, relaxed, canonical and the older form of dates and binaries. By the first key; what isn't here stays the operator that it is.
 * Source: MongoDB Extended JSON (v2) specification.
 */
const EXTENDED: Record<string, (value: Value, rest: readonly Entry[]) => Scalar> = {
  $oid: (value) => objectId([value]),
  $numberLong: (value) => int64([string(value)]),
  $numberInt: (value) => int32([string(value)]),
  $numberDouble: (value) => double([string(value)]),
  $numberDecimal: (value) => decimal([string(value)]),
  $uuid: (value) => uuid([value]),
  $date: (value) => (value instanceof Long ? date([value]) : date([value])),
  $binary: (value, rest) => {
    if (typeof value === 'string') return hexOrBase64(value, rest.find(({ key }) => key === '$type')?.value);
    const { entries } = doc(value);
    return hexOrBase64(
      string(entries.find(({ key }) => key === 'base64')?.value ?? null),
      entries.find(({ key }) => key === 'subType')?.value,
    );
  },
  $timestamp: (value) => timestamp([doc(value)]),
  $regularExpression: (value) =>
    regularExpression(string(doc(value).get('pattern')?.value ?? null), string(doc(value).get('options')?.value ?? '')),
  $minKey: () => new MinKey(),
  $maxKey: () => new MaxKey(),
  $symbol: (value) => string(value),
};

function hexOrBase64(base64: string, subtype: Value | undefined): Binary {
  const kind = typeof subtype === 'string' ? Number.parseInt(subtype, 16) : 0;
  return binary([new Int32(kind), base64]) as Binary;
}

/** The value that a document of extended JSON stands for; undefined when it is an ordinary document. @throws LiteralProblem */
export function extendedValue(entries: readonly Entry[]): Scalar | undefined {
  const [first, ...rest] = entries;
  if (!first || !Object.hasOwn(EXTENDED, first.key)) return undefined;
  if (rest.length > 0 && !(first.key === '$binary' && rest.length === 1 && rest[0]?.key === '$type')) return undefined;
  if (first.value instanceof List) throw new LiteralProblem('needs one value');
  return EXTENDED[first.key]?.(first.value, rest);
}
