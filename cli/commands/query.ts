import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream as NodeReadableStream } from 'node:stream/web';
import { Client, type ServerOptions } from '../client';
import { UsageFailure } from '../failure';
import { note, print, printJson, readStandardInput, terminalWidth } from '../output';
import { formatTable } from '../table';

interface Result {
  columns: { name: string; type: string }[];
  rows: unknown[][];
  rowCount: number;
  truncated: null | { by: string; limit: number };
  durationMs: number;
  cache: { state: string };
  warnings: string[];
}

const NUMERIC = /^(integer|bigint|decimal|float|double|number|int|numeric|real)/i;

/** A result as people read it: the table on standard output, what is to be said of it on standard error. */
export function printResult({ columns, rows, rowCount, truncated, durationMs, cache, warnings }: Result): void {
  if (columns.length > 0) {
    const shown = columns.map(({ name, type }) => ({ name, numeric: NUMERIC.test(type) }));
    print(formatTable(shown, rows, terminalWidth()));
  }
  for (const warning of warnings) note(`warning: ${warning}`);
  const cut = truncated ? `, cut at ${truncated.limit.toLocaleString('en')} ${truncated.by}` : '';
  const cached = cache.state === 'hit' ? ', from the cache' : '';
  note(`${rowCount.toLocaleString('en')} ${rowCount === 1 ? 'row' : 'rows'}${cut}, ${Math.round(durationMs)} ms${cached}`);
}

export interface QueryOptions extends ServerOptions {
  source: string;
  json?: boolean;
  csv?: boolean;
  limit?: number;
  fresh?: boolean;
}

/** Runs a query; "-" reads it from standard input. With --csv the whole result is streamed, however long. */
export async function query(text: string, options: QueryOptions): Promise<void> {
  if (options.json && options.csv) throw new UsageFailure('Give either --json or --csv.');
  const client = new Client(options);
  const { id: dataSourceId } = await client.source(options.source);
  const body = { dataSourceId, query: text === '-' ? await readStandardInput() : text, limit: options.limit };
  const fresh = options.fresh ? { cache: 'refresh' } : {};
  if (options.csv) {
    const response = await client.open('POST', '/api/execute-query/export?format=csv', body);
    if (response.body) await pipeline(Readable.fromWeb(response.body as NodeReadableStream), process.stdout, { end: false });
    return;
  }
  const result = await client.json<Result>('POST', '/api/execute-query', { ...body, ...fresh });
  if (options.json) return printJson(result);
  printResult(result);
}
