import type { Ctx } from '../access';
import { QuarryError } from '../kernel/errors';
import { isId, newId } from '../kernel/ids';
import { singleton } from '../kernel/singleton';
import type { QueryOrigin, QueryRequest } from './types';

/** A query that runs now, for the page which lists them. */
export interface RunningQuery {
  queryId: string;
  dataSourceId: string;
  userId: string;
  origin: QueryOrigin;
  query: string;
  /** ISO 8601. */
  startedAt: string;
}

export interface CancelOutcome {
  cancelled: true;
}

interface Entry extends RunningQuery {
  organizationId: string;
  controller: AbortController;
}

/** Keyed by organisation too: an id that another organisation uses is neither taken nor visible. */
const entries = () => singleton('query.running', () => new Map<string, Entry>());
const keyOf = (organizationId: string, queryId: string) => `${organizationId}/${queryId}`;

export interface RunningHandle {
  queryId: string;
  /** Fires on cancel and when the client goes away; its reason is a QuarryError. */
  signal: AbortSignal;
  abort(error: QuarryError): void;
  done(): void;
}

/**
 * Makes a query known, so that it can be listed and cancelled until `done`.
 * @throws QuarryError conflict when the organisation runs a query under this id | query.cancelled when the client has already gone
 */
export function registerRunning(ctx: Ctx, request: QueryRequest, origin: QueryOrigin): RunningHandle {
  const queryId = request.queryId?.toLowerCase() ?? newId();
  const key = keyOf(ctx.organization.id, queryId);
  if (entries().has(key)) {
    throw new QuarryError('conflict', 'A query with this id is running. Use a new id for each query.', { details: { queryId } });
  }
  if (ctx.signal.aborted) throw clientGone();
  const controller = new AbortController();
  const leave = () => controller.abort(clientGone());
  ctx.signal.addEventListener('abort', leave, { once: true });
  entries().set(key, {
    queryId,
    organizationId: ctx.organization.id,
    dataSourceId: request.dataSourceId,
    userId: ctx.principal.userId,
    origin,
    query: request.query,
    startedAt: ctx.clock.date().toISOString(),
    controller,
  });
  return {
    queryId,
    signal: controller.signal,
    abort: (error) => controller.abort(error),
    done: () => {
      ctx.signal.removeEventListener('abort', leave);
      entries().delete(key);
    },
  };
}

function clientGone(): QuarryError {
  return new QuarryError('query.cancelled', 'The query was cancelled, because the client went away.');
}

/**
 * Cancels a running query here and in the database. Own queries; those of others only with `query.manage`.
 * @throws QuarryError not_found when it doesn't run, or isn't the caller's to cancel
 */
export async function cancelQuery(ctx: Ctx, queryId: string): Promise<CancelOutcome> {
  const entry = isId(queryId) ? entries().get(keyOf(ctx.organization.id, queryId.toLowerCase())) : undefined;
  if (!entry || !mayManage(ctx, entry)) {
    throw new QuarryError('not_found', 'No query with this id is running. It may have finished already.');
  }
  entry.controller.abort(new QuarryError('query.cancelled', 'The query was cancelled.'));
  return { cancelled: true };
}

/** The caller's running queries, newest first; those of the whole organisation with `query.manage`. */
export function listRunning(ctx: Ctx): RunningQuery[] {
  return [...entries().values()]
    .filter((entry) => entry.organizationId === ctx.organization.id && mayManage(ctx, entry))
    .map(({ queryId, dataSourceId, userId, origin, query, startedAt }) => ({
      queryId,
      dataSourceId,
      userId,
      origin,
      query,
      startedAt,
    }))
    .reverse();
}

function mayManage(ctx: Ctx, entry: Entry): boolean {
  return entry.userId === ctx.principal.userId || ctx.permissions.has('query.manage');
}
