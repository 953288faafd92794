/** How the page talks to its own API: one fetch that names the organisation and turns `{error}` into something a page can show. */

export interface ApiFailure {
  code: string;
  message: string;
  stage?: string;
  hints?: string[];
  details?: Record<string, unknown>;
  requestId?: string;
}

export class ApiError extends Error {
  readonly code: string;
  readonly status: number;
  readonly hints: string[];
  readonly details: Record<string, unknown>;
  readonly requestId?: string;

  constructor(failure: ApiFailure, status: number) {
    super(failure.message);
    this.name = 'ApiError';
    this.code = failure.code;
    this.status = status;
    this.hints = failure.hints ?? [];
    this.details = failure.details ?? {};
    this.requestId = failure.requestId;
  }
}

/** Anything thrown around a request, as something that can be shown. An abort stays recognisable by its code. */
export function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof DOMException && error.name === 'AbortError') {
    return new ApiError({ code: 'request.aborted', message: 'Stopped.' }, 0);
  }
  return new ApiError({ code: 'network.unreachable', message: 'Quarry did not answer. Check your connection and try again.' }, 0);
}

async function failureOf(response: Response): Promise<ApiError> {
  try {
    const body: { error?: ApiFailure } = await response.json();
    if (body.error?.message) return new ApiError(body.error, response.status);
  } catch {
    // Not JSON: a proxy's page. The sentence below is all that can be said.
  }
  return new ApiError(
    { code: 'internal', message: `Quarry answered with status ${response.status}. Try again in a moment.` },
    response.status,
  );
}

export interface RequestOptions {
  method?: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  body?: unknown;
  query?: Record<string, string | undefined>;
  signal?: AbortSignal;
}

export interface Api {
  /** @throws ApiError */
  json<T>(path: string, options?: RequestOptions): Promise<T>;
  /** The answer itself, for streams and files. @throws ApiError when it isn't 2xx */
  raw(path: string, options?: RequestOptions): Promise<Response>;
  /** Sends files and tells how much of them has gone. @throws ApiError */
  upload<T>(path: string, files: readonly File[], options: UploadOptions): Promise<T>;
}

export interface UploadOptions {
  signal: AbortSignal;
  /** Share that was sent, 0 to 1. */
  onProgress(share: number): void;
}

/**
 * @param organization slug that the session acts in; null before there is one (set-up)
 * @param onSignedOut hears that the session ended, before the error is thrown
 */
export function createApi(organization: string | null, onSignedOut?: () => void): Api {
  const raw: Api['raw'] = async (path, { method = 'GET', body, query, signal } = {}) => {
    const search = new URLSearchParams();
    for (const [key, value] of Object.entries(query ?? {})) if (value !== undefined) search.set(key, value);
    const suffix = search.size > 0 ? `?${search}` : '';
    let response: Response;
    try {
      response = await fetch(path + suffix, {
        method,
        signal,
        headers: {
          ...(organization ? { 'x-quarry-organization': organization } : {}),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        body: body === undefined ? undefined : JSON.stringify(body),
      });
    } catch (error) {
      throw toApiError(error);
    }
    if (response.status === 401) onSignedOut?.();
    if (!response.ok) throw await failureOf(response);
    return response;
  };
  return {
    raw,
    async upload(path, files, options) {
      const response = await sendFiles(path, files, organization, options);
      if (response.status === 401) onSignedOut?.();
      if (!response.ok) throw await failureOf(response);
      return response.json();
    },
    async json(path, options) {
      const response = await raw(path, options);
      return response.status === 204 ? undefined : response.json();
    },
  };
}

/** By XMLHttpRequest: fetch tells nobody how much of a body was sent. */
function sendFiles(
  path: string,
  files: readonly File[],
  organization: string | null,
  { signal, onProgress }: UploadOptions,
): Promise<Response> {
  const form = new FormData();
  for (const file of files) form.append('files', file, file.name);
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const abort = () => request.abort();
    const end = (settle: () => void) => {
      signal.removeEventListener('abort', abort);
      settle();
    };
    request.open('POST', path);
    if (organization) request.setRequestHeader('x-quarry-organization', organization);
    request.upload.onprogress = (event) => onProgress(event.total > 0 ? event.loaded / event.total : 0);
    request.upload.onload = () => onProgress(1);
    request.onload = () => end(() => resolve(new Response(request.responseText, { status: request.status })));
    request.onerror = () => end(() => reject(toApiError(null)));
    request.onabort = () => end(() => reject(toApiError(new DOMException('Stopped.', 'AbortError'))));
    signal.addEventListener('abort', abort);
    if (signal.aborted) end(() => reject(toApiError(new DOMException('Stopped.', 'AbortError'))));
    else request.send(form);
  });
}
