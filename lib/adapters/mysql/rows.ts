import type { Cell, Row } from '../contract';
import { readJson } from '../exact-json';
import { geometryText } from './geometry';
import { columnOf, isUnsigned, MYSQL_TYPE } from './types';
import type { Field } from './wire';

/** Takes the rows of a result as they come, and hands them out in batches. */
export interface RowSink<B> {
  /** Bytes taken and not yet handed out. */
  readonly size: number;
  /** One row of the binary protocol: `buffer` from `start` to `end`. */
  append(buffer: Buffer, start: number, end: number): void;
  /** What has been taken since the last call, or null. */
  take(): B | null;
}

/** Where a value stands; readers move `at` behind it. */
export interface Place {
  buffer: Buffer;
  at: number;
}

type Reader = (place: Place) => Cell;

/** Rows as cells in exact form. */
export class CellSink implements RowSink<Row[]> {
  size = 0;
  private rows: Row[] = [];
  private readonly readers: Reader[];
  private readonly place: Place = { buffer: Buffer.alloc(0), at: 0 };

  constructor(fields: readonly Field[]) {
    this.readers = fields.map(readerOf);
  }

  append(buffer: Buffer, start: number, end: number): void {
    const { readers, place } = this;
    const count = readers.length;
    const row: Row = new Array(count);
    const nulls = start + 1; // after the byte that says "row"; the first two bits are reserved
    place.buffer = buffer;
    place.at = nulls + ((count + 9) >> 3);
    for (let i = 0; i < count; i += 1) {
      const bit = i + 2;
      const isNull = ((buffer[nulls + (bit >> 3)] as number) & (1 << (bit & 7))) !== 0;
      row[i] = isNull ? null : (readers[i] as Reader)(place);
    }
    this.rows.push(row);
    this.size += end - start;
  }

  take(): Row[] | null {
    if (this.rows.length === 0) return null;
    const { rows } = this;
    this.rows = [];
    this.size = 0;
    return rows;
  }
}

function readerOf(field: Field): Reader {
  const unsigned = isUnsigned(field);
  switch (field.type) {
    case MYSQL_TYPE.tiny:
      return (place) => {
        place.at += 1;
        return String(unsigned ? place.buffer[place.at - 1] : place.buffer.readInt8(place.at - 1));
      };
    case MYSQL_TYPE.short:
    case MYSQL_TYPE.year:
      return (place) => {
        place.at += 2;
        const value = unsigned ? place.buffer.readUInt16LE(place.at - 2) : place.buffer.readInt16LE(place.at - 2);
        return field.type === MYSQL_TYPE.year ? String(value).padStart(4, '0') : String(value);
      };
    case MYSQL_TYPE.long:
    case MYSQL_TYPE.int24:
      return (place) => {
        place.at += 4;
        return String(unsigned ? place.buffer.readUInt32LE(place.at - 4) : place.buffer.readInt32LE(place.at - 4));
      };
    case MYSQL_TYPE.longlong:
      return (place) => {
        place.at += 8;
        return longText(place.buffer, place.at - 8, unsigned);
      };
    case MYSQL_TYPE.float:
      return (place) => {
        place.at += 4;
        return shortestFloat(place.buffer.readFloatLE(place.at - 4));
      };
    case MYSQL_TYPE.double:
      return (place) => {
        place.at += 8;
        return place.buffer.readDoubleLE(place.at - 8);
      };
    case MYSQL_TYPE.date:
    case MYSQL_TYPE.newdate:
    case MYSQL_TYPE.datetime:
    case MYSQL_TYPE.timestamp:
      return (place) => dateText(place, field);
    case MYSQL_TYPE.time:
      return (place) => timeText(place, field);
    default:
      return contentReader(field);
  }
}

/** Everything else travels as bytes with their length in front. */
function contentReader(field: Field): Reader {
  const { type } = columnOf(field);
  if (type === 'binary') return (place) => content(place).toString('base64');
  if (type === 'bit') return (place) => bitText(content(place), field.length);
  if (type === 'geometry') return (place) => geometryText(content(place));
  if (type === 'json') return (place) => jsonCell(content(place).toString('utf8'));
  return (place) => {
    const length = contentLength(place);
    place.at += length;
    return place.buffer.toString('utf8', place.at - length, place.at);
  };
}

function content(place: Place): Buffer {
  const length = contentLength(place);
  place.at += length;
  return place.buffer.subarray(place.at - length, place.at);
}

/** The length in front of a value, which may be any up to 4 GiB. */
export function contentLength(place: Place): number {
  const { buffer } = place;
  const first = buffer[place.at] as number;
  place.at += 1;
  if (first < 0xfb) return first;
  const bytes = first === 0xfc ? 2 : first === 0xfd ? 3 : 6; // the seventh and eighth byte are zero: no value is that long
  const length = buffer.readUIntLE(place.at, bytes);
  place.at += first === 0xfe ? 8 : bytes;
  return length;
}

/** A column that MariaDB calls JSON may hold other text when its check is off. */
function jsonCell(text: string): Cell {
  try {
    return readJson(text);
  } catch {
    return text;
  }
}

export function longText(buffer: Buffer, at: number, unsigned: boolean): string {
  const high = unsigned ? buffer.readUInt32LE(at + 4) : buffer.readInt32LE(at + 4);
  // Up to 2^53 a number is exact, and much faster than a bigint.
  if (high < 0x200000 && high >= -0x200000) return String(high * 0x100000000 + buffer.readUInt32LE(at));
  return String(unsigned ? buffer.readBigUInt64LE(at) : buffer.readBigInt64LE(at));
}

/** The shortest decimal number that means this 32-bit float; the double's own digits would be noise (0.1 is 0.10000000149…). */
export function shortestFloat(value: number): number {
  if (Number.isInteger(value) || !Number.isFinite(value)) return value;
  for (let digits = 6; digits < 9; digits += 1) {
    const shorter = Number(value.toPrecision(digits));
    if (Math.fround(shorter) === value) return shorter;
  }
  return Number(value.toPrecision(9));
}

export function bitText(bytes: Uint8Array, length: number): string {
  const bits = Array.from(bytes, (byte) => byte.toString(2).padStart(8, '0')).join('');
  return bits.padStart(length, '0').slice(-length);
}

const two = (value: number): string => (value < 10 ? `0${value}` : String(value));

/** "2024-02-29", "2024-01-02T03:04:05.600000", "…Z" for a timestamp: the session's zone is UTC. Zero dates are written as they are. */
export function dateText(place: Place, field: Field): string {
  const { buffer } = place;
  const length = buffer[place.at] as number;
  const at = place.at + 1;
  place.at = at + length;
  const hasDate = length >= 4;
  const year = hasDate ? buffer.readUInt16LE(at) : 0;
  const date = `${String(year).padStart(4, '0')}-${two(hasDate ? (buffer[at + 2] as number) : 0)}-${two(hasDate ? (buffer[at + 3] as number) : 0)}`;
  if (field.type === MYSQL_TYPE.date || field.type === MYSQL_TYPE.newdate) return date;
  const time =
    length >= 7
      ? `${two(buffer[at + 4] as number)}:${two(buffer[at + 5] as number)}:${two(buffer[at + 6] as number)}`
      : '00:00:00';
  const micros = length >= 11 ? buffer.readUInt32LE(at + 7) : 0;
  return `${date}T${time}${fraction(micros, field.decimals)}${field.type === MYSQL_TYPE.timestamp ? 'Z' : ''}`;
}

/** "-838:59:59.000000": a duration of up to 34 days as well as a time of day. */
export function timeText(place: Place, field: Field): string {
  const { buffer } = place;
  const length = buffer[place.at] as number;
  const at = place.at + 1;
  place.at = at + length;
  if (length === 0) return `00:00:00${fraction(0, field.decimals)}`;
  const hours = buffer.readUInt32LE(at + 1) * 24 + (buffer[at + 5] as number);
  const micros = length >= 12 ? buffer.readUInt32LE(at + 8) : 0;
  const sign = buffer[at] === 1 ? '-' : '';
  return `${sign}${two(hours)}:${two(buffer[at + 6] as number)}:${two(buffer[at + 7] as number)}${fraction(micros, field.decimals)}`;
}

/** As many digits as the column has; all that are not zero where that is open. */
function fraction(micros: number, decimals: number): string {
  const digits = String(micros).padStart(6, '0');
  if (decimals <= 6) return decimals === 0 ? '' : `.${digits.slice(0, decimals)}`;
  return micros === 0 ? '' : `.${digits.replace(/0+$/, '')}`;
}
