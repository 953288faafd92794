import type { Column, Row, TextBatch } from '../adapters/contract';
import { splitText, xlsxBytes } from './xlsx-bytes';
import { cellWriter, STYLE, textCell } from './xlsx-cells';
import { type ZipEntry, zip } from './zip';

/**
 * A workbook in Office Open XML (ECMA-376), streamed: rows are written as they come, into as many sheets as they need. Text is text
 * (`inlineStr`), so nothing in it is ever a formula. A number becomes a number only where a double holds it; dates and
 * timestamps without a zone are real dates, from 1 March 1900 on, where spreadsheets count the days right.
 */

const ROWS_PER_SHEET = 1_048_576;
/** Cells are many times longer than their values, so that a large batch is written in several pieces. */
const ROWS_PER_PIECE = 5_000;
type Batch = Row[] | TextBatch;

/** @param batches of exact rows, or of packed text */
export function xlsx(columns: readonly Column[], batches: AsyncIterable<Batch>): AsyncGenerator<Uint8Array> {
  return zip(entries(columns, batches));
}

async function* entries(columns: readonly Column[], batches: AsyncIterable<Batch>): AsyncGenerator<ZipEntry> {
  const rows = new RowSource(batches, columns.length);
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
  readonly #iterator: AsyncIterator<Batch>;
  readonly #width: number;
  #rest: Batch | null = null;

  constructor(batches: AsyncIterable<Batch>, width: number) {
    this.#iterator = batches[Symbol.asyncIterator]();
    this.#width = width;
  }

  /** At most `most` rows, or null at the end. */
  async take(most: number): Promise<Batch | null> {
    const batch = this.#rest ?? (await this.#next());
    this.#rest = null;
    if (batch === null || countOf(batch) <= most) return batch;
    const [taken, rest] = Array.isArray(batch) ? [batch.slice(0, most), batch.slice(most)] : splitText(batch, most, this.#width);
    this.#rest = rest;
    return taken;
  }

  async look(): Promise<void> {
    this.#rest ??= await this.#next();
  }

  async close(): Promise<void> {
    await this.#iterator.return?.();
  }

  async #next(): Promise<Batch | null> {
    for (;;) {
      const { done, value } = await this.#iterator.next();
      if (done) this.ended = true;
      if (done || countOf(value) > 0) return done ? null : value;
    }
  }
}

function countOf(batch: Batch): number {
  return Array.isArray(batch) ? batch.length : batch.rowCount;
}

async function* sheet(columns: readonly Column[], rows: RowSource): AsyncGenerator<string | Uint8Array> {
  let complete = false;
  try {
    yield `${XML}<worksheet xmlns="${MAIN}"><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><sheetData>`;
    yield `<row>${columns.map((column) => textCell(column.name, STYLE.header)).join('')}</row>`;
    const writeRows = rowWriter(columns);
    const writeText = xlsxBytes(columns);
    for (let left = ROWS_PER_SHEET - 1; left > 0; ) {
      const batch = await rows.take(Math.min(left, ROWS_PER_PIECE));
      if (batch === null) break;
      left -= countOf(batch);
      yield Array.isArray(batch) ? writeRows(batch) : writeText(batch);
    }
    await rows.look();
    yield '</sheetData></worksheet>';
    complete = true;
  } finally {
    if (!complete) await rows.close();
  }
}

function rowWriter(columns: readonly Column[]): (batch: Row[]) => string {
  const write = columns.map(cellWriter);
  return (batch) => {
    let out = '';
    for (const row of batch) {
      out += '<row>';
      for (let i = 0; i < write.length; i += 1) out += write[i]?.(row[i] ?? null) ?? '';
      out += '</row>';
    }
    return out;
  };
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
