import { Decimal128 } from 'mongodb';
import type { Cell } from '../contract';

/** Element types of BSON (bsonspec.org, version 1.1). */
export const BsonType = {
  double: 0x01,
  string: 0x02,
  object: 0x03,
  array: 0x04,
  binData: 0x05,
  undefined: 0x06,
  objectId: 0x07,
  bool: 0x08,
  date: 0x09,
  null: 0x0a,
  regex: 0x0b,
  dbPointer: 0x0c,
  javascript: 0x0d,
  symbol: 0x0e,
  javascriptWithScope: 0x0f,
  int: 0x10,
  timestamp: 0x11,
  long: 0x12,
  decimal: 0x13,
  minKey: 0xff,
  maxKey: 0x7f,
} as const;

const UUID_SUBTYPE = 4;
const JS_DATE_RANGE = 8_640_000_000_000_000n;

/** Where a value ends. @throws RangeError for a type that BSON doesn't have */
export function endOfValue(bytes: Buffer, type: number, at: number): number {
  switch (type) {
    case BsonType.double:
    case BsonType.date:
    case BsonType.timestamp:
    case BsonType.long:
      return at + 8;
    case BsonType.int:
      return at + 4;
    case BsonType.string:
    case BsonType.javascript:
    case BsonType.symbol:
      return at + 4 + bytes.readInt32LE(at);
    case BsonType.object:
    case BsonType.array:
    case BsonType.javascriptWithScope:
      return at + bytes.readInt32LE(at);
    case BsonType.bool:
      return at + 1;
    case BsonType.objectId:
      return at + 12;
    case BsonType.null:
    case BsonType.undefined:
    case BsonType.minKey:
    case BsonType.maxKey:
      return at;
    case BsonType.decimal:
      return at + 16;
    case BsonType.binData:
      return at + 5 + bytes.readInt32LE(at);
    case BsonType.regex:
      return endOfKey(bytes, endOfKey(bytes, at) + 1) + 1;
    case BsonType.dbPointer:
      return at + 4 + bytes.readInt32LE(at) + 12;
    default:
      throw new RangeError(`BSON has no type ${type}`);
  }
}

/** Where the zero byte stands that ends a key. */
export function endOfKey(bytes: Buffer, at: number): number {
  return bytes.indexOf(0, at);
}

/** Whether it is a UUID of the subtype that has one byte order (4). The older subtype 3 has three, and stays binary. */
export function isUuid(bytes: Buffer, at: number): boolean {
  return bytes[at + 4] === UUID_SUBTYPE && bytes.readInt32LE(at) === 16;
}

export function readLong(bytes: Buffer, at: number): bigint {
  return bytes.readBigInt64LE(at);
}

/** Exact text of 64 bits. */
export function longText(bytes: Buffer, at: number): string {
  const high = bytes.readInt32LE(at + 4);
  // Within 53 bits a double is exact, and much faster to print.
  if (high >= -0x200000 && high < 0x200000) return String(high * 0x1_0000_0000 + bytes.readUInt32LE(at));
  return bytes.readBigInt64LE(at).toString();
}

export function decimalText(bytes: Buffer, at: number): string {
  return new Decimal128(new Uint8Array(bytes.subarray(at, at + 16))).toString();
}

/** Text; bytes that are no UTF-8 become U+FFFD, as everywhere on the web. */
export function stringOf(bytes: Buffer, at: number): string {
  return bytes.toString('utf8', at + 4, at + 3 + bytes.readInt32LE(at));
}

/** A point in time as ISO 8601 with milliseconds, also where JavaScript's dates end. */
export function dateText(bytes: Buffer, at: number): string {
  const millis = bytes.readBigInt64LE(at);
  if (millis >= -JS_DATE_RANGE && millis <= JS_DATE_RANGE) return new Date(Number(millis)).toISOString();
  // The Gregorian calendar repeats every 400 years (146,097 days).
  const cycle = 146_097n * 86_400_000n;
  const shift = millis / cycle;
  const inRange = new Date(Number(millis - shift * cycle));
  const year = BigInt(inRange.getUTCFullYear()) + shift * 400n;
  const rest = inRange.toISOString().replace(/^[+-]?\d+/, '');
  return `${year < 0n ? '-' : '+'}${String(year < 0n ? -year : year).padStart(6, '0')}${rest}`;
}

export function uuidText(bytes: Buffer, at: number): string {
  const hex = bytes.toString('hex', at + 5, at + 21);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

export function base64Of(bytes: Buffer, at: number): string {
  return bytes.toString('base64', at + 5, at + 5 + bytes.readInt32LE(at));
}

/** Values that nobody computes with, in the shell's own spelling. */
export function rareText(bytes: Buffer, type: number, at: number): string {
  switch (type) {
    case BsonType.regex: {
      const end = endOfKey(bytes, at);
      return `/${bytes.toString('utf8', at, end)}/${bytes.toString('utf8', end + 1, endOfKey(bytes, end + 1))}`;
    }
    case BsonType.timestamp:
      return `Timestamp(${bytes.readUInt32LE(at + 4)}, ${bytes.readUInt32LE(at)})`;
    case BsonType.dbPointer:
      return `DBPointer("${stringOf(bytes, at)}", ${bytes.toString('hex', at + 4 + bytes.readInt32LE(at), endOfValue(bytes, type, at))})`;
    case BsonType.javascriptWithScope:
      return stringOf(bytes, at + 4);
    case BsonType.minKey:
      return 'MinKey';
    default:
      return 'MaxKey';
  }
}

/** A double, with what JSON has no number for as text. */
export function doubleCell(bytes: Buffer, at: number): number | string {
  const number = bytes.readDoubleLE(at);
  return Number.isFinite(number) ? number : String(number);
}

/** A value inside a document or an array: JSON, in which a number that a double can't hold exactly stays text. */
export function jsonCell(bytes: Buffer, type: number, at: number): Cell {
  switch (type) {
    case BsonType.object:
      return objectCell(bytes, at);
    case BsonType.array:
      return arrayCell(bytes, at);
    case BsonType.double:
      return doubleCell(bytes, at);
    case BsonType.int:
      return bytes.readInt32LE(at);
    case BsonType.long: {
      const long = bytes.readBigInt64LE(at);
      const number = Number(long);
      return Number.isSafeInteger(number) ? number : long.toString();
    }
    case BsonType.decimal:
      return decimalCell(decimalText(bytes, at));
    default:
      return plainCell(bytes, type, at);
  }
}

/** At most 15 significant digits survive a double (IEEE 754 binary64), if it isn't an extreme power of ten. */
function decimalCell(text: string): number | string {
  const match = /^-?(\d+)(?:\.(\d+))?$/.exec(text);
  if (!match) return text;
  const digits = `${match[1]}${match[2] ?? ''}`.replace(/^0+/, '').replace(/0+$/, '');
  return digits.length <= 15 && !Object.is(Number(text), -0) ? Number(text) : text;
}

function objectCell(bytes: Buffer, start: number): { [key: string]: Cell } {
  const object: { [key: string]: Cell } = {};
  const end = start + bytes.readInt32LE(start) - 1;
  for (let at = start + 4; at < end; ) {
    const type = bytes[at] as number;
    const keyEnd = endOfKey(bytes, at + 1);
    const key = bytes.toString('utf8', at + 1, keyEnd);
    const value = jsonCell(bytes, type, keyEnd + 1);
    if (key === '__proto__') Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
    else object[key] = value;
    at = endOfValue(bytes, type, keyEnd + 1);
  }
  return object;
}

function arrayCell(bytes: Buffer, start: number): Cell[] {
  const items: Cell[] = [];
  const end = start + bytes.readInt32LE(start) - 1;
  for (let at = start + 4; at < end; ) {
    const type = bytes[at] as number;
    const keyEnd = endOfKey(bytes, at + 1);
    items.push(jsonCell(bytes, type, keyEnd + 1));
    at = endOfValue(bytes, type, keyEnd + 1);
  }
  return items;
}

/** Everything that isn't a number, a document or an array. */
export function plainCell(bytes: Buffer, type: number, at: number): Cell {
  switch (type) {
    case BsonType.string:
    case BsonType.symbol:
    case BsonType.javascript:
      return stringOf(bytes, at);
    case BsonType.objectId:
      return bytes.toString('hex', at, at + 12);
    case BsonType.bool:
      return bytes[at] === 1;
    case BsonType.date:
      return dateText(bytes, at);
    case BsonType.null:
    case BsonType.undefined:
      return null;
    case BsonType.binData:
      return isUuid(bytes, at) ? uuidText(bytes, at) : base64Of(bytes, at);
    default:
      return rareText(bytes, type, at);
  }
}
