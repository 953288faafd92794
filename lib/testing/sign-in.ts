import { vi } from 'vitest';
import { authRoute, cookieNames } from '../access';
import { readEnv } from '../kernel/env';
import { testRequest } from './request';

// npm start makes this secret; a test that runs by itself has none.
if (!readEnv('NEXTAUTH_SECRET')) vi.stubEnv('NEXTAUTH_SECRET', 'a secret for tests only, of no use elsewhere');

const cookieOf = (setCookies: string[], name: string) =>
  setCookies.find((line) => line.startsWith(`${name}=`) && !line.startsWith(`${name}=;`))?.split(';')[0] ?? '';

/** The double-submit token that next-auth wants with every form. */
export async function fetchCsrf(): Promise<{ csrfToken: string; csrfCookie: string }> {
  const answer = await authRoute(testRequest('/api/auth/csrf'));
  const { csrfToken } = await answer.json();
  return { csrfToken, csrfCookie: cookieOf(answer.headers.getSetCookie(), cookieNames().csrf) };
}

/** Posts the sign-in form, as a browser or curl would. */
export async function postSignIn(email: string, password: string, options: { address?: string; csrf?: boolean } = {}) {
  const { csrfToken, csrfCookie } = await fetchCsrf();
  const form = new URLSearchParams({
    email,
    password,
    json: 'true',
    ...(options.csrf === false ? {} : { csrfToken }),
  }).toString();
  const headers: Record<string, string> = { 'content-type': 'application/x-www-form-urlencoded' };
  if (options.address) headers['x-forwarded-for'] = options.address;
  const answer = await authRoute(testRequest('/api/auth/callback/credentials', { cookie: csrfCookie, body: form, headers }));
  return { answer, csrfToken, csrfCookie };
}

/** Signs in with next-auth's own form and gives the cookie that came back. */
export async function signInAs(email: string, password: string) {
  const { answer, ...csrf } = await postSignIn(email, password);
  const setCookies = answer.headers.getSetCookie();
  if (answer.status !== 200) throw new Error(`sign-in answered ${answer.status}: ${await answer.text()}`);
  return { ...csrf, setCookies, cookie: cookieOf(setCookies, cookieNames().session) };
}
