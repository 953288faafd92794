import type { Cell, Column, Row } from '../adapters/contract';
import { exactNumber } from './format';
import { type ZipEntry, zip } from './zip';

/**
 * A workbook in Office Open XML (ECMA-376), streamed: rows are written as they come, into as many sheets as they need. Text is text
 * (`inlineStr`), so nothing in it is ever a formula. A number becomes a number only where a double holds it; dates and
 * timestamps without a zone are real dates, from 1 March 1900 on, where spreadsheets count the days right.
 */

const ROWS_PER_SHEET = 1_048_576;
/** Spreadsheets refuse longer texts in a cell. */
const MAX_TEXT = 32_767;
const CUT = '… [cut: longer than a cell can be]';
const DAY_MS = 86_400_000;
/** Day 0 of the serial dates; right from 1 March 1900, because the format counts a 29 February 1900 that was not. */
const EPOCH = Date.UTC(1899, 11, 30);
const FIRST_DAY = 61;
/** Indexes into the cellXfs of STYLES. */
const STYLE = { date: 1, timestamp: 2, header: 3 } as const;

/** @param batches of exact rows */
export function xlsx(columns: readonly Column[], batches: AsyncIterable<Row[]>): AsyncGenerator<Uint8Array> {
  return zip(entries(columns, batches));
}

async function* entries(columns: readonly Column[], batches: AsyncIterable<Row[]>): AsyncGenerator<ZipEntry> {
  const rows = new RowSource(batches);
  let sheets = 0;
  do {
    sheets += 1;
    yield { name: `xl/worksheets/sheet${sheets}.xml`, pieces: sheet(columns, rows) };
  } while (!rows.ended);
  const numbers = Array.from({ length: sheets }, (_, i) => i + 1);
  yield { name: '[Content_Types].xml', pieces: [contentTypes(numbers)] };
  yield { name: '_rels/.rels', pieces: [RELATIONS] };
  yield { name: 'xl/workbook.xml', pieces: [workbook(numbers)] };
  yield { name: 'xl/_rels/workbook.xml.rels', pieces: [workbookRelations(numbers)] };
  yield { name: 'xl/styles.xml', pieces: [STYLES] };
}

/** Hands out batches so that a sheet can stop in the middle of one. Looks one batch ahead, to know whether a sheet is the last. */
class RowSource {
  ended = false;
  #iterator: AsyncIterator<Row[]>;
  #rest: Row[] | null = null;

  constructor(batches: AsyncIterable<Row[]>) {
    this.#iterator = batches[Symbol.asyncIterator]();
  }

  /** At most `most` rows, or null at the end. */
  async take(most: number): Promise<Row[] | null> {
    const batch = this.#rest ?? (await this.#next());
    this.#rest = null;
    if (batch !== null && batch.length > most) {
      this.#rest = batch.slice(most);
      return batch.slice(0, most);
    }
    return batch;
  }

  async look(): Promise<void> {
    this.#rest ??= await this.#next();
  }

  async close(): Promise<void> {
    await this.#iterator.return?.();
  }

  async #next(): Promise<Row[] | null> {
    for (;;) {
      const { done, value } = await this.#iterator.next();
      if (done) this.ended = true;
      if (done || value.length > 0) return done ? null : value;
    }
  }
}

async function* sheet(columns: readonly Column[], rows: RowSource): AsyncGenerator<string> {
  let complete = false;
  try {
    yield `${XML}<worksheet xmlns="${MAIN}"><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><sheetData>`;
    yield `<row>${columns.map((column) => textCell(column.name, STYLE.header)).join('')}</row>`;
    const write = columns.map(cellWriter);
    for (let left = ROWS_PER_SHEET - 1; left > 0; ) {
      const batch = await rows.take(left);
      if (batch === null) break;
      left -= batch.length;
      let out = '';
      for (const row of batch) {
        out += '<row>';
        for (let i = 0; i < write.length; i += 1) out += write[i]?.(row[i] ?? null) ?? '';
        out += '</row>';
      }
      yield out;
    }
    await rows.look();
    yield '</sheetData></worksheet>';
    complete = true;
  } finally {
    if (!complete) await rows.close();
  }
}

type WriteCell = (cell: Cell) => string;

/** An absent cell is written too: cells have no address of their own, their place is their order. */
const EMPTY = '<c/>';

function cellWriter({ type }: Column): WriteCell {
  switch (type) {
    case 'integer':
    case 'bigint':
    case 'decimal':
    case 'year':
      return (cell) => (typeof cell === 'string' ? numberCell(exactNumber(cell)) : anyCell(cell));
    case 'date':
      return (cell) => (typeof cell === 'string' ? dateCell(cell, STYLE.date) : anyCell(cell));
    case 'timestamp':
      return (cell) => (typeof cell === 'string' ? dateCell(cell, STYLE.timestamp) : anyCell(cell));
    default:
      return anyCell;
  }
}

function anyCell(cell: Cell): string {
  if (cell === null) return EMPTY;
  if (typeof cell === 'string') return textCell(cell);
  if (typeof cell === 'boolean') return `<c t="b"><v>${cell ? 1 : 0}</v></c>`;
  if (typeof cell === 'number') return Number.isFinite(cell) ? numberCell(cell) : textCell(String(cell));
  if (!Array.isArray(cell) && typeof cell.exact === 'string') return numberCell(exactNumber(cell.exact));
  return textCell(JSON.stringify(cell));
}

function numberCell(value: number | string): string {
  return typeof value === 'number' ? `<c><v>${value}</v></c>` : textCell(value);
}

/** Milliseconds are what a serial date keeps; with more digits the text stays, which keeps all. */
const PLAIN_DATE = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d:\d\d(?:\.\d{1,3})?)?$/;

function dateCell(text: string, style: number): string {
  if (!PLAIN_DATE.test(text)) return textCell(text);
  const serial = (Date.parse(text.includes('T') ? `${text}Z` : text) - EPOCH) / DAY_MS;
  return serial >= FIRST_DAY ? `<c s="${style}"><v>${serial}</v></c>` : textCell(text);
}

function textCell(text: string, style?: number): string {
  const whole = text.length > MAX_TEXT ? text.slice(0, MAX_TEXT - CUT.length) + CUT : text;
  return `<c t="inlineStr"${style === undefined ? '' : ` s="${style}"`}><is><t xml:space="preserve">${escapeXml(whole)}</t></is></c>`;
}

const SPECIAL = /[&<>\ufffe\uffff]|(?![\t\n])\p{Cc}|\p{Cs}|_x[0-9a-fA-F]{4}_/gu;

/** XML's own characters, and what XML can't hold as _xHHHH_ (ECMA-376 part 1, 22.9.2.19, ST_Xstring). */
function escapeXml(text: string): string {
  return text.replace(SPECIAL, (found) => {
    if (found === '&') return '&amp;';
    if (found === '<') return '&lt;';
    if (found === '>') return '&gt;';
    if (found.length > 1) return `_x005F_${found.slice(1)}`;
    return `_x${found.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}_`;
  });
}

const XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';
const MAIN = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
const PACKAGE = 'http://schemas.openxmlformats.org/package/2006';
const OFFICE = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const CONTENT = 'application/vnd.openxmlformats-officedocument.spreadsheetml';

const RELATIONS = `${XML}<Relationships xmlns="${PACKAGE}/relationships"><Relationship Id="rId1" Type="${OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>`;

const STYLES = `${XML}<styleSheet xmlns="${MAIN}"><numFmts count="2"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/><numFmt numFmtId="165" formatCode="yyyy\\-mm\\-dd\\ hh:mm:ss.000"/></numFmts><fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders><cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="4">${cellFormats()}</cellXfs></styleSheet>`;

/** Plain, date, timestamp, header: see STYLE. */
function cellFormats(): string {
  const formats = [
    { number: 0, font: 0 },
    { number: 164, font: 0 },
    { number: 165, font: 0 },
    { number: 0, font: 1 },
  ];
  return formats
    .map(
      ({ number, font }) =>
        `<xf numFmtId="${number}" fontId="${font}" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" applyFont="1"/>`,
    )
    .join('');
}

function contentTypes(sheets: number[]): string {
  const parts = sheets
    .map((n) => `<Override PartName="/xl/worksheets/sheet${n}.xml" ContentType="${CONTENT}.worksheet+xml"/>`)
    .join('');
  return `${XML}<Types xmlns="${PACKAGE}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="${CONTENT}.sheet.main+xml"/><Override PartName="/xl/styles.xml" ContentType="${CONTENT}.styles+xml"/>${parts}</Types>`;
}

function workbook(sheets: number[]): string {
  const list = sheets.map((n) => `<sheet name="${n === 1 ? 'Result' : `Result ${n}`}" sheetId="${n}" r:id="rId${n}"/>`).join('');
  return `${XML}<workbook xmlns="${MAIN}" xmlns:r="${OFFICE}"><sheets>${list}</sheets></workbook>`;
}

function workbookRelations(sheets: number[]): string {
  const list = sheets
    .map((n) => `<Relationship Id="rId${n}" Type="${OFFICE}/worksheet" Target="worksheets/sheet${n}.xml"/>`)
    .join('');
  return `${XML}<Relationships xmlns="${PACKAGE}/relationships">${list}<Relationship Id="rId${sheets.length + 1}" Type="${OFFICE}/styles" Target="styles.xml"/></Relationships>`;
}
