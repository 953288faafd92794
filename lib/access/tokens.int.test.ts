import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { GET as me } from '../../app/api/me/route';
import { GET as stats } from '../../app/api/stats/sessions/route';
import { DELETE as revokeRoute } from '../../app/api/tokens/[id]/route';
import { POST as createRoute, GET as listRoute } from '../../app/api/tokens/route';
import { systemDb } from '../db';
import { useProcessClock } from '../kernel/clock';
import { settableClock } from '../testing/clock';
import { createTestOrganization, type TestOrganization } from '../testing/organization';
import { testRequest } from '../testing/request';

let org: TestOrganization;

beforeAll(async () => {
  org = await createTestOrganization();
});
afterEach(() => useProcessClock());
afterAll(() => org.drop());

const create = async (token: string, body: unknown) => {
  const answer = await createRoute(testRequest('/api/tokens', { token, body }));
  return { status: answer.status, body: await answer.json() };
};
const asMe = (token: string) => me(testRequest('/api/me', { token }));

describe('access tokens (H7)', () => {
  it('are shown once, and only their hash is kept', async () => {
    const made = await create(org.token, { name: 'laptop' });
    expect(made.status).toBe(201);
    expect(made.body.token).toMatch(/^qry_[A-Za-z0-9_-]{43}$/);
    expect((await asMe(made.body.token)).status).toBe(200);
    const listed = await (await listRoute(testRequest('/api/tokens', { token: org.token }))).text();
    expect(listed).toContain(made.body.id);
    expect(listed).not.toContain(made.body.token);
    const rows = await systemDb().$queryRaw<
      { row: string }[]
    >`SELECT t::text AS row FROM access_tokens t WHERE t."id" = ${made.body.id}::uuid`;
    expect(rows).toHaveLength(1);
    expect(rows[0]?.row).not.toContain(made.body.token.slice(8));
  });

  it('do what their scopes say and no more', async () => {
    const { body } = await create(org.token, { name: 'reader', scopes: ['organization.read'] });
    expect((await (await asMe(body.token)).json()).permissions).toEqual(['organization.read']);
    const refused = await stats(testRequest('/api/stats/sessions', { token: body.token }));
    expect(refused.status).toBe(403);
    expect((await refused.json()).error).toMatchObject({ code: 'access.denied', details: { permission: 'stats.read' } });
  });

  it('cannot be given a scope that their maker lacks, nor outgrow a limited maker', async () => {
    const analyst = await org.addUser({ role: 'analyst' });
    expect((await create(analyst.token, { name: 'x', scopes: ['member.manage'] })).status).toBe(403);
    const limited = await create(org.token, { name: 'limited', scopes: ['token.manage', 'organization.read'] });
    expect((await create(limited.body.token, { name: 'more', scopes: ['member.manage'] })).status).toBe(403);
    const child = await create(limited.body.token, { name: 'child' });
    expect((await (await asMe(child.body.token)).json()).permissions.sort()).toEqual(['organization.read', 'token.manage']);
  });

  it('lose what their owner loses', async () => {
    const admin = await org.addUser({ role: 'admin' });
    const { body } = await create(admin.token, { name: 'admin’s', scopes: ['member.manage', 'organization.read'] });
    await systemDb().membership.updateMany({ where: { userId: admin.id }, data: { role: 'viewer' } });
    expect((await (await asMe(body.token)).json()).permissions).toEqual(['organization.read']);
  });

  it('expire', async () => {
    const clock = settableClock();
    useProcessClock(clock);
    const expiresAt = new Date(clock.now() + 3_600_000).toISOString();
    const { body } = await create(org.token, { name: 'short', expiresAt });
    clock.advance(3_599_000);
    expect((await asMe(body.token)).status).toBe(200);
    clock.advance(1_001);
    const refused = await asMe(body.token);
    expect([refused.status, (await refused.json()).error.code]).toEqual([401, 'auth.expired']);
    expect((await create(org.token, { name: 'past', expiresAt })).status).toBe(400);
  });

  it('note their last use at most once a minute', async () => {
    const clock = settableClock();
    useProcessClock(clock);
    const { body } = await create(org.token, { name: 'used' });
    const lastUsed = async () =>
      (await systemDb().accessToken.findUniqueOrThrow({ where: { id: body.id } })).lastUsedAt?.getTime();
    const start = clock.now();
    await asMe(body.token);
    expect(await lastUsed()).toBe(start);
    clock.advance(59_000);
    await asMe(body.token);
    expect(await lastUsed()).toBe(start);
    clock.advance(1_000);
    await asMe(body.token);
    expect(await lastUsed()).toBe(start + 60_000);
  });

  it('are revoked by their owner only, at once', async () => {
    const { body } = await create(org.token, { name: 'gone' });
    const admin = await org.addUser({ role: 'admin' });
    const revoke = (token: string) =>
      revokeRoute(testRequest(`/api/tokens/${body.id}`, { method: 'DELETE', token }), {
        params: Promise.resolve({ id: body.id }),
      });
    expect((await revoke(admin.token)).status).toBe(404);
    expect((await revoke(org.token)).status).toBe(204);
    expect((await asMe(body.token)).status).toBe(401);
    expect((await revoke(org.token)).status).toBe(404);
  });
});
