import { APICallError } from '@ai-sdk/provider';
import { QuarryError } from '../kernel/errors';

/**
 * What went wrong at a model, as one of our codes with a sentence each [C25]. The provider's own text stays out: it may repeat the
 * prompt or a part of the key.
 * @param provider the name people gave the provider
 */
export function toModelError(error: unknown, provider: string, state: { timedOut: boolean; started: boolean }): QuarryError {
  if (error instanceof QuarryError) return error;
  const stage = 'generate' as const;
  const details = { provider };
  if (state.timedOut) {
    return new QuarryError('model.timeout', `${provider} did not answer in time. Try again, or set a faster model.`, {
      stage,
      details,
      cause: error,
    });
  }
  const call = findApiError(error);
  const status = call?.statusCode;
  if (status === 401 || status === 403) {
    return new QuarryError(
      'model.auth_failed',
      `${provider} refused the key. An administrator can set a new one under Settings, Models.`,
      { stage, details, cause: error },
    );
  }
  if (status === 429) {
    const after = Number(call?.responseHeaders?.['retry-after']);
    const retryAfterS = Number.isFinite(after) && after > 0 ? Math.ceil(after) : 30;
    return new QuarryError('model.rate_limited', `${provider} is over its rate limit. Try again in ${retryAfterS} seconds.`, {
      stage,
      details,
      retryAfterS,
      cause: error,
    });
  }
  if (status === 404) {
    return new QuarryError(
      'model.unavailable',
      `${provider} does not know this model. An administrator can correct its name under Settings, Models.`,
      {
        stage,
        details,
        cause: error,
      },
    );
  }
  if (status === 400 || status === 413 || status === 422) {
    return new QuarryError(
      'model.unavailable',
      `${provider} refused the request (${status}). Check the model's name and context size.`,
      { stage, details, cause: error },
    );
  }
  if (state.started) {
    return new QuarryError('model.unavailable', `${provider} stopped in the middle of its answer. Try again.`, {
      stage,
      details,
      cause: error,
    });
  }
  return new QuarryError(
    'model.unavailable',
    `${provider} cannot be reached${status ? ` (${status})` : ''}. Try again, or check its address.`,
    { stage, details, cause: error },
  );
}

/** Errors after which the next provider in the fail-over order is tried. */
export function isFailOver(error: QuarryError): boolean {
  return ['model.unavailable', 'model.auth_failed', 'model.rate_limited', 'model.timeout'].includes(error.code);
}

function findApiError(error: unknown): APICallError | null {
  let current = error;
  for (let depth = 0; depth < 5 && current instanceof Error; depth += 1) {
    if (APICallError.isInstance(current)) return current;
    const inner = current as Error & { lastError?: unknown };
    current = inner.lastError ?? inner.cause;
  }
  return null;
}
