import { createHash } from 'node:crypto';
import type { Ctx } from '../access';
import { appendQueryRuns, tenantDb } from '../db';
import type { QuarryError } from '../kernel/errors';
import { newId } from '../kernel/ids';
import { logger } from '../kernel/log';
import { singleton } from '../kernel/singleton';
import type { QueryOrigin, QueryResult, StageSpan } from './types';

/** What is kept of a run. */
export interface RunRecord {
  id: string;
  organizationId: string;
  dataSourceId: string;
  userId: string;
  origin: QueryOrigin;
  query: string;
  fingerprint: string;
  status: 'ok' | 'refused' | 'failed' | 'timeout' | 'cancelled';
  errorCode: string | null;
  rowCount: number | null;
  durationMs: number;
  cacheState: QueryResult['cache']['state'] | 'none';
  /** The trace's own list, so that the last stage is in it when the record is written. */
  stages: StageSpan[];
  startedAt: Date;
}

const FLUSH_ROWS = 100;
const FLUSH_MS = 1_000;
/** While the builder database is away, so many records wait; older ones are dropped and the log says so. */
const MAX_WAITING = 10_000;

interface Buffer {
  waiting: RunRecord[];
  timer: NodeJS.Timeout | null;
  /** Flushes follow one another. */
  tail: Promise<void>;
}

const buffer = () => singleton<Buffer>('query.history', () => ({ waiting: [], timer: null, tail: Promise.resolve() }));

export interface RunOutcome {
  queryId: string;
  dataSourceId: string;
  origin: QueryOrigin;
  query: string;
  normalised: string | null;
  error: QuarryError | null;
  rowCount: number | null;
  durationMs: number;
  cacheState: RunRecord['cacheState'];
  stages: StageSpan[];
  startedAt: Date;
}

/** Puts a run into the buffer: no I/O, never throws. Written within a second or with the hundredth. */
export function recordRun(ctx: Ctx, run: RunOutcome): void {
  const state = buffer();
  state.waiting.push({
    id: run.queryId,
    organizationId: ctx.organization.id,
    dataSourceId: run.dataSourceId,
    userId: ctx.principal.userId,
    origin: run.origin,
    query: run.query,
    fingerprint: queryFingerprint(run.normalised ?? run.query),
    status: run.error ? statusOf(run.error) : 'ok',
    errorCode: run.error?.code ?? null,
    rowCount: run.rowCount,
    durationMs: Math.round(run.durationMs),
    cacheState: run.cacheState,
    stages: run.stages,
    startedAt: run.startedAt,
  });
  if (state.waiting.length > MAX_WAITING) {
    const dropped = state.waiting.splice(0, state.waiting.length - MAX_WAITING).length;
    logger().warn({ dropped }, 'query history: records dropped, the builder database does not keep up');
  }
  if (state.waiting.length >= FLUSH_ROWS) void flushHistory();
  else if (state.timer === null) {
    state.timer = setTimeout(() => void flushHistory(), FLUSH_MS);
    state.timer.unref();
  }
}

/** Writes what waits. Call before reading figures and when draining; failures are logged, never thrown. */
export async function flushHistory(): Promise<void> {
  const state = buffer();
  if (state.timer) clearTimeout(state.timer);
  state.timer = null;
  const batch = state.waiting.splice(0);
  if (batch.length > 0) state.tail = state.tail.then(() => writeBatch(batch));
  await state.tail;
}

async function writeBatch(batch: RunRecord[]): Promise<void> {
  const byOrganization = new Map<string, RunRecord[]>();
  for (const run of batch) {
    const runs = byOrganization.get(run.organizationId) ?? [];
    runs.push(run);
    byOrganization.set(run.organizationId, runs);
  }
  for (const [organizationId, runs] of byOrganization) {
    try {
      await appendQueryRuns(organizationId, runs.map(toRow));
    } catch {
      // One bad record (a source that is gone, an id that a client used twice) must not cost the others.
      for (const run of runs) await writeOne(organizationId, run);
    }
  }
}

async function writeOne(organizationId: string, run: RunRecord): Promise<void> {
  const db = tenantDb(organizationId);
  try {
    await db.queryRun.create({ data: toRow(run) });
  } catch {
    try {
      await db.queryRun.create({ data: toRow({ ...run, id: newId() }) });
    } catch (error) {
      logger().warn({ err: error, queryId: run.id, organizationId }, 'query history: a record could not be written');
    }
  }
}

function toRow({ organizationId: _, stages, ...run }: RunRecord) {
  return { ...run, stages: stages.map((span) => ({ ...span })) };
}

function statusOf(error: QuarryError): RunRecord['status'] {
  switch (error.code) {
    case 'query.refused':
    case 'access.denied':
    case 'rate.limited':
      return 'refused';
    case 'query.timeout':
      return 'timeout';
    case 'query.cancelled':
      return 'cancelled';
    default:
      return 'failed';
  }
}

/** The same for queries that differ only in their literals: what "the same query" means in figures. */
export function queryFingerprint(normalised: string): string {
  const shape = normalised
    .replace(/'(?:[^']|'')*'/g, '?')
    .replace(/(?<![\w$])\d+(?:\.\d+)?(?:[eE][+-]?\d+)?\b/g, '?')
    .replace(/\(\s*\?(?:\s*,\s*\?)+\s*\)/g, '(?)');
  return createHash('sha256').update(shape).digest('base64url').slice(0, 22);
}
