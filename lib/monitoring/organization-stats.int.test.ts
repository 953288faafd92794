import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GET } from '@/app/api/stats/route';
import { ask } from '../agent';
import { closeDb } from '../db';
import { queryCacheFigures, runQuery } from '../query';
import { clearSourceCache, drainPools } from '../sources';
import { createTestOrganization, type TestOrganization } from '../testing/organization';
import { createQuerySource, type QuerySource } from '../testing/query-source';
import { testRequest } from '../testing/request';
import { until } from '../testing/source-database';
import type { OrganizationStats } from './index';

let org: TestOrganization;
let other: TestOrganization;
let source: QuerySource;

beforeAll(async () => {
  [org, other] = await Promise.all([createTestOrganization(), createTestOrganization()]);
  source = await createQuerySource(org.ctx, 'CREATE TABLE customers AS SELECT n AS id FROM generate_series(1, 30) n');
});
afterAll(async () => {
  await drainPools(0);
  await source.drop();
  await Promise.all([org.drop(), other.drop()]);
  await closeDb();
});

const stats = async (of: TestOrganization): Promise<OrganizationStats> =>
  (await GET(testRequest('/api/stats', { token: of.token }))).json();
const cacheOf = async (name: string, of = org) => (await stats(of)).caches.find((cache) => cache.name === name);
const run = (query: string, cache?: 'use' | 'refresh' | 'bypass') =>
  runQuery(org.ctx, { dataSourceId: source.id, query, ...(cache ? { cache } : {}) });

describe('[F6] GET /api/stats after a scripted run', () => {
  it('gives exactly what was done', async () => {
    await run('SELECT 1 AS a FROM customers'); // miss, stored
    await run('SELECT 1 AS a FROM customers'); // hit
    await run('SELECT 1 AS a FROM customers', 'refresh'); // no look-up, stored
    await run('SELECT 1 AS a FROM customers', 'bypass'); // nothing
    await run('SELECT random()'); // not reusable
    await run('SELECT 2 AS b FROM customers'); // miss, stored
    await run('SELECT nothing FROM customers').catch(() => undefined); // miss, fails
    // Ten at once, held up until all have looked: ten misses, one of which runs; the others join it.
    await source.admin.query('BEGIN; LOCK TABLE customers IN ACCESS EXCLUSIVE MODE');
    const ten = Promise.all(Array.from({ length: 10 }, () => run('SELECT count(*) FROM customers')));
    await until(
      () => queryCacheFigures(org.ctx),
      ({ misses }) => misses === 13,
    );
    await source.admin.query('COMMIT');
    await ten;

    const { queries, cache, caches } = await stats(org);
    const [results] = caches;
    expect(results).toMatchObject({
      name: 'query',
      backend: 'memory',
      state: 'ok',
      hits: 1,
      misses: 13,
      joined: 9,
      stores: 4,
      evictions: 0,
      errors: 0,
      entries: 3,
    });
    // The same run in the history: what was joined counts as a hit, what was read afresh as a miss; a run that failed is neither.
    expect(queries).toMatchObject({ count: 17, ok: 16, errors: 1, cacheHits: 1 + 9, cacheMisses: 13 - 9 - 1 + 1 });
    expect(queries.hitRate).toBeCloseTo(10 / 14, 6);
    expect(cache).toEqual({ entries: results?.entries, bytes: results?.bytes, hits: 10, misses: 4 });
    expect(results?.bytes).toBeGreaterThan(0);
  });

  it('counts answers beside results', async () => {
    const asked = { dataSourceId: source.id, question: 'How many customers?' };
    await ask(org.ctx, asked);
    await ask(org.ctx, asked);
    await ask(org.ctx, { ...asked, cache: 'refresh' });
    expect(await cacheOf('answer')).toMatchObject({ hits: 1, misses: 1, stores: 2, entries: 1 });
  });

  it('holds nothing after the cache was cleared, and keeps its counts', async () => {
    await clearSourceCache(org.ctx, source.id);
    expect(await cacheOf('query')).toMatchObject({ entries: 0, bytes: 0, evictions: 0 });
    expect((await cacheOf('query'))?.stores).toBeGreaterThan(3);
    expect(await cacheOf('answer')).toMatchObject({ entries: 0, hits: 1 });
  });

  it('says nothing of others', async () => {
    expect((await stats(other)).caches).toMatchObject([
      { name: 'query', hits: 0, misses: 0, stores: 0, entries: 0 },
      { name: 'answer', hits: 0, misses: 0, stores: 0, entries: 0 },
    ]);
  });
});
