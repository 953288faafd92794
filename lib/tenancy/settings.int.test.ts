import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DELETE as clearAll } from '@/app/api/cache/route';
import { DELETE as clearOne } from '@/app/api/data-sources/[id]/cache/route';
import { PATCH } from '@/app/api/data-sources/[id]/route';
import { GET, PUT } from '@/app/api/organizations/settings/route';
import { closeDb } from '../db';
import { runQuery } from '../query';
import { drainPools } from '../sources';
import { createTestOrganization, type TestOrganization } from '../testing/organization';
import { createQuerySource, type QuerySource } from '../testing/query-source';
import { testRequest } from '../testing/request';

let org: TestOrganization;
let other: TestOrganization;
let source: QuerySource;
let second: QuerySource;
let foreign: QuerySource;

beforeAll(async () => {
  [org, other] = await Promise.all([createTestOrganization(), createTestOrganization()]);
  const make = (owner: TestOrganization) => createQuerySource(owner.ctx, 'CREATE TABLE t AS SELECT 1 AS x');
  [source, second, foreign] = await Promise.all([make(org), make(org), make(other)]);
});
afterAll(async () => {
  await drainPools(0);
  await Promise.all([source.drop(), second.drop(), foreign.drop()]);
  await Promise.all([org.drop(), other.drop()]);
  await closeDb();
});

const state = async (from: QuerySource = source, owner: TestOrganization = org) =>
  (await runQuery(owner.ctx, { dataSourceId: from.id, query: 'SELECT x FROM t' })).cache.state;
const params = (id: string) => ({ params: Promise.resolve({ id }) });
const set = async (cache: object, token = org.token) =>
  PUT(testRequest('/api/organizations/settings', { method: 'PUT', token, body: { cache } }));
const setSource = (cache: object) =>
  PATCH(testRequest(`/api/data-sources/${source.id}`, { method: 'PATCH', token: org.token, body: { cache } }), params(source.id));

describe('[F4] caches by organisation and source', () => {
  it('shows what is set and what the installation says', async () => {
    expect((await set({ query: { ttlS: 60 } })).status).toBe(200);
    const shown = await (await GET(testRequest('/api/organizations/settings', { token: org.token }))).json();
    expect(shown).toEqual({
      cache: { query: { ttlS: 60 } },
      installation: {
        cache: {
          query: { enabled: true, ttlMs: 300_000 },
          answer: { enabled: true, ttlMs: 3_600_000 },
          schema: { enabled: true, ttlMs: 900_000 },
        },
      },
    });
    await set({});
  });

  it('off for the organisation is off for its sources, also for what was kept, and for nobody else', async () => {
    await state();
    expect(await state()).toBe('hit');
    await state(foreign, other);
    await set({ query: { enabled: false } });
    expect(await state()).toBe('bypass');
    await setSource({ query: { enabled: true } });
    expect(await state()).toBe('bypass');
    expect(await state(foreign, other)).toBe('hit');
    await set({});
    expect(await state()).toBe('miss');
    expect(await state()).toBe('hit');
    await setSource({ query: { enabled: false } });
    expect(await state()).toBe('bypass');
    await setSource({});
  });

  it('clears a source, or all of them, and not those of others', async () => {
    for (const one of [source, second]) await state(one);
    await state(foreign, other);
    const path = `/api/data-sources/${source.id}/cache`;
    expect((await clearOne(testRequest(path, { method: 'DELETE', token: org.token }), params(source.id))).status).toBe(200);
    expect([await state(), await state(second)]).toEqual(['miss', 'hit']);
    expect((await clearAll(testRequest('/api/cache', { method: 'DELETE', token: org.token }))).status).toBe(200);
    expect([await state(), await state(second)]).toEqual(['miss', 'miss']);
    expect(await state(foreign, other)).toBe('hit');
  });

  it('keeps what was set when a cache is cleared', async () => {
    await setSource({ query: { ttlS: 77 } });
    await set({ answer: { ttlS: 88 } });
    await clearOne(testRequest('/x', { method: 'DELETE', token: org.token }), params(source.id));
    await clearAll(testRequest('/x', { method: 'DELETE', token: org.token }));
    const row = await org.ctx.db.dataSource.findFirstOrThrow({ where: { id: source.id } });
    expect(row.cacheSettings).toMatchObject({ query: { ttlS: 77 } });
    const shown = await (await GET(testRequest('/api/organizations/settings', { token: org.token }))).json();
    expect(shown.cache).toEqual({ answer: { ttlS: 88 } });
    await Promise.all([set({}), setSource({})]);
  });

  it('is refused to those who may not, and to what is no setting', async () => {
    const { token } = await org.addUser({ role: 'analyst' });
    expect((await set({}, token)).status).toBe(403);
    const clear = { method: 'DELETE', token };
    expect((await clearAll(testRequest('/api/cache', clear))).status).toBe(403);
    expect((await clearOne(testRequest('/x', clear), params(source.id))).status).toBe(403);
    const owner = { method: 'DELETE', token: org.token };
    expect((await clearOne(testRequest('/x', owner), params(foreign.id))).status).toBe(404);
    for (const wrong of [
      { query: { ttlS: 0 } },
      { query: { ttlS: 1.5 } },
      { other: {} },
      { query: { epoch: 'x' } },
      { epoch: 'x' },
    ]) {
      expect([(await set(wrong)).status, (await setSource(wrong)).status]).toEqual([400, 400]);
    }
  });

  it('is written down in the audit log', async () => {
    const events = await org.ctx.db.auditEvent.findMany({
      where: { action: { endsWith: 'clear_cache' } },
      select: { action: true },
    });
    expect(new Set(events.map(({ action }) => action))).toEqual(new Set(['source.clear_cache', 'organization.clear_cache']));
  });
});
