import type { Column, TextBatch } from '../contract';
import type { ValueType } from './types';

/** How the bytes of a column become its exact form. */
const AS_IS = 0;
const BOOLEAN = 1;
const TIMESTAMP = 2;
const TIMESTAMPTZ = 3;
const BY_READER = 4;

const CONVERSIONS: Partial<Record<Column['type'], number>> = {
  boolean: BOOLEAN,
  timestamp: TIMESTAMP,
  timestamptz: TIMESTAMPTZ,
  date: BY_READER,
  timetz: BY_READER,
  binary: BY_READER,
  array: BY_READER,
};

const TAB = 0x09;
const SPACE = 0x20;
const BACKSLASH = 0x5c;
const PLUS = 0x2b;
const ZERO = 0x30;
const NINE = 0x39;
const UPPER_N = 0x4e;
const UPPER_T = 0x54;
const UPPER_Z = 0x5a;
const LOWER_T = 0x74;
const TRUE = Buffer.from('true');
const FALSE = Buffer.from('false');

/** COPY's escapes in text format (manual, COPY, "Text Format"): the letter after the backslash, and the byte that it means. */
const UNESCAPED = new Uint8Array(256).map((_, byte) => byte);
for (const [letter, byte] of Object.entries({ b: 8, f: 12, n: 10, r: 13, t: 9, v: 11 })) UNESCAPED[letter.charCodeAt(0)] = byte;

/**
 * Turns the lines of COPY's text format into packed text. No string is made for a value whose bytes are its exact form already,
 * which is nearly all of them: that is what makes bulk reading fast.
 */
export class TextPacker {
  private bytes = Buffer.allocUnsafe(1 << 17);
  private spare = Buffer.allocUnsafe(1 << 17);
  private ends = new Int32Array(1 << 13);
  private spareEnds = new Int32Array(1 << 13);
  private at = 0;
  private fields = 0;
  private rows = 0;
  private readonly conversions: Uint8Array;

  constructor(private readonly types: readonly ValueType[]) {
    this.conversions = Uint8Array.from(types, ({ type }) => CONVERSIONS[type] ?? AS_IS);
  }

  get size(): number {
    return this.at;
  }

  get rowCount(): number {
    return this.rows;
  }

  /** Takes what has been packed. It stays valid until the next call. */
  take(): TextBatch {
    const batch = { rowCount: this.rows, bytes: this.bytes.subarray(0, this.at), ends: this.ends.subarray(0, this.fields) };
    [this.bytes, this.spare] = [this.spare, this.bytes];
    [this.ends, this.spareEnds] = [this.spareEnds, this.ends];
    this.at = 0;
    this.fields = 0;
    this.rows = 0;
    return batch;
  }

  /** One line, with its line feed: the content of one CopyData message. */
  append(line: Uint8Array): void {
    const width = this.conversions.length;
    this.reserve(line.length, width);
    const end = line.length - 1;
    let i = 0;
    for (let column = 0; column < width; column += 1) {
      if (line[i] === BACKSLASH && line[i + 1] === UPPER_N) {
        this.ends[this.fields] = ~this.at;
        i += 2;
      } else {
        const start = this.at;
        i = this.copyField(line, i, end);
        const conversion = this.conversions[column];
        if (conversion !== AS_IS) this.convert(start, conversion ?? AS_IS, column);
        this.ends[this.fields] = this.at;
      }
      this.fields += 1;
      i += 1; // the tab
    }
    this.rows += 1;
  }

  private copyField(line: Uint8Array, from: number, end: number): number {
    const { bytes } = this;
    let { at } = this;
    let i = from;
    for (; i < end; i += 1) {
      const byte = line[i] as number;
      if (byte === TAB) break;
      if (byte === BACKSLASH) {
        i += 1;
        bytes[at] = UNESCAPED[line[i] as number] as number;
      } else {
        bytes[at] = byte;
      }
      at += 1;
    }
    this.at = at;
    return i;
  }

  private convert(start: number, conversion: number, column: number): void {
    const { bytes } = this;
    if (conversion === BOOLEAN) {
      this.at = start;
      this.write(bytes[start] === LOWER_T ? TRUE : FALSE);
      return;
    }
    const last = bytes[this.at - 1] as number;
    const ordinary = bytes[start + 10] === SPACE && last >= ZERO && last <= NINE;
    if (ordinary && conversion === TIMESTAMP) {
      bytes[start + 10] = UPPER_T;
    } else if (ordinary && conversion === TIMESTAMPTZ && this.endsWithUtc()) {
      bytes[start + 10] = UPPER_T;
      this.at -= 2;
      bytes[this.at - 1] = UPPER_Z;
    } else {
      this.convertByReader(start, column);
    }
  }

  private endsWithUtc(): boolean {
    const { bytes, at } = this;
    return bytes[at - 1] === ZERO && bytes[at - 2] === ZERO && bytes[at - 3] === PLUS;
  }

  private convertByReader(start: number, column: number): void {
    const cell = this.types[column]?.read(this.bytes.toString('utf8', start, this.at)) ?? null;
    const text = Buffer.from(typeof cell === 'string' ? cell : JSON.stringify(cell));
    this.at = start;
    this.write(text);
  }

  private write(text: Uint8Array): void {
    if (this.at + text.length > this.bytes.length) this.grow(this.at + text.length);
    this.bytes.set(text, this.at);
    this.at += text.length;
  }

  /** Room for one more line. What a reader makes may be longer: write() looks again, and so does the next line. */
  private reserve(bytes: number, fields: number): void {
    const wanted = this.at + bytes + fields * 8;
    if (wanted > this.bytes.length) this.grow(wanted);
    if (this.fields + fields > this.ends.length) {
      const ends = new Int32Array(Math.max(this.fields + fields, this.ends.length * 2));
      ends.set(this.ends.subarray(0, this.fields));
      this.ends = ends;
    }
  }

  private grow(wanted: number): void {
    const bytes = Buffer.allocUnsafe(Math.max(wanted, this.bytes.length * 2));
    this.bytes.copy(bytes, 0, 0, this.at);
    this.bytes = bytes;
  }
}
