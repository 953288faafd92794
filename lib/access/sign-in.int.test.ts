import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { POST as createTokenRoute } from '../../app/api/tokens/route';
import { useProcessClock } from '../kernel/clock';
import { settableClock } from '../testing/clock';
import { createTestOrganization, type TestOrganization } from '../testing/organization';
import { testRequest } from '../testing/request';
import { fetchCsrf, postSignIn, signInAs } from '../testing/sign-in';
import { authRoute } from './next-auth';

const password = 'correct horse battery';
let org: TestOrganization;
const clock = settableClock();

beforeAll(async () => {
  org = await createTestOrganization({ password });
});
beforeEach(() => {
  clock.advance(60 * 60_000);
  useProcessClock(clock);
});
afterAll(async () => {
  useProcessClock();
  await org.drop();
});

describe('signing in', () => {
  it('says the same for a wrong password and an unknown e-mail, and sets no session', async () => {
    const answers = [];
    for (const email of [org.user.email, 'nobody@example.com', 'not an e-mail', '']) {
      const { answer } = await postSignIn(email, 'wrong password');
      expect(answer.status).toBe(401);
      expect(answer.headers.getSetCookie().filter((line) => line.startsWith('quarry-session'))).toEqual([]);
      const { error } = await answer.json();
      answers.push({ code: error.code, message: error.message });
    }
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(answers[0]).toEqual({ code: 'auth.invalid', message: 'E-mail or password is not right.' });
  });

  it('takes the e-mail in any case', async () => {
    expect((await signInAs(`  ${org.user.email.toUpperCase()}`, password)).cookie).toMatch(/^quarry-session-/);
  });

  it('refuses a deactivated account', async () => {
    const { systemDb } = await import('../db');
    const gone = await org.addUser({ password });
    await systemDb().user.update({ where: { id: gone.id }, data: { active: false } });
    expect((await postSignIn(gone.email, password)).answer.status).toBe(401);
  });

  it('is slowed down per e-mail, also when the guesses come at once, and lets the person in later', async () => {
    const guesses = await Promise.all(
      Array.from({ length: 30 }, (_, i) => postSignIn(org.user.email, `guess number ${i}`, { address: `10.0.0.${i}` })),
    );
    const statuses = guesses.map(({ answer }) => answer.status);
    expect(statuses.filter((status) => status === 401)).toHaveLength(10);
    expect(statuses.filter((status) => status === 429)).toHaveLength(20);
    const limited = guesses.find(({ answer }) => answer.status === 429)?.answer;
    expect(Number(limited?.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await limited?.json()).toMatchObject({ error: { code: 'rate.limited' } });
    expect((await postSignIn(org.user.email, password)).answer.status).toBe(429);
    clock.advance(60_000);
    expect((await postSignIn(org.user.email, password)).answer.status).toBe(200);
  });

  it('is slowed down per address, whatever the e-mail', async () => {
    const statuses = [];
    for (let i = 0; i < 12; i += 1) {
      statuses.push((await postSignIn(`person-${i}@example.com`, 'some password', { address: '192.0.2.7' })).answer.status);
    }
    expect(statuses.filter((status) => status === 429)).toHaveLength(2);
  });

  it('does not count sign-ins that succeed', async () => {
    for (let i = 0; i < 15; i += 1) expect((await postSignIn(org.user.email, password)).answer.status).toBe(200);
  });
});

describe('cross-site requests', () => {
  it('cannot sign anybody in without the form’s token', async () => {
    const { answer } = await postSignIn(org.user.email, password, { csrf: false });
    expect(answer.status).toBe(403);
    expect(answer.headers.getSetCookie().filter((line) => line.startsWith('quarry-session'))).toEqual([]);
  });

  it('are refused when they change something with a cookie; a bearer token is no cookie', async () => {
    const { cookie } = await signInAs(org.user.email, password);
    const attempt = (headers: Record<string, string>, auth: { cookie?: string; token?: string } = { cookie }) =>
      createTokenRoute(testRequest('/api/tokens', { ...auth, headers, body: { name: 'csrf' } }));
    const foreign: Record<string, string>[] = [
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { origin: 'http://quarry.test.evil.example' },
    ];
    for (const headers of foreign) {
      const answer = await attempt(headers);
      expect([headers, answer.status]).toEqual([headers, 403]);
      expect((await answer.json()).error.code).toBe('access.denied');
    }
    for (const headers of [
      { 'sec-fetch-site': 'same-origin', origin: 'http://quarry.test' },
      { origin: 'http://quarry.test' },
      {},
    ]) {
      expect((await attempt(headers as Record<string, string>)).status).toBe(201);
    }
    expect((await attempt({ origin: 'https://elsewhere.example' }, { token: org.token })).status).toBe(201);
  });
});

describe('addresses of next-auth that Quarry does not use', () => {
  it.each([
    ['GET', '/api/auth/callback/credentials?email=a&password=b'],
    ['POST', '/api/auth/callback/google'],
    ['POST', '/api/auth/_log'],
    ['GET', '/api/auth/verify-request'],
    ['GET', '/api/auth/'],
  ])('%s %s is not found', async (method, path) => {
    const answer = await authRoute(testRequest(path, { method, ...(method === 'POST' ? { body: {} } : {}) }));
    expect(answer.status).toBe(404);
  });

  it('never redirects to another site', async () => {
    const { csrfToken, csrfCookie } = await fetchCsrf();
    const body = { email: org.user.email, password, csrfToken, json: 'true', callbackUrl: 'https://evil.example/' };
    const answer = await authRoute(testRequest('/api/auth/callback/credentials', { cookie: csrfCookie, body }));
    expect((await answer.json()).url).not.toContain('evil.example');
    for (const [callbackUrl, location] of [
      ['https://evil.example//evil.example', '/'],
      ['/acme/ask?x=1', '/acme/ask?x=1'],
      ['//evil.example', '/evil.example'],
    ]) {
      const form = new URLSearchParams({ email: org.user.email, password, csrfToken, callbackUrl: callbackUrl ?? '' }).toString();
      const headers = { 'content-type': 'application/x-www-form-urlencoded' };
      const moved = await authRoute(testRequest('/api/auth/callback/credentials', { cookie: csrfCookie, body: form, headers }));
      expect([callbackUrl, moved.status, moved.headers.get('location')]).toEqual([callbackUrl, 302, location]);
    }
  });
});
