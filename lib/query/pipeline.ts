import type { Ctx } from '../access';
import { type QuarryError, toQuarryError } from '../kernel/errors';
import { settings } from '../kernel/settings';
import { executeRows, type Rows } from './execute';
import { recordRun } from './history';
import { locateSource, type Prepared, prepareQuery } from './prepare';
import { findRows, flights, keepRows, peekRows, resultCache, resultKey } from './result-cache';
import { type RunningHandle, registerRunning } from './running';
import { atStage, Trace } from './trace';
import type { QueryRequest, QueryResult } from './types';

interface Answer {
  rows: Rows;
  cache: QueryResult['cache'];
}

/**
 * Runs a query through every stage and answers its rows.
 * @param request limits above the ceilings are lowered, and `warnings` says so
 * @returns rows as JSON (see format.ts), frozen because the cache shares them
 * @throws QuarryError not_found | access.denied | query.invalid | query.refused | input.invalid | rate.limited | pool.timeout |
 *   source.* | query.failed | query.timeout | query.cancelled | conflict (the query id is in use), with the stage
 */
export async function runQuery(ctx: Ctx, request: QueryRequest): Promise<QueryResult> {
  const started = performance.now();
  const startedAt = ctx.clock.date();
  const origin = request.origin ?? 'api';
  const source = await locateSource(ctx, request.dataSourceId);
  const running = registerRunning(ctx, request, origin);
  const trace = new Trace();
  let prepared: Prepared | null = null;
  let answer: Answer | null = null;
  let failure: QuarryError | null = null;
  try {
    const { maxResultRows, queryTimeoutMs } = settings();
    prepared = await prepareQuery(ctx, request, source, { rows: maxResultRows, timeoutMs: queryTimeoutMs }, trace);
    answer = await answerRows(ctx, prepared, request.cache ?? 'use', running, trace);
    return toResult(running.queryId, request, prepared, answer, performance.now() - started);
  } catch (error) {
    failure = toQuarryError(error);
    throw failure;
  } finally {
    running.done();
    const { queryId } = running;
    await trace.run('metrics', () =>
      recordRun(ctx, {
        queryId,
        dataSourceId: request.dataSourceId,
        origin,
        query: request.query,
        normalised: prepared?.facts.normalised ?? null,
        error: failure,
        rowCount: answer?.rows.rows.length ?? null,
        durationMs: performance.now() - started,
        cacheState: answer?.cache.state ?? 'none',
        stages: trace.spans,
        startedAt,
      }),
    );
  }
}

/** The cache stage, and the execution when it has nothing. */
async function answerRows(
  ctx: Ctx,
  prepared: Prepared,
  mode: NonNullable<QueryRequest['cache']>,
  running: RunningHandle,
  trace: Trace,
): Promise<Answer> {
  const execute = (signal: AbortSignal, spans = trace) => executeRows(ctx, prepared, running.queryId, signal, spans);
  const lookup = await trace.run('cache', async () => {
    const key = mode === 'bypass' ? null : await resultKey(ctx, prepared);
    return { key, hit: key !== null && mode === 'use' ? await findRows(ctx, prepared, key) : null };
  });
  running.signal.throwIfAborted();
  const { key, hit } = lookup;
  if (hit) return { rows: hit.rows, cache: { state: 'hit', ageMs: hit.ageMs } };
  if (key === null) return { rows: await execute(running.signal), cache: { state: 'bypass' } };
  if (mode === 'refresh') {
    const rows = await execute(running.signal);
    await keepRows(ctx, prepared, key, withoutNotes(rows));
    return { rows, cache: { state: 'miss' } };
  }
  return shareRows(ctx, prepared, key, running.signal, trace, execute);
}

/** Equal runs wait for the first one's rows, in other instances too. Runs that may take unequally long are not equal: the time-out is part of the key. */
async function shareRows(
  ctx: Ctx,
  prepared: Prepared,
  key: string,
  signal: AbortSignal,
  trace: Trace,
  execute: (signal: AbortSignal, spans: Trace) => Promise<Rows>,
): Promise<Answer> {
  // The execution may outlive the run that began it, whose record is closed then: it has a trace of its own.
  const spans = new Trace();
  try {
    const work = {
      find: () => peekRows(ctx, prepared, key),
      make: async (shared: AbortSignal) => {
        const value = await execute(shared, spans);
        return { value, kept: await keepRows(ctx, prepared, key, withoutNotes(value)) };
      },
    };
    // Other instances find what this one keeps only where all keep it in Redis.
    const across = resultCache().backend === 'redis';
    const { value, made } = await flights().share(`${key}/${prepared.timeoutMs}`, signal, work, across);
    if (!made) resultCache().joined(key);
    return { rows: value, cache: made ? { state: 'miss' } : { state: 'hit', ageMs: 0 } };
  } catch (error) {
    throw atStage(error, 'execute');
  } finally {
    trace.spans.push(...spans.spans);
  }
}

/** What was said of one run is not true of the next one that gets its rows. */
const withoutNotes = ({ columns, rows, truncated }: Rows): Rows => ({ columns, rows, truncated });

function toResult(queryId: string, request: QueryRequest, prepared: Prepared, answer: Answer, durationMs: number): QueryResult {
  const { rows, cache } = answer;
  return {
    queryId,
    columns: rows.columns,
    rows: rows.rows,
    rowCount: rows.rows.length,
    truncated: rows.truncated,
    durationMs: Math.round(durationMs * 100) / 100,
    cache,
    query: request.query,
    warnings: [...prepared.warnings, ...(rows.notes ?? [])],
    ...(rows.server === undefined ? {} : { server: rows.server }),
    policy: { masked: prepared.policy.masked, filtered: prepared.policy.filtered },
  };
}
