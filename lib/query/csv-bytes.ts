import type { Column, TextBatch } from '../adapters/contract';
import { ByteBuffer, textAt } from './byte-buffer';
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
    const out = new ByteBuffer(bytes.length + ends.length + rowCount * 2 + 1024);
    let start = 0;
    let field = 0;
    for (let row = 0; row < rowCount; row += 1) {
      for (let column = 0; column < plain.length; column += 1) {
        if (column > 0) out.byte(COMMA);
        const mark = ends[field] as number;
        field += 1;
        if (mark < 0) continue; // NULL: the empty field; it has no bytes
        if (plain[column] === 1) out.copy(bytes, start, mark);
        else writeText(out, bytes, start, mark);
        start = mark;
      }
      out.byte(CR);
      out.byte(LF);
    }
    return out.take();
  };
}

function writeText(out: ByteBuffer, bytes: Uint8Array, start: number, end: number): void {
  const careful = start === end || MAY_BE_FORMULA[bytes[start] as number] === 1;
  if (careful || !out.copyUnless(NEEDS_QUOTES, bytes, start, end)) out.text(csvText(textAt(bytes, start, end)));
}
