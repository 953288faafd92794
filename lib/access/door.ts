import type { output, ZodType } from 'zod';
import { type Clock, processClock } from '../kernel/clock';
import { type QuarryError, toErrorBody, toQuarryError } from '../kernel/errors';
import { isId, newId } from '../kernel/ids';
import { type Logger, logger } from '../kernel/log';
import { authenticate, refuseCrossSite } from './authenticate';
import type { Ctx } from './context';
import { choosePlace, contextFor, requirePermission } from './make-context';
import type { Permission } from './permissions';
import { type RateBucket, takeRateLimit } from './rate-limit';
import { parseBody, parseParams, parseQuery } from './read-input';

type Parsed<S> = S extends ZodType ? output<S> : undefined;

export interface RouteSpec<B = ZodType | undefined, Q = ZodType | undefined, P = ZodType | undefined> {
  permission: Permission;
  body?: B;
  query?: Q;
  params?: P;
  rateLimit?: RateBucket | 'none';
  /** Of a plain value; 200 unless told. */
  status?: number;
  /** Bytes of the body; 1 MiB unless told. */
  maxBodyBytes?: number;
}

export interface PublicSpec<B = ZodType | undefined, Q = ZodType | undefined> {
  /** Why nobody needs to be signed in: stands in the route matrix. */
  reason: string;
  body?: B;
  query?: Q;
  status?: number;
}

export interface RouteInput<B, Q, P> {
  body: Parsed<B>;
  query: Parsed<Q>;
  params: Parsed<P>;
  request: Request;
}

export interface PublicInput<B, Q> {
  body: Parsed<B>;
  query: Parsed<Q>;
  request: Request;
  requestId: string;
  log: Logger;
  clock: Clock;
}

/** What a route file exports; the architecture test and the route matrix read `spec` off it. */
export interface RouteHandler {
  (request: Request, context?: { params: Promise<Record<string, string | string[] | undefined>> }): Promise<Response>;
  readonly spec: ({ kind: 'route' } & RouteSpec) | ({ kind: 'public' } & PublicSpec);
}

/**
 * The one door of every route that wants a person behind it. In this order: request id, who, which organisation, permission,
 * rate limit, input, handler. Answers JSON of what the handler returns, or the Response it returns.
 * Errors of any kind become API.md's error body; a text that isn't ours is logged under the request id and never shown.
 */
export function route<
  B extends ZodType | undefined = undefined,
  Q extends ZodType | undefined = undefined,
  P extends ZodType | undefined = undefined,
>(spec: RouteSpec<B, Q, P>, handler: (ctx: Ctx, input: RouteInput<B, Q, P>) => unknown): RouteHandler {
  const handle: Handle = async (request, params, { requestId, clock }) => {
    const identity = await authenticate(request, clock);
    const slug = request.headers.get('x-quarry-organization') ?? undefined;
    const ctx = contextFor(identity, choosePlace(identity, slug), { requestId, clock, signal: request.signal });
    requirePermission(ctx, spec.permission);
    if (spec.rateLimit && spec.rateLimit !== 'none') takeRateLimit(ctx, spec.rateLimit);
    const input = {
      params: spec.params ? parseParams(spec.params, await params) : undefined,
      query: spec.query ? parseQuery(spec.query, request) : undefined,
      body: spec.body ? await parseBody(spec.body, request, spec.maxBodyBytes) : undefined,
      request,
    };
    return toResponse(await handler(ctx, input as RouteInput<B, Q, P>), spec.status);
  };
  return Object.assign(enter(handle), { spec: { kind: 'route' as const, ...spec } });
}

/**
 * The door without a lock, for what must answer before anyone has signed in. Its reason is listed by the route matrix.
 */
export function publicRoute<B extends ZodType | undefined = undefined, Q extends ZodType | undefined = undefined>(
  spec: PublicSpec<B, Q>,
  handler: (input: PublicInput<B, Q>) => unknown,
): RouteHandler {
  const handle: Handle = async (request, _params, visit) => {
    refuseCrossSite(request);
    const input = {
      query: spec.query ? parseQuery(spec.query, request) : undefined,
      body: spec.body ? await parseBody(spec.body, request) : undefined,
      request,
      ...visit,
    };
    return toResponse(await handler(input as PublicInput<B, Q>), spec.status);
  };
  return Object.assign(enter(handle), { spec: { kind: 'public' as const, ...spec } });
}

interface Visit {
  requestId: string;
  readonly log: Logger;
  clock: Clock;
}
type Handle = (request: Request, params: Promise<unknown>, visit: Visit) => Promise<Response>;

/** A caller's request id is taken over only when it is a UUID: it ends up in logs. */
function requestIdOf(request: Request): string {
  const given = request.headers.get('x-request-id');
  return given !== null && isId(given) ? given.toLowerCase() : newId();
}

function enter(handle: Handle) {
  return async (
    request: Request,
    context?: { params: Promise<Record<string, string | string[] | undefined>> },
  ): Promise<Response> => {
    const requestId = requestIdOf(request);
    const visit = visitOf(requestId);
    const startedAt = performance.now();
    let response: Response;
    try {
      response = await handle(request, context?.params ?? Promise.resolve({}), visit);
    } catch (thrown) {
      response = errorResponse(thrown, requestId, visit);
    }
    response.headers.set('x-request-id', requestId);
    if (!response.headers.has('cache-control')) response.headers.set('cache-control', 'no-store');
    if (logger().isLevelEnabled('debug')) {
      const { pathname: path } = new URL(request.url);
      const durationMs = Math.round(performance.now() - startedAt);
      visit.log.debug({ method: request.method, path, status: response.status, durationMs }, 'request');
    }
    return response;
  };
}

/** Most requests log nothing, so the logger is made by the first who asks for it. */
function visitOf(requestId: string): Visit {
  let log: Logger | undefined;
  return {
    requestId,
    clock: processClock(),
    get log() {
      log ??= logger().child({ requestId });
      return log;
    },
  };
}

/**
 * What went wrong on our side is logged as an error, with its cause. Failures that are part of the day (a query out of time, a
 * source that is away) get one line without a stack; what the caller did wrong gets none.
 */
function logFailure(carrier: { readonly log: Logger }, error: QuarryError, thrown: unknown): void {
  const ours = error.status === 500 || error.code === 'database.unavailable';
  if (ours) carrier.log.error({ code: error.code, err: error.cause ?? thrown }, error.message);
  else if (error.status > 500) carrier.log.info({ code: error.code, stage: error.stage }, error.message);
}

/** @throws nothing: whatever was thrown becomes an answer */
function errorResponse(thrown: unknown, requestId: string, visit: Visit): Response {
  const error = toQuarryError(thrown);
  logFailure(visit, error, thrown);
  const headers: Record<string, string> = {};
  if (error.retryAfterS !== undefined) headers['retry-after'] = String(Math.ceil(error.retryAfterS));
  else if (error.status === 429) headers['retry-after'] = '1';
  return Response.json(toErrorBody(error, requestId), { status: error.status, headers });
}

function toResponse(value: unknown, status = 200): Response {
  if (value instanceof Response) return mutable(value);
  if (value === undefined) return new Response(null, { status: status === 200 ? 204 : status });
  return Response.json(value, { status });
}

/** Responses such as Response.redirect() have frozen headers; the door must add its own. */
function mutable(response: Response): Response {
  return new Response(response.body, {
    status: response.status,
    statusText: response.statusText,
    headers: new Headers(response.headers),
  });
}

/** For streams that fail after the answer has begun: the same body that a failing route would have had. */
export function describeError(ctx: Ctx, thrown: unknown): ReturnType<typeof toErrorBody> {
  const error = toQuarryError(thrown);
  logFailure(ctx, error, thrown);
  return toErrorBody(error, ctx.requestId);
}
