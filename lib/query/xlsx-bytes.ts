import type { Cell, Column, TextBatch } from '../adapters/contract';
import { ByteBuffer, textAt } from './byte-buffer';
import { isPlainText } from './csv';
import { exactJson, exactNumber } from './format';
import { isDigit, isFiniteText, shortNumberEnd } from './number-bytes';
import { anyCell, DAY_MS, dateCell, EMPTY, EPOCH, FIRST_DAY, MAX_TEXT, numberCell, STYLE, textCell } from './xlsx-cells';

/**
 * Bytes with which a text has to be looked at as a string: XML's own characters, control characters (C1 begins with C2), U+FFFE and
 * U+FFFF (which begin with EF), and the underscore of _xHHHH_.
 */
const NEEDS_CARE = new Uint8Array(256);
for (let byte = 0; byte < 0x20; byte += 1) NEEDS_CARE[byte] = 1;
for (const byte of [0x26, 0x3c, 0x3e, 0x5f, 0x7f, 0xc2, 0xef]) NEEDS_CARE[byte] = 1;

const ROW = Buffer.from('<row>');
const ROW_END = Buffer.from('</row>');
const NULL = Buffer.from(EMPTY);
const NUMBER = Buffer.from('<c><v>');
const NUMBER_END = Buffer.from('</v></c>');
const [TEXT = NULL, TEXT_END = NULL] = textCell('|')
  .split('|')
  .map((part) => Buffer.from(part));
const TRUE = Buffer.from(anyCell(true));
const FALSE = Buffer.from(anyCell(false));
const LOWER_T = 0x74;
const HYPHEN = 0x2d;
const COLON = 0x3a;

type WriteField = (out: ByteBuffer, bytes: Uint8Array, start: number, end: number) => void;

/** Rows of a sheet from packed text: the same cells as those of cellWriter, made byte by byte wherever nothing has to be decided. */
export function xlsxBytes(columns: readonly Column[]): (batch: TextBatch) => Uint8Array {
  const write = columns.map(fieldWriter);
  const perRow = ROW.length + ROW_END.length + columns.length * (TEXT.length + TEXT_END.length);
  return ({ rowCount, bytes, ends }) => {
    const out = new ByteBuffer(bytes.length + rowCount * perRow + 1024);
    let start = 0;
    let field = 0;
    for (let row = 0; row < rowCount; row += 1) {
      put(out, ROW);
      for (let column = 0; column < write.length; column += 1) {
        const mark = ends[field] as number;
        field += 1;
        if (mark < 0) {
          put(out, NULL);
          continue;
        }
        (write[column] as WriteField)(out, bytes, start, mark);
        start = mark;
      }
      put(out, ROW_END);
    }
    return out.take();
  };
}

/** The first `rows` rows of a batch, and what follows them. */
export function splitText(batch: TextBatch, rows: number, width: number): [TextBatch, TextBatch] {
  const fields = rows * width;
  const last = fields === 0 ? 0 : (batch.ends[fields - 1] as number);
  const offset = last < 0 ? ~last : last;
  return [
    { rowCount: rows, bytes: batch.bytes.subarray(0, offset), ends: batch.ends.subarray(0, fields) },
    {
      rowCount: batch.rowCount - rows,
      bytes: batch.bytes.subarray(offset),
      ends: batch.ends.slice(fields).map((mark) => (mark < 0 ? ~(~mark - offset) : mark - offset)),
    },
  ];
}

function put(out: ByteBuffer, bytes: Uint8Array): void {
  out.copy(bytes, 0, bytes.length);
}

function fieldWriter({ type }: Column): WriteField {
  switch (type) {
    case 'boolean':
      return (out, bytes, start) => put(out, bytes[start] === LOWER_T ? TRUE : FALSE);
    case 'integer':
    case 'bigint':
    case 'decimal':
    case 'year':
      return writeNumber;
    case 'double':
      return writeDouble;
    case 'date':
      return (out, bytes, start, end) => writeDate(out, bytes, start, end, STYLE.date);
    case 'timestamp':
      return (out, bytes, start, end) => writeDate(out, bytes, start, end, STYLE.timestamp);
    case 'json':
      return (out, bytes, start, end) => out.text(anyCell(exactJson(textAt(bytes, start, end)) as Cell));
    default:
      return isPlainText(type) ? writePlain : writeText;
  }
}

function writeNumber(out: ByteBuffer, bytes: Uint8Array, start: number, end: number): void {
  const valueEnd = shortNumberEnd(bytes, start, end);
  if (valueEnd > 0) writeValue(out, bytes, start, valueEnd);
  else out.text(numberCell(exactNumber(textAt(bytes, start, end))));
}

function writeDouble(out: ByteBuffer, bytes: Uint8Array, start: number, end: number): void {
  if (isFiniteText(bytes, start)) writeValue(out, bytes, start, end);
  else writePlain(out, bytes, start, end);
}

function writeValue(out: ByteBuffer, bytes: Uint8Array, start: number, end: number): void {
  put(out, NUMBER);
  out.copy(bytes, start, end);
  put(out, NUMBER_END);
}

function writePlain(out: ByteBuffer, bytes: Uint8Array, start: number, end: number): void {
  put(out, TEXT);
  out.copy(bytes, start, end);
  put(out, TEXT_END);
}

function writeText(out: ByteBuffer, bytes: Uint8Array, start: number, end: number): void {
  let careful = end - start > MAX_TEXT;
  for (let i = start; i < end && !careful; i += 1) careful = NEEDS_CARE[bytes[i] as number] === 1;
  if (careful) out.text(textCell(textAt(bytes, start, end)));
  else writePlain(out, bytes, start, end);
}

/** "2026-01-02" and "2026-01-02T03:04:05" of years with four digits; what has more to it goes the careful way. */
function writeDate(out: ByteBuffer, bytes: Uint8Array, start: number, end: number, style: number): void {
  const length = end - start;
  const serial = length === 10 || length === 19 ? serialOf(bytes, start, length === 19) : Number.NaN;
  if (serial >= FIRST_DAY) out.text(`<c s="${style}"><v>${serial}</v></c>`);
  else out.text(dateCell(textAt(bytes, start, end), style));
}

/** NaN when it isn't of that form. */
function serialOf(bytes: Uint8Array, start: number, timed: boolean): number {
  if (bytes[start + 4] !== HYPHEN || bytes[start + 7] !== HYPHEN) return Number.NaN;
  const year = pair(bytes, start) * 100 + pair(bytes, start + 2);
  if (!(year >= 1900)) return Number.NaN; // Date.UTC takes two digits for a year of the last century
  const day = Date.UTC(year, pair(bytes, start + 5) - 1, pair(bytes, start + 8));
  if (!timed) return (day - EPOCH) / DAY_MS;
  if (bytes[start + 13] !== COLON || bytes[start + 16] !== COLON) return Number.NaN;
  const seconds = pair(bytes, start + 11) * 3600 + pair(bytes, start + 14) * 60 + pair(bytes, start + 17);
  return (day + seconds * 1000 - EPOCH) / DAY_MS;
}

function pair(bytes: Uint8Array, at: number): number {
  const tens = bytes[at];
  const ones = bytes[at + 1];
  return isDigit(tens) && isDigit(ones) ? (Number(tens) - 48) * 10 + Number(ones) - 48 : Number.NaN;
}
