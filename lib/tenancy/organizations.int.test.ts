import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { POST as createEnvironmentRoute, GET as environmentsRoute } from '../../app/api/environments/route';
import { POST as createOrganizationRoute } from '../../app/api/organizations/route';
import { systemDb } from '../db';
import { createTestOrganization, type TestOrganization } from '../testing/organization';
import { testRequest } from '../testing/request';
import { contextOfOrganization, describeCaller } from './index';

let org: TestOrganization;

beforeAll(async () => {
  org = await createTestOrganization();
});
afterAll(async () => {
  await systemDb().organization.deleteMany({ where: { name: 'Société Générale Test' } });
  await org.drop();
});

describe('environments (H2)', () => {
  it('are three to begin with, and own ones come after them', async () => {
    const kinds = async () => {
      const answer = await environmentsRoute(testRequest('/api/environments', { token: org.token }));
      const { environments } = await answer.json();
      return environments.map(({ slug, kind }: { slug: string; kind: string }) => `${slug}:${kind}`);
    };
    const first = ['development:development', 'staging:staging', 'production:production'];
    expect(await kinds()).toEqual(first);
    const body = { name: 'EU Live', kind: 'production' };
    const made = await createEnvironmentRoute(testRequest('/api/environments', { token: org.token, body }));
    expect(made.status).toBe(201);
    expect(await kinds()).toEqual([...first, 'eu-live:production']);
    const again = await createEnvironmentRoute(testRequest('/api/environments', { token: org.token, body: { name: 'eu live' } }));
    expect([again.status, (await again.json()).error.code]).toEqual([409, 'conflict']);
  });
});

describe('organisations', () => {
  it('get a slug of their own, also when many of one name are made at once', async () => {
    const make = async () => {
      const request = testRequest('/api/organizations', { token: org.token, body: { name: 'Société Générale Test' } });
      return (await createOrganizationRoute(request)).json();
    };
    const made = await Promise.all(Array.from({ length: 6 }, make));
    const slugs = made.map(({ slug }) => slug).sort();
    expect(new Set(slugs).size).toBe(6);
    expect(slugs[0]).toBe('societe-generale-test');
    for (const { environments } of made) {
      expect(environments.map(({ slug }: { slug: string }) => slug)).toEqual(['development', 'staging', 'production']);
    }
    const owned = await systemDb().membership.count({ where: { userId: org.user.id, role: 'owner' } });
    expect(owned).toBe(7);
    const caller = await describeCaller({ ...org.ctx, principal: { ...org.ctx.principal, kind: 'session' } });
    expect(caller.organizations).toHaveLength(7);
  });

  it('are found by slug for the command line', async () => {
    expect((await contextOfOrganization(org.organization.slug)).organization.id).toBe(org.organization.id);
    await expect(contextOfOrganization('no-such-place')).rejects.toThrow(/no organisation/);
  });
});
