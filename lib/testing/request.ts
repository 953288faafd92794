export interface TestRequest {
  method?: string;
  token?: string;
  cookie?: string;
  organization?: string;
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

/** A request as a client would send it, for calling a route's handler directly. */
export function testRequest(path: string, options: TestRequest = {}): Request {
  const headers = new Headers({ host: 'quarry.test', ...options.headers });
  if (options.token) headers.set('authorization', `Bearer ${options.token}`);
  if (options.cookie) headers.set('cookie', options.cookie);
  if (options.organization) headers.set('x-quarry-organization', options.organization);
  const hasBody = options.body !== undefined;
  if (hasBody && !headers.has('content-type')) headers.set('content-type', 'application/json');
  const body = hasBody ? (typeof options.body === 'string' ? options.body : JSON.stringify(options.body)) : undefined;
  const method = options.method ?? (hasBody ? 'POST' : 'GET');
  return new Request(`http://quarry.test${path}`, { method, headers, body, signal: options.signal });
}
