/**
 * One error class and one table of stable codes for the whole product.
 *
 * A code is a promise to clients (../shared/API.md): it is never renamed, and its HTTP status never changes. The message is
 * a sentence for a person: what happened, and what to do. It must never carry a host name, a secret or a driver's own text
 * beyond what the author of the query already knows.
 */

export const ERROR_STATUS = {
  'auth.required': 401,
  'auth.invalid': 401,
  'auth.expired': 401,
  'access.denied': 403,
  not_found: 404,
  'method.not_allowed': 405,
  'input.invalid': 400,
  conflict: 409,
  'setup.done': 409,
  'setup.required': 409,
  'query.invalid': 400,
  'query.refused': 403,
  'query.failed': 422,
  'query.timeout': 504,
  'query.cancelled': 499,
  'pool.timeout': 504,
  'source.unreachable': 502,
  'source.auth_failed': 502,
  'source.host_refused': 400,
  'source.file_refused': 400,
  'source.file_missing': 502,
  'source.tls_failed': 502,
  'source.database_missing': 502,
  'source.unsupported': 400,
  'upload.too_large': 413,
  'storage.full': 507,
  'job.cancelled': 499,
  'job.timeout': 504,
  'job.lost': 500,
  'rate.limited': 429,
  'model.unavailable': 502,
  'model.auth_failed': 502,
  'model.rate_limited': 429,
  'model.timeout': 504,
  'model.bad_answer': 502,
  'question.declined': 422,
  'vault.corrupt': 500,
  'vault.key_missing': 500,
  'settings.invalid': 500,
  'database.unavailable': 503,
  'storage.denied': 500,
  internal: 500,
} as const satisfies Record<string, number>;

export type ErrorCode = keyof typeof ERROR_STATUS;

/** Where in the execution path or the agent's loop an error arose. */
export type Stage =
  | 'parse'
  | 'validate'
  | 'authorise'
  | 'policy'
  | 'rate_limit'
  | 'optimise'
  | 'cache'
  | 'execute'
  | 'format'
  | 'link'
  | 'generate'
  | 'check'
  | 'answer'
  | 'connect';

export interface ErrorOptions {
  stage?: Stage;
  /** Short, actionable suggestions ("Did you mean customers.email?"). */
  hints?: string[];
  /** Machine-readable facts which are safe to show to the caller. */
  details?: Record<string, unknown>;
  /** Seconds after which a repeat makes sense; becomes the Retry-After header. */
  retryAfterS?: number;
  cause?: unknown;
}

const BRAND = Symbol.for('quarry.error');

export class QuarryError extends Error {
  /**
   * By mark, not by class: Next.js may hold this module several times in one process, and an error from a pool that one route opened
   * must be one of ours in every other route.
   */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && BRAND in value;
  }

  readonly [BRAND] = true;
  readonly code: ErrorCode;
  readonly stage?: Stage;
  readonly hints?: string[];
  readonly details?: Record<string, unknown>;
  readonly retryAfterS?: number;

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'QuarryError';
    this.code = code;
    this.stage = options.stage;
    this.hints = options.hints;
    this.details = options.details;
    this.retryAfterS = options.retryAfterS;
  }

  /** HTTP status that belongs to the code. 499 (client closed request) is the field's convention for a cancelled request. */
  get status(): number {
    return ERROR_STATUS[this.code];
  }
}

export interface ErrorBody {
  error: {
    code: ErrorCode;
    message: string;
    stage?: Stage;
    hints?: string[];
    details?: Record<string, unknown>;
    requestId: string;
  };
}

/** Turns anything thrown into ours. Unknown errors keep their text out of the message: it may hold hosts or secrets. */
export function toQuarryError(error: unknown): QuarryError {
  if (error instanceof QuarryError) return error;
  if (error instanceof Error && error.name === 'AbortError') {
    return new QuarryError('query.cancelled', 'The request was cancelled.', { cause: error });
  }
  return new QuarryError('internal', 'Something went wrong on our side. Try again; if it stays, report the request id.', {
    cause: error,
  });
}

/** The JSON body that every failing route answers with. */
export function toErrorBody(error: QuarryError, requestId: string): ErrorBody {
  return {
    error: {
      code: error.code,
      message: error.message,
      ...(error.stage ? { stage: error.stage } : {}),
      ...(error.hints?.length ? { hints: error.hints } : {}),
      ...(error.details ? { details: error.details } : {}),
      requestId,
    },
  };
}
