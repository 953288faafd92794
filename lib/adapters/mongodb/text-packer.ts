import { isAscii, isUtf8 } from 'node:buffer';
import type { Cell, TextBatch } from '../contract';
import { BsonType, dateText, longText } from './bson-values';
import type { DocumentRows } from './document-rows';

/** Longer texts are copied by the runtime; for shorter ones the call costs more than the bytes. */
const SHORT = 40;
const TRUE = Buffer.from('true');
const FALSE = Buffer.from('false');
const HEX = Buffer.from('0123456789abcdef');
const ZERO = 0x30;

/**
 * Documents to packed text, without making JavaScript values of what is text already. What is rare goes through the cell that `execute` would
 * give, so that both say the same.
 */
export class TextPacker {
  private bytes = Buffer.allocUnsafe(1 << 17);
  private spare = Buffer.allocUnsafe(1 << 17);
  private ends = new Int32Array(1 << 13);
  private spareEnds = new Int32Array(1 << 13);
  private at = 0;
  private fields = 0;
  private rows = 0;

  constructor(private readonly reader: DocumentRows) {}

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

  append(source: Buffer, start: number): void {
    const { reader } = this;
    const width = reader.columns.length;
    reader.locate(source, start);
    this.reserve(source.readInt32LE(start) + width * 32, width);
    for (let column = 0; column < width; column += 1) {
      const type = column === reader.restColumn ? BsonType.object : (reader.types[column] as number);
      const isNull = type === 0 || type === BsonType.null || type === BsonType.undefined || !this.field(source, type, column);
      this.ends[this.fields] = isNull ? ~this.at : this.at;
      this.fields += 1;
    }
    this.rows += 1;
  }

  /** @returns false for a null */
  private field(source: Buffer, type: number, column: number): boolean {
    const place = this.reader.places[column] as number;
    if (column === this.reader.restColumn) return this.cell(this.reader.cell(source, column));
    switch (type) {
      case BsonType.string:
        this.string(source, place + 4, place + 3 + source.readInt32LE(place));
        return true;
      case BsonType.int:
        this.integer(source.readInt32LE(place));
        return true;
      case BsonType.long:
        this.ascii(longText(source, place));
        return true;
      case BsonType.double: {
        const number = source.readDoubleLE(place);
        // As JSON and the rest of the product print it: -0 is 0.
        this.ascii(String(number));
        return true;
      }
      case BsonType.bool:
        this.write(source[place] === 1 ? TRUE : FALSE);
        return true;
      case BsonType.date:
        this.ascii(dateText(source, place));
        return true;
      case BsonType.objectId:
        this.hex(source, place);
        return true;
      default:
        return this.cell(this.reader.cell(source, column));
    }
  }

  private cell(cell: Cell): boolean {
    if (cell === null) return false;
    const marked =
      typeof cell === 'object' && !Array.isArray(cell) && typeof cell.exact === 'string' && Object.keys(cell).length === 1;
    const text = typeof cell === 'string' ? cell : marked ? String((cell as { exact: Cell }).exact) : JSON.stringify(cell);
    this.write(Buffer.from(text, 'utf8'));
    return true;
  }

  private string(source: Buffer, from: number, to: number): void {
    const length = to - from;
    if (length > SHORT) {
      const text = source.subarray(from, to);
      this.write(isAscii(text) || isUtf8(text) ? text : Buffer.from(text.toString('utf8'), 'utf8'));
      return;
    }
    const { bytes } = this;
    let { at } = this;
    let all = 0;
    for (let i = from; i < to; i += 1) {
      const byte = source[i] as number;
      all |= byte;
      bytes[at] = byte;
      at += 1;
    }
    if (all < 0x80 || isUtf8(source.subarray(from, to))) this.at = at;
    else this.write(Buffer.from(source.toString('utf8', from, to), 'utf8'));
  }

  private integer(number: number): void {
    if (number < 0 || number > 9_999_999) {
      this.ascii(String(number));
      return;
    }
    const digits =
      number < 10
        ? 1
        : number < 100
          ? 2
          : number < 1_000
            ? 3
            : number < 10_000
              ? 4
              : number < 100_000
                ? 5
                : number < 1_000_000
                  ? 6
                  : 7;
    let rest = number;
    for (let i = this.at + digits - 1; i >= this.at; i -= 1) {
      const tens = (rest / 10) | 0;
      this.bytes[i] = ZERO + rest - tens * 10;
      rest = tens;
    }
    this.at += digits;
  }

  /** Room for it was reserved: none is longer than its 32 bytes. */
  private ascii(text: string): void {
    this.at += this.bytes.write(text, this.at, 'latin1');
  }

  private hex(source: Buffer, from: number): void {
    const { bytes } = this;
    let { at } = this;
    for (let i = from; i < from + 12; i += 1) {
      const byte = source[i] as number;
      bytes[at] = HEX[byte >> 4] as number;
      bytes[at + 1] = HEX[byte & 15] as number;
      at += 2;
    }
    this.at = at;
  }

  private write(text: Uint8Array): void {
    if (this.at + text.length > this.bytes.length) this.grow(this.at + text.length);
    this.bytes.set(text, this.at);
    this.at += text.length;
    // What a cell made may be longer than its source: room for the fields behind it again.
    if (this.bytes.length - this.at < this.slack) this.grow(this.at + this.slack);
  }

  private slack = 0;

  private reserve(bytes: number, fields: number): void {
    this.slack = bytes;
    if (this.at + bytes > this.bytes.length) this.grow(this.at + bytes);
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
