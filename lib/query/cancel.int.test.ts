import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Ctx, jobContext } from '../access';
import { QuarryError } from '../kernel/errors';
import { newId } from '../kernel/ids';
import { drainPools, poolStats } from '../sources';
import { createTestOrganization, type TestOrganization, type TestUser } from '../testing/organization';
import { createQuerySource, type QuerySource } from '../testing/query-source';
import { cancelQuery, flushHistory, listRunning, runQuery, streamQuery } from '.';

let org: TestOrganization;
let other: TestOrganization;
let analyst: TestUser;
let source: QuerySource;

beforeAll(async () => {
  org = await createTestOrganization();
  other = await createTestOrganization();
  analyst = await org.addUser({ role: 'analyst' });
  source = await createQuerySource(org.ctx, 'CREATE TABLE t (n integer); INSERT INTO t SELECT generate_series(1, 300000)');
});
afterAll(async () => {
  await flushHistory();
  await drainPools(1_000);
  await source.drop();
  await org.drop();
  await other.drop();
});

const SLEEP = 'SELECT pg_sleep(60)';
const sleep = (ctx: Ctx, more: object = {}) => runQuery(ctx, { dataSourceId: source.id, query: SLEEP, ...more });
const sleeping = () => source.until(source.activeQueries, (active) => active.some((text) => text.includes('pg_sleep')));
const quiet = () => source.until(source.activeQueries, (active) => active.length === 0);

async function errorOf(promise: Promise<unknown>): Promise<QuarryError> {
  const outcome = await promise.then(
    () => null,
    (error: unknown) => error,
  );
  expect(outcome).toBeInstanceOf(QuarryError);
  return outcome as QuarryError;
}

describe('a query that takes too long', () => {
  it('ends with query.timeout and is gone from the server', async () => {
    const error = await errorOf(sleep(org.ctx, { timeoutMs: 300 }));
    expect({ code: error.code, stage: error.stage, status: error.status }).toEqual({
      code: 'query.timeout',
      stage: 'execute',
      status: 504,
    });
    await quiet();
  });
});

describe('cancelling', () => {
  it('stops the query in the database, and the pool stays usable', async () => {
    const queryId = newId();
    const failure = errorOf(sleep(analyst.ctx, { queryId }));
    await sleeping();
    expect(listRunning(analyst.ctx)).toMatchObject([{ queryId, query: SLEEP, userId: analyst.id }]);
    expect(await cancelQuery(analyst.ctx, queryId)).toEqual({ cancelled: true });
    expect((await failure).code).toBe('query.cancelled');
    await quiet();
    expect(listRunning(analyst.ctx)).toEqual([]);
    expect((await errorOf(cancelQuery(analyst.ctx, queryId))).code).toBe('not_found');
    expect((await runQuery(org.ctx, { dataSourceId: source.id, query: 'SELECT 1' })).rows).toEqual([[1]]);
    await source.until(
      () => poolStats(org.ctx).reduce((sum, pool) => sum + pool.active, 0),
      (active) => active === 0,
    );
  });

  it("is for own queries, for administrators all of the organisation's, for nobody else's", async () => {
    const colleague = await org.addUser({ role: 'analyst' });
    const queryId = newId();
    const failure = errorOf(sleep(analyst.ctx, { queryId }));
    await sleeping();
    expect((await errorOf(cancelQuery(colleague.ctx, queryId))).code).toBe('not_found');
    expect((await errorOf(cancelQuery(other.ctx, queryId))).code).toBe('not_found');
    expect(listRunning(colleague.ctx)).toEqual([]);
    expect(listRunning(other.ctx)).toEqual([]);
    expect(listRunning(org.ctx)).toHaveLength(1);
    expect((await errorOf(sleep(analyst.ctx, { queryId }))).code).toBe('conflict');
    await cancelQuery(org.ctx, queryId);
    expect((await failure).code).toBe('query.cancelled');
    await quiet();
  });

  it('happens when the tab is closed', async () => {
    const tab = new AbortController();
    const ctx = await jobContext(org.organization.id, { userId: org.user.id, signal: tab.signal });
    const failure = errorOf(sleep(ctx));
    await sleeping();
    tab.abort();
    expect((await failure).code).toBe('query.cancelled');
    await quiet();
  });

  it('stops a stream that nobody reads on, and gives its connection back', async () => {
    const stream = await streamQuery(org.ctx, { dataSourceId: source.id, query: 'SELECT a.n, b.n FROM t a CROSS JOIN t b' });
    for await (const batch of stream.batches) {
      expect(batch.length).toBeGreaterThan(0);
      break;
    }
    await quiet();
    await source.until(
      () => poolStats(org.ctx).reduce((sum, pool) => sum + pool.active, 0),
      (active) => active === 0,
    );
    const untouched = await streamQuery(org.ctx, { dataSourceId: source.id, query: 'SELECT n FROM t' });
    await untouched.close();
    await untouched.close();
    await source.until(
      () => poolStats(org.ctx).reduce((sum, pool) => sum + pool.active, 0),
      (active) => active === 0,
    );
    await flushHistory();
    const last = await org.ctx.db.queryRun.findFirstOrThrow({ where: { id: untouched.queryId } });
    expect(last.status).toBe('cancelled');
  });
});
