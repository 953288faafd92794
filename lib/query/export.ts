import { type Ctx, requirePermission } from '../access';
import type { Column, Row } from '../adapters/contract';
import { csvHeader, csvWriter } from './csv';
import { jsonFormatter } from './format';
import type { ExportFormat } from './schema';
import { byteStream, openStream, type RawStream } from './stream';
import type { QueryExport, QueryRequest } from './types';
import { xlsx } from './xlsx';

const XLSX_TYPE = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';

/** How a file of text is written: what stands before the rows, each batch, and what stands after. */
interface Writer {
  contentType: string;
  head(columns: Column[]): string;
  batches(columns: Column[]): (batch: Row[]) => string;
  tail: string;
}

const WRITERS: Record<Exclude<ExportFormat, 'xlsx'>, Writer> = {
  csv: { contentType: 'text/csv; charset=utf-8', head: csvHeader, batches: csvWriter, tail: '' },
  // One object per line; values as everywhere in JSON.
  ndjson: {
    contentType: 'application/x-ndjson; charset=utf-8',
    head: () => '',
    batches: (columns) => objectWriter(columns, '', '\n'),
    tail: '',
  },
  // One list of objects.
  json: { contentType: 'application/json; charset=utf-8', head: () => '[', batches: listWriter, tail: '\n]\n' },
};

function listWriter(columns: Column[]): (batch: Row[]) => string {
  const first = objectWriter(columns, ',\n', '');
  let begun = false;
  return (batch) => {
    const text = first(batch);
    if (begun || batch.length === 0) return text;
    begun = true;
    return `\n${text.slice(2)}`;
  };
}

/** Rows as objects. A column name that occurs twice gets a number, so that no value is lost. */
function objectWriter(columns: Column[], before: string, after: string): (batch: Row[]) => string {
  const format = jsonFormatter(columns);
  const keys = uniqueNames(columns).map((name, i) => `${i === 0 ? '' : ','}${JSON.stringify(name)}:`);
  return (batch) => {
    let out = '';
    for (const row of format(batch)) {
      out += `${before}{`;
      for (let i = 0; i < keys.length; i += 1) out += keys[i] + JSON.stringify(row[i] ?? null);
      out += `}${after}`;
    }
    return out;
  };
}

function uniqueNames(columns: Column[]): string[] {
  const taken = new Set<string>();
  return columns.map(({ name }) => {
    let unique = name;
    for (let n = 2; taken.has(unique); n += 1) unique = `${name}_${n}`;
    taken.add(unique);
    return unique;
  });
}

/**
 * A query's whole result as a file, streamed with bounded memory. When it fails half-way the stream errors, so that the client sees
 * a broken transfer and never a file that looks complete.
 * @throws QuarryError as runQuery, and access.denied without query.export
 */
export async function exportQuery(ctx: Ctx, request: QueryRequest, format: ExportFormat): Promise<QueryExport> {
  requirePermission(ctx, 'query.export');
  const raw = await openStream(ctx, request, request.origin ?? 'export');
  const stamp = ctx.clock.date().toISOString().slice(0, 19).replaceAll(':', '').replace('T', '-');
  return {
    queryId: raw.queryId,
    stream: byteStream(format === 'xlsx' ? xlsx(raw.columns, raw.batches) : textFile(raw, WRITERS[format]), () => raw.close()),
    contentType: format === 'xlsx' ? XLSX_TYPE : WRITERS[format].contentType,
    fileName: `quarry-${stamp}.${format}`,
  };
}

async function* textFile(raw: RawStream, writer: Writer): AsyncGenerator<string> {
  yield writer.head(raw.columns);
  const write = writer.batches(raw.columns);
  for await (const batch of raw.batches) yield write(batch);
  yield writer.tail;
}
