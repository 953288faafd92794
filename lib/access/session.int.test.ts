import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { GET as me } from '../../app/api/me/route';
import { DELETE as signOutEverywhere } from '../../app/api/me/sessions/route';
import { GET as stats } from '../../app/api/stats/sessions/route';
import { systemDb } from '../db';
import { useProcessClock } from '../kernel/clock';
import { isId } from '../kernel/ids';
import { settableClock } from '../testing/clock';
import { createTestOrganization, type TestOrganization } from '../testing/organization';
import { testRequest } from '../testing/request';
import { signInAs } from '../testing/sign-in';
import { openSessionCookie } from './authenticate';
import { cookieNames } from './cookies';
import { sweepSessions } from './index';
import { authRoute } from './next-auth';

const MINUTE = 60_000;
const password = 'correct horse battery';
let org: TestOrganization;
const clock = settableClock();

beforeAll(async () => {
  org = await createTestOrganization({ password });
});
beforeEach(() => {
  clock.set(Date.now());
  useProcessClock(clock);
});
afterAll(async () => {
  useProcessClock();
  await org.drop();
});

const valueIn = (cookie: string) => cookie.slice(cookie.indexOf('=') + 1);
const asMe = (cookie: string) => me(testRequest('/api/me', { cookie }));

describe('signed-in sessions (B1)', () => {
  it('have a UUID v4 id in an HttpOnly, SameSite cookie, which holds nothing else', async () => {
    const { cookie, setCookies } = await signInAs(org.user.email, password);
    const session = setCookies.find((line) => line.startsWith('quarry-session'));
    expect(session).toMatch(/HttpOnly/i);
    expect(session).toMatch(/SameSite=Lax/i);
    const id = await openSessionCookie(valueIn(cookie));
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab]/);
    const answer = await asMe(cookie);
    expect(answer.status).toBe(200);
    const body = await answer.json();
    expect(body.user.email).toBe(org.user.email);
    expect(body.organizations).toEqual([{ slug: org.organization.slug, name: org.organization.name, role: 'owner' }]);
    expect(isId(answer.headers.get('x-request-id') ?? '')).toBe(true);
  });

  it('end when they are not used for 60 minutes, sliding (B2), and the sweep removes them', async () => {
    const { cookie } = await signInAs(org.user.email, password);
    for (let i = 0; i < 3; i += 1) {
      clock.advance(59 * MINUTE);
      expect((await asMe(cookie)).status).toBe(200);
    }
    clock.advance(61 * MINUTE);
    const refused = await asMe(cookie);
    expect(refused.status).toBe(401);
    expect((await refused.json()).error.code).toBe('auth.expired');
    const id = (await openSessionCookie(valueIn(cookie))) ?? '';
    expect(await systemDb().session.findUnique({ where: { id } })).not.toBeNull();
    expect(await sweepSessions(clock)).toBeGreaterThanOrEqual(1);
    expect(await systemDb().session.findUnique({ where: { id } })).toBeNull();
    expect((await asMe(cookie)).status).toBe(401);
  });

  it('end after 30 days however much they are used', async () => {
    const { cookie } = await signInAs(org.user.email, password);
    const id = (await openSessionCookie(valueIn(cookie))) ?? '';
    clock.advance(30 * 24 * 60 * MINUTE + 1);
    // As if it had been used all along; next-auth's own cookie has the same end, so the row is asked directly.
    await systemDb().session.update({ where: { id }, data: { lastAccessedAt: clock.date() } });
    const refused = await asMe(cookie);
    expect((await refused.json()).error.code).toBe('auth.expired');
  });

  it('move lastAccessedAt on use and are counted truly, own organisation only (B3)', async () => {
    const other = await createTestOrganization({ password });
    const mine = await org.addUser({ role: 'analyst', password });
    const { cookie } = await signInAs(mine.email, password);
    await signInAs(mine.email, password);
    await signInAs(other.user.email, password);
    clock.advance(5 * MINUTE);
    const answer = await stats(testRequest('/api/stats/sessions', { cookie }));
    const body = await answer.json();
    const row = body.byUser.find((entry: { userId: string }) => entry.userId === mine.id);
    expect(row).toMatchObject({ active: 2, lastAccessedAt: clock.date().toISOString() });
    expect(JSON.stringify(body)).not.toContain(other.user.email);
    const foreign = await (await stats(testRequest('/api/stats/sessions', { token: other.token }))).json();
    expect(foreign).toMatchObject({ active: 1 });
    clock.advance(56 * MINUTE);
    const later = await (await stats(testRequest('/api/stats/sessions', { cookie }))).json();
    expect(later.byUser.find((entry: { userId: string }) => entry.userId === mine.id)?.active).toBe(1);
    await other.drop();
  });
});

describe('what changes on the server acts on the next request (B4)', () => {
  it('signs out everywhere', async () => {
    const [first, second] = [await signInAs(org.user.email, password), await signInAs(org.user.email, password)];
    expect((await signOutEverywhere(testRequest('/api/me/sessions', { method: 'DELETE', cookie: first.cookie }))).status).toBe(
      200,
    );
    expect((await asMe(first.cookie)).status).toBe(401);
    expect((await asMe(second.cookie)).status).toBe(401);
  });

  it('signs out one session and leaves the others', async () => {
    const [first, second] = [await signInAs(org.user.email, password), await signInAs(org.user.email, password)];
    const form = new URLSearchParams({ csrfToken: first.csrfToken, json: 'true' }).toString();
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const request = testRequest('/api/auth/signout', { cookie: `${first.cookie}; ${first.csrfCookie}`, body: form, headers });
    const answer = await authRoute(request);
    expect(answer.status).toBe(200);
    expect(answer.headers.getSetCookie().some((line) => /^quarry-session-\w+=;.*Max-Age=0/i.test(line))).toBe(true);
    expect((await asMe(first.cookie)).status).toBe(401);
    expect((await asMe(second.cookie)).status).toBe(200);
  });

  it('refuses a deactivated user and follows a changed role, by cookie and by token', async () => {
    const member = await org.addUser({ role: 'analyst', password });
    const { cookie } = await signInAs(member.email, password);
    const role = async () => (await (await asMe(cookie)).json()).role;
    expect(await role()).toBe('analyst');
    await systemDb().membership.updateMany({ where: { userId: member.id }, data: { role: 'viewer' } });
    expect(await role()).toBe('viewer');
    expect((await stats(testRequest('/api/stats/sessions', { token: member.token }))).status).toBe(403);
    await systemDb().membership.updateMany({ where: { userId: member.id }, data: { active: false } });
    expect((await asMe(cookie)).status).toBe(403);
    expect((await me(testRequest('/api/me', { token: member.token }))).status).toBe(401);
    await systemDb().user.update({ where: { id: member.id }, data: { active: false } });
    expect((await asMe(cookie)).status).toBe(401);
  });
});

describe('a cookie that somebody altered', () => {
  it('is refused with 401, never 500', async () => {
    const { cookie } = await signInAs(org.user.email, password);
    const value = valueIn(cookie);
    const flipped = `${value.slice(0, -3)}${value.at(-3) === 'A' ? 'B' : 'A'}${value.slice(-2)}`;
    for (const bad of [flipped, 'nonsense', `${value}x`, '%E0%A4%A', value.slice(5), `${value}.${value}`, '{}']) {
      const answer = await asMe(`${cookieNames().session}=${bad}`);
      expect([bad, answer.status]).toEqual([bad, 401]);
      const viaNextAuth = await authRoute(
        testRequest('/api/auth/session', {
          cookie: `${cookieNames().session}=${bad}; ${cookieNames().callback}=::; ${cookieNames().csrf}=|`,
        }),
      );
      expect(viaNextAuth.status).toBe(200);
      expect(await viaNextAuth.json()).toEqual({});
    }
  });

  it('does not help to name the session of another person', async () => {
    const answer = await asMe(`${cookieNames().session}=00000000-0000-4000-8000-000000000000`);
    expect((await answer.json()).error.code).toBe('auth.invalid');
  });
});
