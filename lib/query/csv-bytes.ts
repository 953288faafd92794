import type { Column, TextBatch } from '../adapters/contract';
import { csvText, isPlainText } from './csv';

const QUOTE = 0x22;
const COMMA = 0x2c;
const CR = 0x0d;
const LF = 0x0a;

/** Bytes that ask for quotes anywhere in a field. In UTF-8 no byte of a longer character is one of them. */
const NEEDS_QUOTES = new Uint8Array(256);
for (const byte of [QUOTE, COMMA, CR, LF]) NEEDS_QUOTES[byte] = 1;
/** Bytes at the start of a field that csvText() must judge: = + - @ TAB CR. */
const MAY_BE_FORMULA = new Uint8Array(256);
for (const character of '=+-@\t\r') MAY_BE_FORMULA[character.charCodeAt(0)] = 1;

/**
 * The same lines as csvWriter makes, from packed text and byte by byte: no string is made but for a field that needs quotes or
 * could be a formula.
 */
export function csvBytes(columns: readonly Column[]): (batch: TextBatch) => Uint8Array {
  const plain = Uint8Array.from(columns, (column) => (isPlainText(column.type) ? 1 : 0));
  return ({ rowCount, bytes, ends }) => {
    const line = new LineBuffer(bytes.length + ends.length + rowCount * 2 + 1024);
    let start = 0;
    let field = 0;
    for (let row = 0; row < rowCount; row += 1) {
      for (let column = 0; column < plain.length; column += 1) {
        if (column > 0) line.byte(COMMA);
        const mark = ends[field] as number;
        field += 1;
        if (mark < 0) continue; // NULL: the empty field; it has no bytes
        line.field(bytes, start, mark, plain[column] === 1);
        start = mark;
      }
      line.byte(CR);
      line.byte(LF);
    }
    return line.take();
  };
}

class LineBuffer {
  private out: Buffer;
  private at = 0;

  constructor(size: number) {
    this.out = Buffer.allocUnsafeSlow(size);
  }

  byte(value: number): void {
    if (this.at >= this.out.length) this.grow(1);
    this.out[this.at] = value;
    this.at += 1;
  }

  field(bytes: Uint8Array, start: number, end: number, plain: boolean): void {
    // Two more, for the end of the line.
    if (this.at + end - start + 2 > this.out.length) this.grow(end - start + 2);
    if (!plain && (start === end || MAY_BE_FORMULA[bytes[start] as number] === 1)) {
      this.careful(bytes, start, end);
      return;
    }
    const { out } = this;
    let { at } = this;
    if (plain) {
      for (let i = start; i < end; i += 1) {
        out[at] = bytes[i] as number;
        at += 1;
      }
    } else {
      for (let i = start; i < end; i += 1) {
        const byte = bytes[i] as number;
        if (NEEDS_QUOTES[byte] === 1) {
          this.careful(bytes, start, end);
          return;
        }
        out[at] = byte;
        at += 1;
      }
    }
    this.at = at;
  }

  take(): Uint8Array {
    return this.out.subarray(0, this.at);
  }

  private careful(bytes: Uint8Array, start: number, end: number): void {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('utf8');
    const field = Buffer.from(csvText(text));
    if (this.at + field.length + 2 > this.out.length) this.grow(field.length + 2);
    this.out.set(field, this.at);
    this.at += field.length;
  }

  private grow(more: number): void {
    const out = Buffer.allocUnsafeSlow(Math.max(this.at + more, this.out.length * 2));
    this.out.copy(out, 0, 0, this.at);
    this.out = out;
  }
}
