/** Another instance of Quarry, for tests: a process of its own that runs queries when it is told to. */
import { jobContext } from '../access';
import type { CacheFigures } from '../cache';
import { closeDb } from '../db';
import { closeRedis, redisState } from '../redis';
import { drainPools } from '../sources';
import { cancelQuery, flushHistory, listRunning, runQuery } from '.';
import { resultCache } from './result-cache';

export interface InstanceRequest {
  /** `start` begins runs; `collect` waits for what they came to. */
  do: 'start' | 'collect' | 'running' | 'cancel' | 'state' | 'figures';
  organizationId: string;
  dataSourceId: string;
  query: string;
  /** Equal runs at the same time. */
  times: number;
  queryId?: string;
}

export interface InstanceReply {
  /** How often each cache state was answered; errors by their code. */
  states?: Record<string, number>;
  rows?: unknown;
  running?: number;
  state?: string;
  figures?: CacheFigures;
  error?: string;
}

process.on('message', (request: InstanceRequest) => {
  answer(request).then(
    (reply) => process.send?.(reply),
    (error: unknown) => process.send?.({ error: String(error) }),
  );
});
process.on('disconnect', () => {
  void flushHistory()
    .then(() => Promise.all([drainPools(0), closeDb(), closeRedis()]))
    .finally(() => process.exit());
});
redisState();
process.send?.({ state: 'started' });

let started: Promise<InstanceReply> = Promise.resolve({});

async function answer(request: InstanceRequest): Promise<InstanceReply> {
  const { dataSourceId, query, queryId } = request;
  if (request.do === 'state') return { state: redisState().state };
  const ctx = await jobContext(request.organizationId);
  if (request.do === 'running') return { running: listRunning(ctx).length };
  if (request.do === 'figures') return { figures: await resultCache().figures(request.organizationId) };
  if (request.do === 'cancel') {
    await cancelQuery(ctx, queryId ?? '');
    return {};
  }
  if (request.do === 'collect') return started;
  const runs = Array.from({ length: request.times }, () =>
    runQuery(ctx, { dataSourceId, query, ...(queryId ? { queryId } : {}) }),
  );
  started = outcomesOf(runs);
  return {};
}

async function outcomesOf(runs: ReturnType<typeof runQuery>[]): Promise<InstanceReply> {
  const states: Record<string, number> = {};
  let rows: unknown;
  for (const outcome of await Promise.allSettled(runs)) {
    const key = outcome.status === 'fulfilled' ? outcome.value.cache.state : String(outcome.reason?.code);
    states[key] = (states[key] ?? 0) + 1;
    if (outcome.status === 'fulfilled') rows = outcome.value.rows;
  }
  return { states, rows };
}
