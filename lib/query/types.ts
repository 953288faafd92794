import type { z } from 'zod';
import type { ColumnType } from '../adapters/contract';
import type { Stage } from '../kernel/errors';
import type { JsonCell, parametersSchema } from './schema';

/** Who asked: shown in the history and in figures. */
export type QueryOrigin = 'api' | 'ask' | 'export' | 'system';

export interface QueryRequest {
  dataSourceId: string;
  query: string;
  /** A list binds by position, an object by name (`:name`). */
  parameters?: z.output<typeof parametersSchema>;
  /** Rows at most. Default and ceiling: MAX_RESULT_ROWS and the source's own limit. */
  limit?: number;
  /** Default and ceiling: QUERY_TIMEOUT and the source's own limit. */
  timeoutMs?: number;
  cache?: 'use' | 'refresh' | 'bypass';
  origin?: QueryOrigin;
  /** UUID of the caller's own; made when absent. */
  queryId?: string;
}

export interface ResultColumn {
  name: string;
  type: ColumnType;
  nativeType: string;
}

export type Truncation = null | { by: 'rows' | 'bytes'; limit: number };

export interface QueryResult {
  queryId: string;
  columns: readonly ResultColumn[];
  /** Shared with the cache and frozen: copy before you change. */
  rows: readonly (readonly JsonCell[])[];
  rowCount: number;
  truncated: Truncation;
  /** Wall-clock time of the whole pipeline. */
  durationMs: number;
  cache: { state: 'hit' | 'miss' | 'bypass'; ageMs?: number };
  /** The query as it was asked. */
  query: string;
  warnings: string[];
  /** Which server answered, for sources that have a read replica; absent for cached rows. */
  server?: 'primary' | 'replica';
  policy: { masked: string[]; filtered: string[] };
}

/** One step of the pipeline as it happened, in order; kept in the history. */
export interface StageSpan {
  stage: Stage | 'metrics';
  durationMs: number;
}

export interface StreamEnd {
  rowCount: number;
  truncated: Truncation;
  durationMs: number;
  /** What a person should know of the run; absent when there is nothing. */
  warnings?: string[];
}

export interface QueryStream {
  queryId: string;
  columns: ResultColumn[];
  /** Batches of rows; leaving the loop ends the query and gives the connection back. */
  batches: AsyncIterable<JsonCell[][]>;
  /** Known after the last batch. */
  end(): StreamEnd;
  /** Ends the query at any time; safe to call twice and needed when `batches` is never read. */
  close(): Promise<void>;
}

export interface QueryExport {
  stream: ReadableStream<Uint8Array>;
  contentType: string;
  fileName: string;
  queryId: string;
}
