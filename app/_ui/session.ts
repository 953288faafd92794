import { ApiError, type ApiFailure } from './api';

/**
 * Signing in and out through next-auth's credentials routes: a CSRF token first, then a form post. The session itself is an
 * HttpOnly cookie which the page never sees.
 */
async function csrfToken(): Promise<string> {
  const response = await fetch('/api/auth/csrf', { cache: 'no-store' });
  if (!response.ok) {
    throw new ApiError({ code: 'internal', message: 'Quarry is not ready yet. Try again in a moment.' }, response.status);
  }
  const body: { csrfToken: string } = await response.json();
  return body.csrfToken;
}

async function post(path: string, fields: Record<string, string>, failed: string): Promise<void> {
  const token = await csrfToken();
  const response = await fetch(path, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ ...fields, csrfToken: token, json: 'true', callbackUrl: window.location.origin }),
  });
  if (response.ok) return;
  const body: { error?: ApiFailure } = await response.json().catch(() => ({}));
  throw new ApiError(body.error ?? { code: 'internal', message: failed }, response.status);
}

/** @throws ApiError auth.invalid (it doesn't say whether the account exists), rate.limited */
export function signIn(email: string, password: string): Promise<void> {
  return post('/api/auth/callback/credentials', { email, password }, 'Signing in failed. Try again in a moment.');
}

/** @throws ApiError */
export function signOut(): Promise<void> {
  return post('/api/auth/signout', {}, 'Signing out failed. Try again in a moment.');
}
