import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type ErrorCode, QuarryError, toErrorBody } from '../kernel/errors';
import { newId } from '../kernel/ids';

/** Node publishes each request of each HTTP server here before anybody handles it. */
const CHANNEL = 'http.server.request.start';
const REQUEST_ID = 'x-request-id';

/**
 * Sees to what Next answers by itself under /api, without coming to the door: an address without a route, a method that a route
 * doesn't have, a path that doesn't decode. Those too get a request id and API.md's error body. What came through the door
 * carries a request id already, and passes untouched.
 * @returns stops it
 */
export function shapeUnroutedAnswers(): () => void {
  const onRequest = (message: unknown) => {
    const { request, response } = message as { request: IncomingMessage; response: ServerResponse };
    const path = request.url?.split('?', 1)[0] ?? '';
    if (path === '/api' || path.startsWith('/api/')) shape(response, request.method ?? '', path);
  };
  subscribe(CHANNEL, onRequest);
  return () => void unsubscribe(CHANNEL, onRequest);
}

/** Wraps the response's own three methods: the head decides, and a body that is replaced is swallowed. */
function shape(response: ServerResponse, method: string, path: string): void {
  const { writeHead, write, end } = response;
  let body: string | null = null;
  response.writeHead = ((status: number, ...rest: unknown[]) => {
    if (response.headersSent || response.hasHeader(REQUEST_ID)) return Reflect.apply(writeHead, response, [status, ...rest]);
    const requestId = newId();
    response.setHeader(REQUEST_ID, requestId);
    const error = status >= 400 ? errorFor(status, method, path) : null;
    if (error === null) return Reflect.apply(writeHead, response, [status, ...rest]);
    body = JSON.stringify(toErrorBody(error, requestId));
    for (const name of ['content-encoding', 'transfer-encoding', 'etag', 'link', 'x-powered-by']) response.removeHeader(name);
    response.setHeader('content-type', 'application/json');
    response.setHeader('content-length', Buffer.byteLength(body));
    response.setHeader('cache-control', 'no-store');
    return Reflect.apply(writeHead, response, [error.status]);
  }) as ServerResponse['writeHead'];
  response.write = ((...args: unknown[]) => {
    if (!response.headersSent) response.writeHead(response.statusCode);
    if (body === null) return Reflect.apply(write, response, args);
    doneOf(args)?.();
    return true;
  }) as ServerResponse['write'];
  response.end = ((...args: unknown[]) => {
    if (!response.headersSent && !response.hasHeader(REQUEST_ID)) response.writeHead(response.statusCode);
    return Reflect.apply(end, response, body === null ? args : [body, doneOf(args)]);
  }) as ServerResponse['end'];
}

const doneOf = (args: readonly unknown[]) => args.find((one): one is () => void => typeof one === 'function');

/** Null keeps the answer as it is. */
function errorFor(status: number, method: string, path: string): QuarryError | null {
  if (status === 405 || method === 'TRACE') {
    return new QuarryError(
      'method.not_allowed',
      `There is no ${method} at this address. The HTTP contract says which methods it has.`,
    );
  }
  const code: ErrorCode | null = status === 404 || !decodes(path) ? 'not_found' : status >= 500 ? 'internal' : null;
  if (code === null) return null;
  const message =
    code === 'not_found'
      ? 'There is nothing at this address.'
      : 'Something went wrong on our side. Try again; if it stays, report the request id.';
  return new QuarryError(code, message);
}

function decodes(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}
