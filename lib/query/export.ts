import { type Ctx, requirePermission } from '../access';
import type { Column, Row, TextBatch } from '../adapters/contract';
import { csvHeader, csvWriter } from './csv';
import { csvBytes } from './csv-bytes';
import { jsonFormatter } from './format';
import { jsonBytes } from './json-bytes';
import type { ExportFormat } from './schema';
import { byteStream, openTextStream, type RawStream } from './stream';
import type { QueryExport, QueryOrigin, QueryRequest } from './types';
import { xlsx } from './xlsx';

type Pieces = AsyncGenerator<string | Uint8Array>;

interface Format {
  contentType: string;
  start(
    ctx: Ctx,
    request: QueryRequest,
    origin: QueryOrigin,
  ): Promise<{ raw: Pick<RawStream, 'queryId' | 'close'>; pieces: Pieces }>;
}

const FORMATS: Record<ExportFormat, Format> = {
  csv: {
    contentType: 'text/csv; charset=utf-8',
    async start(...run) {
      const raw = await openTextStream(...run);
      return { raw, pieces: csvFile(raw) };
    },
  },
  xlsx: {
    contentType: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
    async start(...run) {
      const raw = await openTextStream(...run);
      return { raw, pieces: xlsx(raw.columns, raw.batches) };
    },
  },
  // One list of objects.
  json: {
    contentType: 'application/json; charset=utf-8',
    async start(...run) {
      const raw = await openTextStream(...run);
      return { raw, pieces: jsonFile(raw) };
    },
  },
  // One object per line; values as everywhere in JSON.
  ndjson: {
    contentType: 'application/x-ndjson; charset=utf-8',
    async start(...run) {
      const raw = await openTextStream(...run);
      return { raw, pieces: objects(raw, '', '\n') };
    },
  },
};

async function* csvFile(raw: RawStream<Row[] | TextBatch>): Pieces {
  yield csvHeader(raw.columns);
  const writeRows = csvWriter(raw.columns);
  const writeText = csvBytes(raw.columns);
  for await (const batch of raw.batches) yield Array.isArray(batch) ? writeRows(batch) : writeText(batch);
}

async function* jsonFile(raw: RawStream<Row[] | TextBatch>): Pieces {
  yield '[';
  let first = true;
  for await (const piece of objects(raw, ',\n', '')) {
    // The first object has no comma before it.
    yield first ? piece.slice(1) : piece;
    first = false;
  }
  yield '\n]\n';
}

/** Rows as objects, one piece per batch, none of them empty. */
async function* objects(raw: RawStream<Row[] | TextBatch>, before: string, after: string): Pieces {
  const keys = uniqueNames(raw.columns);
  const writeRows = objectWriter(raw.columns, keys, before, after);
  const writeText = jsonBytes(raw.columns, keys, before, after);
  for await (const batch of raw.batches) {
    const piece = Array.isArray(batch) ? writeRows(batch) : writeText(batch);
    if (piece.length > 0) yield piece;
  }
}

function objectWriter(columns: Column[], names: string[], before: string, after: string): (batch: Row[]) => string {
  const format = jsonFormatter(columns);
  const keys = names.map((name, i) => `${i === 0 ? '' : ','}${JSON.stringify(name)}:`);
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

/** A column name that occurs twice gets a number, so that no value is lost. */
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
  const { contentType, start } = FORMATS[format];
  const { raw, pieces } = await start(ctx, request, request.origin ?? 'export');
  const stamp = ctx.clock.date().toISOString().slice(0, 19).replaceAll(':', '').replace('T', '-');
  return {
    queryId: raw.queryId,
    stream: byteStream(pieces, () => raw.close()),
    contentType,
    fileName: `quarry-${stamp}.${format}`,
  };
}
