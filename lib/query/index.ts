/**
 * Owns the one way to a customer's data. Every query — from the API, the agent, an export, a job — runs through the same stages
 * in the same order: parse, validate, authorise, policy, rate limit, optimise, cache, execute, format, metrics. A source that the
 * caller's organisation doesn't have is "not found" before anything else is looked at.
 *
 * Promises: read-only unless allowed otherwise; one statement; bounded in time, rows and bytes on the server too; exact values;
 * cancelled in the database when cancelled here; every run is recorded without slowing it.
 */

export { cleanHistory } from './clean-history';
export { exportQuery } from './export';
export { isUnknownName } from './hints';
export { flushHistory } from './history';
export { runQuery } from './pipeline';
export { policyFingerprint } from './policy';
export { validateQuery } from './prepare';
export { cleanResults, queryCacheFigures } from './result-cache';
export { type CancelOutcome, cancelQuery, listRunning, type RunningQuery } from './running';
export { sampleRows } from './sample-rows';
export type { JsonCell } from './schema';
export { type QueryStats, queryStats } from './stats';
export { ndjsonStream, streamQuery } from './stream';
export type {
  QueryExport,
  QueryOrigin,
  QueryRequest,
  QueryResult,
  QueryStream,
  ResultColumn,
  StageSpan,
  StreamEnd,
  Truncation,
} from './types';
