import { ApiError } from './api';

/**
 * Signing in and out through next-auth's credentials routes: a CSRF token first, then a form post that answers with where to go.
 * The session itself is an HttpOnly cookie which the page never sees.
 */
async function csrfToken(): Promise<string> {
  const response = await fetch('/api/auth/csrf', { cache: 'no-store' });
  if (!response.ok)
    throw new ApiError({ code: 'internal', message: 'Quarry is not ready yet. Try again in a moment.' }, response.status);
  const body: { csrfToken: string } = await response.json();
  return body.csrfToken;
}

async function post(path: string, fields: Record<string, string>): Promise<{ status: number; url: string | null }> {
  const response = await fetch(path, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ ...fields, csrfToken: await csrfToken(), json: 'true', callbackUrl: window.location.origin }),
  });
  const body: { url?: string; error?: { message?: string } } = await response.json().catch(() => ({}));
  if (response.status === 429) {
    throw new ApiError(
      { code: 'rate.limited', message: body.error?.message ?? 'Too many attempts. Wait a minute and try again.' },
      429,
    );
  }
  return { status: response.status, url: body.url ?? null };
}

/** @throws ApiError auth.invalid with a sentence that doesn't say whether the account exists */
export async function signIn(email: string, password: string): Promise<void> {
  const { status, url } = await post('/api/auth/callback/credentials', { email, password });
  const failure = url ? new URL(url, window.location.origin).searchParams.get('error') : null;
  if (failure && /rate|slow|many/i.test(failure)) {
    throw new ApiError({ code: 'rate.limited', message: 'Too many attempts. Wait a minute and try again.' }, 429);
  }
  if (failure || status === 401) {
    throw new ApiError(
      { code: 'auth.invalid', message: 'E-mail and password do not match an account. Check both and try again.' },
      401,
    );
  }
  if (status >= 400) throw new ApiError({ code: 'internal', message: 'Signing in failed. Try again in a moment.' }, status);
}

export async function signOut(): Promise<void> {
  const { status } = await post('/api/auth/signout', {});
  if (status >= 400) throw new ApiError({ code: 'internal', message: 'Signing out failed. Try again in a moment.' }, status);
}
