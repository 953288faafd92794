/**
 * BSON values in memory, with their exact types: a number is a double, a bigint an int64, Int32 an int32; documents are Maps, so that
 * keys keep their order whatever they are. `undefined` is a missing field.
 */
import { Decimal } from './decimal';

export class Int32 {
  constructor(readonly value: number) {}
}
export class Oid {
  constructor(readonly hex: string) {}
}
export class Bin {
  constructor(
    readonly subtype: number,
    readonly bytes: Uint8Array,
  ) {}
}
export class Regex {
  constructor(
    readonly pattern: string,
    readonly flags: string,
  ) {}
}
export class Stamp {
  constructor(readonly value: bigint) {}
}
/** MinKey (0xff), MaxKey (0x7f) and the deprecated undefined (0x06): types of one value. */
export class Special {
  constructor(readonly type: number) {}
}
export class CodeValue {
  constructor(
    readonly code: string,
    readonly scope?: Doc,
  ) {}
}
export class Sym {
  constructor(readonly text: string) {}
}
export class Pointer {
  constructor(
    readonly namespace: string,
    readonly id: Oid,
  ) {}
}
/** A date beyond what a JavaScript Date can hold. */
export class FarDate {
  constructor(readonly ms: bigint) {}
}

export type Doc = Map<string, Value>;
export type Value =
  | null
  | boolean
  | number
  | bigint
  | string
  | Date
  | Doc
  | Value[]
  | Int32
  | Oid
  | Bin
  | Regex
  | Stamp
  | Special
  | CodeValue
  | Sym
  | Pointer
  | FarDate
  | Decimal;
export type Maybe = Value | undefined;

export const isDoc = (value: Maybe): value is Doc => value instanceof Map;
export const doc = (entries: Record<string, Maybe>): Doc => {
  const out: Doc = new Map();
  for (const [key, value] of Object.entries(entries)) if (value !== undefined) out.set(key, value);
  return out;
};
export const int = (value: number): Int32 => new Int32(value);

/** An error as mongod reports it. */
export class ServerError extends Error {
  constructor(
    readonly code: number,
    readonly codeName: string,
    message: string,
    readonly extra: Record<string, Maybe> = {},
  ) {
    super(message);
  }
}
export const badValue = (message: string): ServerError => new ServerError(2, 'BadValue', message);
export const failedToParse = (message: string): ServerError => new ServerError(9, 'FailedToParse', message);
export const typeMismatch = (message: string): ServerError => new ServerError(14, 'TypeMismatch', message);
export const located = (code: number, message: string): ServerError => new ServerError(code, `Location${code}`, message);

export type NumberValue = number | bigint | Int32 | Decimal;
export const isNumber = (value: Maybe): value is NumberValue =>
  typeof value === 'number' || value instanceof Int32 || typeof value === 'bigint' || value instanceof Decimal;

/** As a double, which may lose digits. */
export function toDouble(value: NumberValue): number {
  if (typeof value === 'number') return value;
  if (value instanceof Int32) return value.value;
  return typeof value === 'bigint' ? Number(value) : value.toNumber();
}

export function toDecimal(value: NumberValue): Decimal {
  if (value instanceof Decimal) return value;
  if (value instanceof Int32) return Decimal.of(BigInt(value.value), 0);
  return typeof value === 'bigint' ? Decimal.of(value, 0) : Decimal.fromDouble(value);
}

/** A whole number for limits and sizes; null when it isn't one. */
export function wholeNumber(value: Maybe): number | null {
  if (!isNumber(value)) return null;
  const number = toDouble(value);
  return Number.isInteger(number) ? number : null;
}

/** Arithmetic's rule of mongod: the wider of the types, int32 grows to int64 and int64 to double when they overflow. */
export function integer(value: bigint, long: boolean): NumberValue {
  if (!long && value >= -2147483648n && value <= 2147483647n) return new Int32(Number(value));
  if (value >= -9223372036854775808n && value <= 9223372036854775807n) return value;
  return Number(value);
}

const TYPE_NAMES: [(value: Value) => boolean, string, number][] = [
  [(v) => typeof v === 'number', 'double', 1],
  [(v) => typeof v === 'string', 'string', 2],
  [(v) => v instanceof Map, 'object', 3],
  [(v) => Array.isArray(v), 'array', 4],
  [(v) => v instanceof Bin, 'binData', 5],
  [(v) => v instanceof Special && v.type === 6, 'undefined', 6],
  [(v) => v instanceof Oid, 'objectId', 7],
  [(v) => typeof v === 'boolean', 'bool', 8],
  [(v) => v instanceof Date || v instanceof FarDate, 'date', 9],
  [(v) => v === null, 'null', 10],
  [(v) => v instanceof Regex, 'regex', 11],
  [(v) => v instanceof Pointer, 'dbPointer', 12],
  [(v) => v instanceof CodeValue && !v.scope, 'javascript', 13],
  [(v) => v instanceof Sym, 'symbol', 14],
  [(v) => v instanceof CodeValue, 'javascriptWithScope', 15],
  [(v) => v instanceof Int32, 'int', 16],
  [(v) => v instanceof Stamp, 'timestamp', 17],
  [(v) => typeof v === 'bigint', 'long', 18],
  [(v) => v instanceof Decimal, 'decimal', 19],
  [(v) => v instanceof Special && v.type === 0xff, 'minKey', -1],
  [(v) => v instanceof Special && v.type === 0x7f, 'maxKey', 127],
];

/** The alias of a value's type, as $type gives it. */
export function typeName(value: Maybe): string {
  if (value === undefined) return 'missing';
  return TYPE_NAMES.find(([test]) => test(value))?.[1] ?? 'object';
}

/** The alias of a type given by number or alias; null when there is none. */
export function typeAlias(spec: Value): string | null {
  if (typeof spec === 'string') return spec === 'number' || TYPE_NAMES.some(([, name]) => name === spec) ? spec : null;
  const code = wholeNumber(spec);
  return TYPE_NAMES.find(([, , number]) => number === code)?.[1] ?? null;
}

/** Converts a JavaScript value of the test server's own code: whole numbers become int32. */
export function fromPlain(value: unknown): Value {
  if (value === null || value === undefined) return null;
  if (typeof value === 'number') return Number.isInteger(value) && Math.abs(value) < 2 ** 31 ? new Int32(value) : value;
  if (Array.isArray(value)) return value.map(fromPlain);
  if (typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype) {
    return new Map(
      Object.entries(value)
        .filter(([, item]) => item !== undefined)
        .map(([key, item]) => [key, fromPlain(item)]),
    );
  }
  return value as Value;
}
