import type { TextBatch } from '../contract';
import { geometryText } from './geometry';
import { bitText, contentLength, dateText, longText, type Place, type RowSink, shortestFloat, timeText } from './rows';
import { columnOf, isUnsigned, MYSQL_TYPE } from './types';
import type { Field } from './wire';

const ZERO = 0x30;
const MINUS = 0x2d;
const POINT = 0x2e;
const COLON = 0x3a;
const UPPER_T = 0x54;
const UPPER_Z = 0x5a;

type Writer = (packer: TextPacker, place: Place) => void;

/**
 * Turns rows of the binary protocol into packed text. No string is made for whole numbers, decimals, texts and dates, which are nearly
 * all values: that is what makes bulk reading fast.
 */
export class TextPacker implements RowSink<TextBatch> {
  bytes = Buffer.allocUnsafe(1 << 17);
  at = 0;
  private spare = Buffer.allocUnsafe(1 << 17);
  private ends = new Int32Array(1 << 13);
  private spareEnds = new Int32Array(1 << 13);
  private fields = 0;
  private rows = 0;
  private readonly writers: Writer[];
  private readonly place: Place = { buffer: Buffer.alloc(0), at: 0 };

  constructor(fields: readonly Field[]) {
    this.writers = fields.map(writerOf);
  }

  get size(): number {
    return this.at;
  }

  append(buffer: Buffer, start: number, end: number): void {
    const { writers, place } = this;
    const count = writers.length;
    // Numbers and dates take at most this much more room as text than as bytes.
    this.reserve(end - start + count * 32, count);
    const nulls = start + 1;
    place.buffer = buffer;
    place.at = nulls + ((count + 9) >> 3);
    for (let i = 0; i < count; i += 1) {
      const bit = i + 2;
      const isNull = ((buffer[nulls + (bit >> 3)] as number) & (1 << (bit & 7))) !== 0;
      if (!isNull) (writers[i] as Writer)(this, place);
      this.ends[this.fields] = isNull ? ~this.at : this.at;
      this.fields += 1;
    }
    this.rows += 1;
  }

  /** What has been packed. It stays valid until the next call. */
  take(): TextBatch | null {
    if (this.rows === 0) return null;
    const batch = { rowCount: this.rows, bytes: this.bytes.subarray(0, this.at), ends: this.ends.subarray(0, this.fields) };
    [this.bytes, this.spare] = [this.spare, this.bytes];
    [this.ends, this.spareEnds] = [this.spareEnds, this.ends];
    this.at = 0;
    this.fields = 0;
    this.rows = 0;
    return batch;
  }

  /** Text that may be longer than what `append` made room for. */
  write(text: string): void {
    this.reserve(text.length * 3, 0);
    this.at += this.bytes.write(text, this.at, 'utf8');
  }

  /** A whole number up to 2^53. */
  digits(value: number): void {
    const { bytes } = this;
    let rest = value;
    if (rest < 0) {
      bytes[this.at] = MINUS;
      this.at += 1;
      rest = -rest;
    }
    let end = this.at + 1;
    for (let bound = 10; rest >= bound && end < this.at + 16; bound *= 10) end += 1;
    for (let i = end - 1; i >= this.at; i -= 1) {
      const shorter = rest < 0x80000000 ? ((rest | 0) / 10) | 0 : Math.floor(rest / 10);
      bytes[i] = ZERO + (rest - shorter * 10);
      rest = shorter;
    }
    this.at = end;
  }

  byte(value: number): void {
    this.bytes[this.at] = value;
    this.at += 1;
  }

  /** Two digits. */
  pair(value: number): void {
    const tens = (value / 10) | 0;
    this.bytes[this.at] = ZERO + tens;
    this.bytes[this.at + 1] = ZERO + value - tens * 10;
    this.at += 2;
  }

  /** A point and as many digits of a second as there are; the wire has six. */
  fraction(micros: number, digits: number): void {
    this.byte(POINT);
    let rest = micros;
    for (let i = 5; i >= 0; i -= 1) {
      const shorter = (rest / 10) | 0;
      if (i < digits) this.bytes[this.at + i] = ZERO + rest - shorter * 10;
      rest = shorter;
    }
    this.at += digits;
  }

  copy(buffer: Buffer, start: number, end: number): void {
    const { bytes } = this;
    const length = end - start;
    if (length > 48) buffer.copy(bytes, this.at, start, end);
    else for (let i = 0; i < length; i += 1) bytes[this.at + i] = buffer[start + i] as number;
    this.at += length;
  }

  private reserve(bytes: number, fields: number): void {
    const wanted = this.at + bytes;
    if (wanted > this.bytes.length) {
      const grown = Buffer.allocUnsafe(Math.max(wanted, this.bytes.length * 2));
      this.bytes.copy(grown, 0, 0, this.at);
      this.bytes = grown;
    }
    if (this.fields + fields > this.ends.length) {
      const grown = new Int32Array(Math.max(this.fields + fields, this.ends.length * 2));
      grown.set(this.ends.subarray(0, this.fields));
      this.ends = grown;
    }
  }
}

function writerOf(field: Field): Writer {
  const unsigned = isUnsigned(field);
  switch (field.type) {
    case MYSQL_TYPE.tiny:
      return (packer, place) => {
        const value = place.buffer[place.at] as number;
        place.at += 1;
        packer.digits(unsigned || value < 0x80 ? value : value - 0x100);
      };
    case MYSQL_TYPE.short:
      return (packer, place) => {
        place.at += 2;
        packer.digits(unsigned ? place.buffer.readUInt16LE(place.at - 2) : place.buffer.readInt16LE(place.at - 2));
      };
    case MYSQL_TYPE.year:
      return (packer, place) => {
        place.at += 2;
        packer.write(String(place.buffer.readUInt16LE(place.at - 2)).padStart(4, '0'));
      };
    case MYSQL_TYPE.long:
    case MYSQL_TYPE.int24:
      return (packer, place) => {
        place.at += 4;
        packer.digits(unsigned ? place.buffer.readUInt32LE(place.at - 4) : place.buffer.readInt32LE(place.at - 4));
      };
    case MYSQL_TYPE.longlong:
      return (packer, place) => {
        const high = unsigned ? place.buffer.readUInt32LE(place.at + 4) : place.buffer.readInt32LE(place.at + 4);
        if (high >= -0x200000 && high < 0x200000) packer.digits(high * 0x100000000 + place.buffer.readUInt32LE(place.at));
        else packer.write(longText(place.buffer, place.at, unsigned));
        place.at += 8;
      };
    case MYSQL_TYPE.float:
      return (packer, place) => {
        place.at += 4;
        packer.write(String(shortestFloat(place.buffer.readFloatLE(place.at - 4))));
      };
    case MYSQL_TYPE.double:
      return (packer, place) => {
        place.at += 8;
        const value = place.buffer.readDoubleLE(place.at - 8);
        if (Number.isSafeInteger(value) && !Object.is(value, -0)) packer.digits(value);
        else packer.write(String(value));
      };
    case MYSQL_TYPE.date:
    case MYSQL_TYPE.newdate:
    case MYSQL_TYPE.datetime:
    case MYSQL_TYPE.timestamp:
      return dateWriter(field);
    case MYSQL_TYPE.time:
      return (packer, place) => packer.write(timeText(place, field));
    default:
      return contentWriter(field);
  }
}

/** Dates without a string in between; those that are nothing but zeros, or of open precision, are rare enough to make one. */
function dateWriter(field: Field): Writer {
  const dateOnly = field.type === MYSQL_TYPE.date || field.type === MYSQL_TYPE.newdate;
  const zone = field.type === MYSQL_TYPE.timestamp;
  return (packer, place) => {
    const { buffer, at } = place;
    const length = buffer[at] as number;
    if (length < 4 || (!dateOnly && field.decimals > 6)) {
      packer.write(dateText(place, field));
      return;
    }
    place.at = at + 1 + length;
    const year = buffer.readUInt16LE(at + 1);
    packer.pair((year / 100) | 0);
    packer.pair(year % 100);
    packer.byte(MINUS);
    packer.pair(buffer[at + 3] as number);
    packer.byte(MINUS);
    packer.pair(buffer[at + 4] as number);
    if (dateOnly) return;
    packer.byte(UPPER_T);
    for (let part = 0; part < 3; part += 1) {
      if (part > 0) packer.byte(COLON);
      packer.pair(length >= 7 ? (buffer[at + 5 + part] as number) : 0);
    }
    if (field.decimals > 0) packer.fraction(length >= 11 ? buffer.readUInt32LE(at + 8) : 0, field.decimals);
    if (zone) packer.byte(UPPER_Z);
  };
}

function contentWriter(field: Field): Writer {
  const { type } = columnOf(field);
  const convert = CONVERSIONS[type];
  return (packer, place) => {
    const length = contentLength(place);
    const start = place.at;
    place.at += length;
    if (convert) packer.write(convert(place.buffer.subarray(start, place.at), field));
    else packer.copy(place.buffer, start, place.at);
  };
}

const CONVERSIONS: Record<string, ((bytes: Buffer, field: Field) => string) | undefined> = {
  binary: (bytes) => bytes.toString('base64'),
  bit: (bytes, field) => bitText(bytes, field.length),
  geometry: geometryText,
};
