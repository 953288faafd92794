import type { Cell, Column, Row } from '../adapters/contract';
import { ByteBuffer } from './byte-buffer';

/**
 * CSV by RFC 4180: comma, CRLF, a quote doubled inside quotes; a field is quoted when it holds a comma, quote, CR or LF. Values are
 * the exact text; NULL is the empty field and an empty text is `""`, so that both survive.
 *
 * Text that a spreadsheet would take for a formula is made harmless as OWASP advises for CSV injection: a cell of text that starts
 * with = + - @ TAB or CR gets an apostrophe before it. Numbers and dates keep their sign: they come from a numeric column or the
 * whole text is a number.
 */

/** Types whose text can't hold a separator, a quote or a formula, however the server writes it. */
const PLAIN = new Set<Column['type']>([
  'boolean',
  'integer',
  'bigint',
  'decimal',
  'double',
  'date',
  'timestamp',
  'timestamptz',
  'uuid',
  'year',
  'objectid',
  'time',
  'timetz',
]);

/** What such text looks like. Engines whose columns take any value may have another one further down. */
const PLAIN_FORM = /^-?\w[\w.:+ -]*$/;

export function isPlainText(type: Column['type']): boolean {
  return PLAIN.has(type);
}

const NEEDS_CARE = /[",\r\n]|^[=+\-@\t]/;
const NEEDS_QUOTES = /[",\r\n]/;
const FORMULA = /^[=+\-@\t\r]/;
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/** A text as one field. */
export function csvText(text: string): string {
  if (text === '') return '""';
  if (!NEEDS_CARE.test(text)) return text;
  const safe = FORMULA.test(text) && !NUMBER.test(text) ? `'${text}` : text;
  return NEEDS_QUOTES.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

function csvCell(cell: Cell): string {
  if (typeof cell === 'string') return csvText(cell);
  if (typeof cell === 'number' || typeof cell === 'boolean') return String(cell);
  if (cell === null) return '';
  if (!Array.isArray(cell) && typeof cell.exact === 'string') return cell.exact;
  return csvText(JSON.stringify(cell));
}

/** The header line. */
export function csvHeader(columns: readonly Column[]): string {
  return `${columns.map((column) => csvText(column.name)).join(',')}\r\n`;
}

/** A function from a batch of exact rows to its lines: bytes row by row, so that no string is longer than a line. */
export function csvWriter(columns: readonly Column[]): (batch: readonly Row[]) => Uint8Array {
  const plain = columns.map((column) => isPlainText(column.type));
  const width = columns.length;
  return (batch) => {
    const out = new ByteBuffer(batch.length * width * 16 + 64);
    for (const row of batch) {
      let line = '';
      for (let i = 0; i < width; i += 1) {
        if (i > 0) line += ',';
        const cell = row[i];
        if (cell === null || cell === undefined) continue;
        if (typeof cell === 'string') line += plain[i] && PLAIN_FORM.test(cell) ? cell : csvText(cell);
        else line += csvCell(cell);
      }
      out.write(`${line}\r\n`);
    }
    return out.take();
  };
}
