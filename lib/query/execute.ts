import type { Ctx } from '../access';
import type { Lease } from '../adapters/contract';
import { QuarryError, toQuarryError } from '../kernel/errors';
import { settings } from '../kernel/settings';
import { getSchema, recheckSchema } from '../schema';
import type { SourceLease } from '../sources';
import { passCostGate } from './cost-gate';
import { jsonFormatter } from './format';
import { hintsFor, isUnknownName } from './hints';
import type { Prepared } from './prepare';
import type { JsonCell } from './schema';
import { atStage, type Trace } from './trace';
import type { ResultColumn, Truncation } from './types';

/** Formatted rows, ready to be answered and cached. */
export interface Rows {
  columns: readonly ResultColumn[];
  rows: readonly (readonly JsonCell[])[];
  truncated: Truncation;
  /** What is to be said of this run, not of the rows: it isn't kept with them. */
  notes?: readonly string[];
  /** Which server answered, for sources that have a read replica. */
  server?: 'primary' | 'replica';
}

/**
 * Runs a prepared query on a leased connection and formats its rows as they arrive. Execute and format alternate batch by batch;
 * the trace gets each one's total.
 * @param signal cancels in the database too
 * @throws QuarryError of stage execute, with hints when a name was not found
 */
export async function executeRows(
  ctx: Ctx,
  prepared: Prepared,
  queryId: string,
  signal: AbortSignal,
  trace: Trace,
): Promise<Rows> {
  const started = performance.now();
  let formatMs = 0;
  try {
    const lease = await leaseFor(prepared, signal);
    const rows = await withLease(lease, async () => {
      const execution = executionOf(prepared, queryId, signal, settings().maxResultBytes);
      const notes = [...notesOf(lease), ...(await passCostGate(ctx, lease, prepared, execution))];
      const result = await lease.execute(...execution);
      const format = jsonFormatter(result.columns);
      const out: JsonCell[][] = [];
      for await (const batch of result.rows) {
        const at = performance.now();
        for (const row of format(batch)) out.push(Object.freeze(row) as JsonCell[]);
        formatMs += performance.now() - at;
      }
      const { server } = lease;
      return { columns: result.columns, rows: Object.freeze(out), truncated: result.outcome().truncated, notes, server };
    });
    trace.add('execute', performance.now() - started - formatMs);
    trace.add('format', formatMs);
    return rows;
  } catch (error) {
    trace.add('execute', performance.now() - started - formatMs);
    throw await explainFailure(ctx, prepared, error);
  }
}

/** A connection for a prepared query: what only reads may be answered by a read replica. */
export function leaseFor({ source, facts }: Prepared, signal: AbortSignal): Promise<SourceLease> {
  return source.lease({ signal, read: facts.effect === 'read' });
}

/** What a lease has to say to people. */
export const notesOf = ({ note }: SourceLease): string[] => (note === undefined ? [] : [note]);

/** The statement and its options as the adapter wants them. */
export function executionOf(
  prepared: Prepared,
  queryId: string,
  signal: AbortSignal,
  maxBytes: number,
): Parameters<Lease['execute']> {
  return [
    { text: prepared.text, params: prepared.parameters },
    {
      signal,
      timeoutMs: prepared.timeoutMs,
      maxRows: prepared.limit,
      maxBytes,
      verifyFunctions: prepared.facts.unverifiedFunctions,
      tag: `quarry:${queryId}`,
    },
  ];
}

/** A connection goes back to its pool unless what happened on it is not known. */
async function withLease<T>(lease: Lease, work: () => Promise<T>): Promise<T> {
  let broken = true;
  try {
    const value = await work();
    broken = false;
    return value;
  } catch (error) {
    broken = isBroken(error);
    throw error;
  } finally {
    lease.release(broken);
  }
}

/** The adapter itself replaces a connection that it had to cancel; an error that isn't ours leaves an unknown state. */
export function isBroken(error: unknown): boolean {
  return !(error instanceof QuarryError) || !error.code.startsWith('query.');
}

/** The error with its stage, and with near names when the database did not know one. */
export async function explainFailure(ctx: Ctx, prepared: Prepared, thrown: unknown): Promise<QuarryError> {
  const error = atStage(toQuarryError(thrown), 'execute');
  if (error.code !== 'query.failed' && error.code !== 'query.invalid') return error;
  // Perhaps the source has changed since its schema was read: nobody waits for that, but the next try knows.
  if (isUnknownName(error)) void recheckSchema({ ...ctx, signal: new AbortController().signal }, prepared.source);
  try {
    const { catalogue } = await getSchema(ctx, prepared.source, { all: true });
    const hints = hintsFor(error, catalogue);
    if (hints.length === 0) return error;
    return new QuarryError(error.code, error.message, { stage: error.stage, hints, details: error.details, cause: error.cause });
  } catch {
    // A hint is a favour: without a schema the error stands as it is.
    return error;
  }
}
