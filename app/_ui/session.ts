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

/** Where the sign-in page leads back to. Only a path of this site is believed; everything else is the front page. */
export function safeReturn(path: string | undefined): string {
  return path && /^\/(?![/\\])/.test(path) ? path : '/';
}

let leaving = false;

/** The session ended while somebody worked: to the sign-in page, and back to this place afterwards. Once, however many requests failed. */
export function goToSignIn(): void {
  if (leaving) return;
  leaving = true;
  const { pathname, search } = window.location;
  window.location.assign(`/sign-in?${new URLSearchParams({ from: pathname + search, ended: '1' })}`);
}
