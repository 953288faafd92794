import type { Column, TextBatch } from '../adapters/contract';
import { ByteBuffer, textAt } from './byte-buffer';
import { isPlainText } from './csv';
import { exactJson, exactNumber, jsonConverter } from './format';
import { isFiniteText, shortNumberEnd } from './number-bytes';
import type { JsonCell } from './schema';

const QUOTE = 0x22;

/** Bytes that JSON has escapes for: control characters, the quote and the backslash (RFC 8259, section 7). */
const NEEDS_ESCAPE = new Uint8Array(256);
for (let byte = 0; byte < 0x20; byte += 1) NEEDS_ESCAPE[byte] = 1;
NEEDS_ESCAPE[QUOTE] = 1;
NEEDS_ESCAPE[0x5c] = 1;

const NULL = Buffer.from('null');

type WriteField = (out: ByteBuffer, bytes: Uint8Array, start: number, end: number) => void;

/**
 * Rows as JSON objects, from packed text and byte by byte: no string is made but for a value whose bytes aren't its JSON already.
 * The values are those of jsonFormatter.
 * @param keys of the columns, each once
 * @param before what stands before each object
 * @param after what stands after it
 */
export function jsonBytes(
  columns: readonly Column[],
  keys: readonly string[],
  before: string,
  after: string,
): (batch: TextBatch) => Uint8Array {
  const heads = keys.map((key, i) => Buffer.from(`${i === 0 ? `${before}{` : ','}${JSON.stringify(key)}:`));
  const tail = Buffer.from(columns.length === 0 ? `${before}{}${after}` : `}${after}`);
  const write = columns.map(fieldWriter);
  const perRow = heads.reduce((sum, head) => sum + head.length + 4, tail.length);
  return ({ rowCount, bytes, ends }) => {
    const out = new ByteBuffer(bytes.length + rowCount * perRow + 1024);
    let start = 0;
    let field = 0;
    for (let row = 0; row < rowCount; row += 1) {
      for (let column = 0; column < heads.length; column += 1) {
        const head = heads[column] as Buffer;
        out.copy(head, 0, head.length);
        const mark = ends[field] as number;
        field += 1;
        if (mark < 0) {
          out.copy(NULL, 0, NULL.length); // it has no bytes
          continue;
        }
        (write[column] as WriteField)(out, bytes, start, mark);
        start = mark;
      }
      out.copy(tail, 0, tail.length);
    }
    return out.take();
  };
}

function fieldWriter(column: Column): WriteField {
  switch (column.type) {
    case 'boolean':
      return (out, bytes, start, end) => out.copy(bytes, start, end);
    case 'integer':
    case 'bigint':
    case 'decimal':
    case 'year':
      return writeNumber;
    case 'double':
      return writeDouble;
    case 'json':
      return (out, bytes, start, end) => out.text(JSON.stringify(exactJson(textAt(bytes, start, end))));
    case 'array': {
      const convert = jsonConverter(column);
      return (out, bytes, start, end) => {
        const cell = JSON.parse(textAt(bytes, start, end)) as JsonCell;
        out.text(JSON.stringify(convert ? convert(cell) : cell));
      };
    }
    default:
      return isPlainText(column.type) ? writePlain : writeText;
  }
}

function writePlain(out: ByteBuffer, bytes: Uint8Array, start: number, end: number): void {
  out.byte(QUOTE);
  out.copy(bytes, start, end);
  out.byte(QUOTE);
}

function writeText(out: ByteBuffer, bytes: Uint8Array, start: number, end: number): void {
  for (let i = start; i < end; i += 1) {
    if (NEEDS_ESCAPE[bytes[i] as number] === 1) {
      out.text(JSON.stringify(textAt(bytes, start, end)));
      return;
    }
  }
  writePlain(out, bytes, start, end);
}

/** "NaN" and the infinities are text; the rest is a JSON number as the server wrote it, digit for digit. */
function writeDouble(out: ByteBuffer, bytes: Uint8Array, start: number, end: number): void {
  if (isFiniteText(bytes, start)) out.copy(bytes, start, end);
  else writePlain(out, bytes, start, end);
}

function writeNumber(out: ByteBuffer, bytes: Uint8Array, start: number, end: number): void {
  const valueEnd = shortNumberEnd(bytes, start, end);
  if (valueEnd > 0) out.copy(bytes, start, valueEnd);
  else out.text(JSON.stringify(exactNumber(textAt(bytes, start, end))));
}
