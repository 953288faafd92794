import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GET as me } from '../../app/api/me/route';
import { PATCH as changeRoute, DELETE as removeRoute } from '../../app/api/members/[id]/route';
import { POST as addRoute, GET as listRoute } from '../../app/api/members/route';
import type { RoleName } from '../access';
import { systemDb } from '../db';
import { createTestOrganization, type TestOrganization, type TestUser } from '../testing/organization';
import { testRequest } from '../testing/request';
import { changeMember } from './index';

let org: TestOrganization;
let other: TestOrganization;
let admin: TestUser;

beforeAll(async () => {
  org = await createTestOrganization();
  other = await createTestOrganization();
  admin = await org.addUser({ role: 'admin' });
});
afterAll(async () => {
  await org.drop();
  await other.drop();
  await systemDb().user.deleteMany({ where: { email: { endsWith: '@members.example' } } });
});

const add = async (token: string, body: unknown) => {
  const answer = await addRoute(testRequest('/api/members', { token, body }));
  return { status: answer.status, body: await answer.json() };
};
const at = (id: string) => ({ params: Promise.resolve({ id }) });
const change = async (token: string, id: string, body: unknown) => {
  const answer = await changeRoute(testRequest(`/api/members/${id}`, { method: 'PATCH', token, body }), at(id));
  return { status: answer.status, body: await answer.json() };
};
const remove = async (token: string, id: string) =>
  (await removeRoute(testRequest(`/api/members/${id}`, { method: 'DELETE', token }), at(id))).status;
const membershipOf = async (userId: string, organizationId = org.organization.id) =>
  (await systemDb().membership.findFirstOrThrow({ where: { userId, organizationId } })).id;
const newPerson = (name: string, role: RoleName) => ({ email: `${name}@members.example`, role, password: 'a first password' });

describe('members', () => {
  it('are added with a password for a new account and listed without secrets', async () => {
    const added = await add(org.token, { ...newPerson('Ada', 'builder'), name: 'Ada' });
    expect(added.status).toBe(201);
    expect(added.body).toMatchObject({ email: 'ada@members.example', name: 'Ada', role: 'builder', active: true });
    const text = await (await listRoute(testRequest('/api/members', { token: org.token }))).text();
    expect(text).toContain('ada@members.example');
    expect(text).not.toMatch(/argon2|passwordHash/);
    expect(text).not.toContain(other.user.email);
    expect((await add(org.token, newPerson('ada', 'viewer'))).status).toBe(409);
  });

  it('need a password only when they have no account, and keep theirs when they have one', async () => {
    expect((await add(org.token, { email: 'nobody@members.example', role: 'viewer' })).status).toBe(400);
    expect((await add(org.token, { ...newPerson('weak', 'viewer'), password: 'weak@members.example' })).status).toBe(400);
    const before = await systemDb().user.findUniqueOrThrow({ where: { id: other.user.id } });
    const joined = await add(org.token, { email: other.user.email, role: 'viewer', password: 'taken over by org' });
    expect(joined).toMatchObject({ status: 201, body: { userId: other.user.id, role: 'viewer' } });
    expect(await systemDb().user.findUniqueOrThrow({ where: { id: other.user.id } })).toEqual(before);
  });

  it('of another organisation are not found', async () => {
    const foreign = await membershipOf(other.user.id, other.organization.id);
    expect((await change(org.token, foreign, { role: 'viewer' })).status).toBe(404);
    expect(await remove(org.token, foreign)).toBe(404);
  });

  it('refuse a scope, which this version would not enforce', async () => {
    const added = await add(org.token, { ...newPerson('scoped', 'viewer'), scope: { environment: 'staging' } });
    expect(added.status).toBe(400);
    expect(added.body.error.message).toContain('scope');
  });
});

describe('nobody gives away or takes away more than they have', () => {
  it('an admin makes no owner, changes no owner and removes no owner', async () => {
    expect((await add(admin.token, newPerson('upstart', 'owner'))).status).toBe(403);
    expect(await systemDb().user.findUnique({ where: { email: 'upstart@members.example' } })).toBeNull();
    const owner = await membershipOf(org.user.id);
    expect((await change(admin.token, owner, { role: 'viewer' })).status).toBe(403);
    expect((await change(admin.token, owner, { active: false })).status).toBe(403);
    expect(await remove(admin.token, owner)).toBe(403);
    expect((await change(admin.token, await membershipOf(admin.id), { role: 'owner' })).status).toBe(403);
    const added = await add(admin.token, newPerson('helper', 'admin'));
    expect(added.status).toBe(201);
    expect((await change(admin.token, added.body.id, { role: 'analyst' })).body.role).toBe('analyst');
  });

  it('a token limited to members makes nobody with more rights than its own', async () => {
    const { createToken } = await import('../access');
    const { token } = await createToken(org.ctx, { name: 'onboarding', scopes: ['member.manage', 'organization.read'] });
    expect((await add(token, newPerson('by-token', 'viewer'))).status).toBe(403);
  });

  it.each(['builder', 'analyst', 'viewer'] as const)('a %s manages no members', async (role) => {
    const member = await org.addUser({ role });
    expect((await add(member.token, newPerson(`x-${role}`, 'viewer'))).status).toBe(403);
    expect(await remove(member.token, await membershipOf(member.id))).toBe(403);
  });
});

describe('the last owner', () => {
  it('stays: not demoted, not deactivated, not removed', async () => {
    const id = await membershipOf(org.user.id);
    for (const answer of [await change(org.token, id, { role: 'admin' }), await change(org.token, id, { active: false })]) {
      expect([answer.status, answer.body.error.code]).toEqual([409, 'conflict']);
    }
    expect(await remove(org.token, id)).toBe(409);
  });

  it('is not lost when two owners demote each other at the same moment', async () => {
    const pair = await createTestOrganization();
    const second = await pair.addUser({ role: 'owner' });
    const first = await membershipOf(pair.user.id, pair.organization.id);
    const secondId = await membershipOf(second.id, pair.organization.id);
    const attempts = [changeMember(pair.ctx, secondId, { role: 'viewer' }), changeMember(second.ctx, first, { role: 'viewer' })];
    const outcomes = await Promise.allSettled(attempts);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const refused = outcomes.find((outcome) => outcome.status === 'rejected');
    expect(refused?.reason).toMatchObject({ code: 'conflict' });
    const where = { organizationId: pair.organization.id, role: 'owner', active: true };
    expect(await systemDb().membership.count({ where })).toBe(1);
    await pair.drop();
  });

  it('is not lost when another process is demoting the other owner', async () => {
    const pair = await createTestOrganization();
    const second = await pair.addUser({ role: 'owner' });
    const secondId = await membershipOf(second.id, pair.organization.id);
    let attempt: Promise<unknown> = Promise.resolve();
    await systemDb().$transaction(async (tx) => {
      const where = { organizationId: pair.organization.id, userId: pair.user.id };
      await tx.membership.updateMany({ where, data: { role: 'viewer' } });
      attempt = changeMember(second.ctx, secondId, { role: 'viewer' }).catch((error: unknown) => error);
      const waiting = () => systemDb().$queryRaw<unknown[]>`
        SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`;
      const deadline = Date.now() + 3_000;
      while ((await waiting()).length === 0 && Date.now() < deadline);
    });
    expect(await attempt).toMatchObject({ code: 'conflict' });
    await pair.drop();
  });
});

describe('the audit log', () => {
  it('has an event for each change, and none for what was refused', async () => {
    const audited = await createTestOrganization();
    const added = await add(audited.token, newPerson('audited', 'builder'));
    await change(audited.token, added.body.id, { role: 'analyst' });
    await change(audited.token, await membershipOf(audited.user.id, audited.organization.id), { role: 'viewer' });
    await remove(audited.token, added.body.id);
    const events = await systemDb().auditEvent.findMany({
      where: { organizationId: audited.organization.id },
      orderBy: { sequence: 'asc' },
    });
    expect(events.map(({ action, target, actorId }) => ({ action, target, actorId }))).toEqual(
      ['member.add', 'member.change', 'member.remove'].map((action) => ({
        action,
        target: added.body.id,
        actorId: audited.user.id,
      })),
    );
    expect(JSON.stringify(events, (_, value) => (typeof value === 'bigint' ? String(value) : value))).not.toContain(
      'first password',
    );
    await audited.drop();
  });
});

describe('a removed member', () => {
  it('is out on the next request, and stays out with old tokens when added again', async () => {
    const member = await org.addUser({ role: 'analyst' });
    const knock = async () => (await me(testRequest('/api/me', { token: member.token }))).status;
    expect(await knock()).toBe(200);
    expect(await remove(org.token, await membershipOf(member.id))).toBe(204);
    expect(await knock()).toBe(401);
    expect((await add(org.token, { email: member.email, role: 'analyst' })).status).toBe(201);
    expect(await knock()).toBe(401);
  });
});
