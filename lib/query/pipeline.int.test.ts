import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Ctx, jobContext } from '../access';
import { QuarryError } from '../kernel/errors';
import { newId } from '../kernel/ids';
import { deleteSource, drainPools, updateSource } from '../sources';
import { createTestOrganization, type TestOrganization } from '../testing/organization';
import { createQuerySource, type QuerySource } from '../testing/query-source';
import { exportQuery, flushHistory, listRunning, queryStats, runQuery, streamQuery, validateQuery } from '.';

let org: TestOrganization;
let other: TestOrganization;
let source: QuerySource;
let ctx: Ctx;

const SETUP = `
  CREATE TABLE customers (id integer PRIMARY KEY, name text NOT NULL, email text);
  INSERT INTO customers SELECT n, 'Customer ' || n, NULL FROM generate_series(1, 50) n;
  CREATE FUNCTION twice(n integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT n * 2';
  CREATE FUNCTION forget() RETURNS integer LANGUAGE plpgsql VOLATILE AS 'BEGIN DELETE FROM customers; RETURN 1; END';
`;

beforeAll(async () => {
  org = await createTestOrganization();
  other = await createTestOrganization();
  ctx = org.ctx;
  source = await createQuerySource(ctx, SETUP);
});
afterAll(async () => {
  await flushHistory();
  await drainPools(1_000);
  await source.drop();
  await org.drop();
  await other.drop();
});

async function errorOf(promise: Promise<unknown>): Promise<QuarryError> {
  const outcome = await promise.then(
    () => null,
    (error: unknown) => error,
  );
  expect(outcome).toBeInstanceOf(QuarryError);
  return outcome as QuarryError;
}

const run = (query: string, more: object = {}) => runQuery(ctx, { dataSourceId: source.id, query, ...more });

describe('a query that reads', () => {
  it('answers columns with types, rows, count, cache state, query and an empty policy', async () => {
    const query = 'SELECT id, name, email FROM customers WHERE id <= 2 ORDER BY id';
    const result = await run(query);
    expect(result).toMatchObject({
      columns: [
        { name: 'id', type: 'integer' },
        { name: 'name', type: 'text' },
        { name: 'email', type: 'text' },
      ],
      rows: [
        [1, 'Customer 1', null],
        [2, 'Customer 2', null],
      ],
      rowCount: 2,
      truncated: null,
      cache: { state: 'miss' },
      query,
      warnings: [],
      policy: { masked: [], filtered: [] },
    });
    expect(result.durationMs).toBeGreaterThan(0);
  });

  it('goes through the stages in their order, and a hit stops at the cache', async () => {
    const query = 'SELECT count(*) FROM customers';
    const before = [newId(), newId()];
    await run(query, { queryId: before[0] });
    const hit = await run(query, { queryId: before[1] });
    expect(hit.cache.state).toBe('hit');
    await flushHistory();
    const stagesOf = async (id: string | undefined) => {
      const found = await ctx.db.queryRun.findFirstOrThrow({ where: { id: id ?? '' } });
      return (found.stages as { stage: string; durationMs: number }[]).map((span) => {
        expect(span.durationMs).toBeGreaterThanOrEqual(0);
        return span.stage;
      });
    };
    const front = ['parse', 'validate', 'authorise', 'policy', 'rate_limit', 'optimise', 'cache'];
    expect(await stagesOf(before[0])).toEqual([...front, 'execute', 'format', 'metrics']);
    expect(await stagesOf(before[1])).toEqual([...front, 'metrics']);
  });

  it('binds parameters by position and by name, and never as text of the query', async () => {
    const evil = "x' OR 1=1; DROP TABLE customers; --";
    expect((await run('SELECT count(*) FROM customers WHERE name = $1', { parameters: [evil] })).rows).toEqual([[0]]);
    expect((await run('SELECT name FROM customers WHERE id = :id', { parameters: { id: 7 } })).rows).toEqual([['Customer 7']]);
    expect((await run('SELECT count(*) FROM customers WHERE id = ANY($1)', { parameters: [[1, 2, 3]] })).rows).toEqual([[3]]);
    expect((await run('SELECT count(*) FROM customers')).rows).toEqual([[50]]);
  });

  it('cuts at the limit and says so, and asks the database for one row more at most', async () => {
    await source.admin.query('BEGIN; LOCK TABLE customers IN ACCESS EXCLUSIVE MODE');
    const pending = run('SELECT id FROM customers ORDER BY id', { limit: 10 });
    const [text] = await source.until(source.activeQueries, (active) => active.length > 0);
    await source.admin.query('COMMIT');
    expect(text).toMatch(/LIMIT\s+11\b/i);
    const result = await pending;
    expect(result.rows.at(-1)).toEqual([10]);
    expect(result).toMatchObject({ rowCount: 10, truncated: { by: 'rows', limit: 10 } });
    expect((await run('SELECT id FROM customers', { limit: 50 })).truncated).toBeNull();
  });

  it('gives 10,000 rows of a million', async () => {
    const result = await run('SELECT n FROM generate_series(1, 1000000) n', { limit: 20_000 });
    expect(result).toMatchObject({ rowCount: 10_000, truncated: { by: 'rows', limit: 10_000 } });
    expect(result.warnings[0]).toContain('10000');
  });
});

describe('what is refused', () => {
  it.each([
    ['a syntax error', 'SELEC 1', 'query.invalid', 'parse'],
    ['two statements', 'SELECT 1; SELECT 2', 'query.invalid', 'parse'],
    ['nothing', '  -- nothing', 'query.invalid', 'parse'],
    ['a write', "INSERT INTO customers VALUES (99, 'x')", 'query.refused', 'authorise'],
    ['a definition', 'DROP TABLE customers', 'query.refused', 'validate'],
    ['a missing value', 'SELECT $1::int', 'input.invalid', 'validate'],
    ['an unknown table', 'SELECT * FROM custmers', 'query.failed', 'execute'],
  ])('%s', async (_what, query, code, stage) => {
    const error = await errorOf(run(query));
    expect({ code: error.code, stage: error.stage }).toEqual({ code, stage });
    expect(error.message).toMatch(/^[A-Z].*[.?!]/s);
  });

  it("runs the customer's own functions when they only compute", async () => {
    expect((await run('SELECT twice(21)')).rows).toEqual([[42]]);
    expect((await errorOf(run('SELECT forget()'))).code).toBe('query.refused');
    expect((await run('SELECT count(*) > 0 FROM customers', { cache: 'bypass' })).rows).toEqual([[true]]);
  });

  it('hints at names that exist', async () => {
    expect((await errorOf(run('SELECT * FROM custmers'))).hints).toEqual(['Did you mean customers?']);
    // The server's own hint, where it has one, is left alone.
    expect((await errorOf(run('SELECT nam FROM customers'))).hints?.join()).toContain('customers.name');
  });

  it("another organisation's source is not found, before the query is looked at, cached or not", async () => {
    const query = 'SELECT name FROM customers WHERE id = 1';
    await run(query);
    const request = { dataSourceId: source.id, query };
    const attempts: (() => Promise<unknown>)[] = [
      () => runQuery(other.ctx, request),
      () => runQuery(other.ctx, { ...request, query: 'SELEC nonsense' }),
      () => streamQuery(other.ctx, request),
      () => exportQuery(other.ctx, request, 'csv'),
      () => validateQuery(other.ctx, source.id, query),
      () => runQuery(ctx, { ...request, dataSourceId: newId() }),
      () => runQuery(ctx, { ...request, dataSourceId: 'no-uuid' }),
    ];
    for (const attempt of attempts) expect((await errorOf(attempt())).code).toBe('not_found');
  });

  it('who may not run queries learns nothing about them', async () => {
    const viewer = await org.addUser({ role: 'viewer' });
    expect((await errorOf(runQuery(viewer.ctx, { dataSourceId: source.id, query: 'SELEC' }))).code).toBe('access.denied');
  });

  it('a source that is deleted is not found, even when its result is cached', async () => {
    const doomed = await createQuerySource(ctx, SETUP);
    const request = { dataSourceId: doomed.id, query: 'SELECT count(*) FROM customers' };
    await runQuery(ctx, request);
    expect((await runQuery(ctx, request)).cache.state).toBe('hit');
    await deleteSource(ctx, doomed.id);
    expect((await errorOf(runQuery(ctx, request))).code).toBe('not_found');
    await doomed.drop();
  });

  it('the parser says the same without running', async () => {
    expect(await validateQuery(ctx, source.id, 'SELECT * FROM customers')).toMatchObject({
      effect: 'read',
      tables: [{ name: 'customers' }],
    });
    expect((await errorOf(validateQuery(ctx, source.id, 'DELETE FROM customers'))).code).toBe('query.refused');
  });
});

describe('the cache', () => {
  const lock = () => source.admin.query('BEGIN; LOCK TABLE customers IN ACCESS EXCLUSIVE MODE');
  const unlock = () => source.admin.query('COMMIT');

  it('answers a second run without the database, which could not answer', async () => {
    const query = 'SELECT max(id) FROM customers WHERE id > $1';
    const first = await run(query, { parameters: [1] });
    await lock();
    try {
      const second = await run('SELECT   max(id)\nFROM customers WHERE id > $1 -- again', { parameters: [1] });
      expect(second.cache.state).toBe('hit');
      expect(second.cache.ageMs).toBeGreaterThanOrEqual(0);
      expect(second.rows).toEqual(first.rows);
      expect(await source.activeQueries()).toEqual([]);
    } finally {
      await unlock();
    }
  });

  it('does not take other parameters, another limit, refresh or bypass for the same', async () => {
    const query = 'SELECT min(id) FROM customers WHERE id > $1';
    await run(query, { parameters: [1] });
    expect((await run(query, { parameters: [2] })).cache.state).toBe('miss');
    expect((await run(query, { parameters: [1], limit: 5 })).cache.state).toBe('miss');
    expect((await run(query, { parameters: [1], cache: 'bypass' })).cache.state).toBe('bypass');
    await source.admin.query("INSERT INTO customers VALUES (0, 'Zero')");
    expect((await run('SELECT min(id) FROM customers')).rows).toEqual([[0]]);
    await source.admin.query('DELETE FROM customers WHERE id = 0');
    expect((await run('SELECT min(id) FROM customers')).rows).toEqual([[0]]);
    expect(await run('SELECT min(id) FROM customers', { cache: 'refresh' })).toMatchObject({
      rows: [[1]],
      cache: { state: 'miss' },
    });
    expect(await run('SELECT min(id) FROM customers')).toMatchObject({ rows: [[1]], cache: { state: 'hit' } });
  });

  it('does not keep what may differ the next time', async () => {
    expect((await run('SELECT random()')).cache.state).toBe('bypass');
    expect((await run('SELECT random()')).cache.state).toBe('bypass');
  });

  it('expires by the clock', async () => {
    let now = Date.now();
    const clocked: Ctx = { ...ctx, clock: { now: () => now, date: () => new Date(now) } };
    const request = { dataSourceId: source.id, query: 'SELECT count(id) FROM customers' };
    expect((await runQuery(clocked, request)).cache.state).toBe('miss');
    now += 299_000;
    expect((await runQuery(clocked, request)).cache).toEqual({ state: 'hit', ageMs: 299_000 });
    now += 1_000;
    expect((await runQuery(clocked, request)).cache.state).toBe('miss');
  });

  it('makes one query of a hundred equal ones, and a waiter who leaves takes nobody along', async () => {
    const query = 'SELECT sum(id) FROM customers';
    await lock();
    const leaver = new AbortController();
    const leaving = await jobContext(org.organization.id, { userId: org.user.id, signal: leaver.signal });
    const first = runQuery(leaving, { dataSourceId: source.id, query });
    await source.until(source.activeQueries, (active) => active.length === 1);
    const rest = Promise.all(Array.from({ length: 99 }, () => run(query)));
    await source.until(
      () => listRunning(ctx).length,
      (count) => count === 100,
    );
    leaver.abort();
    expect((await errorOf(first)).code).toBe('query.cancelled');
    const active = await source.activeQueries();
    await unlock();
    expect(active).toHaveLength(1);
    const results = await rest;
    expect(results.every((result) => result.rows[0]?.[0] === 1275)).toBe(true);
    expect(results.every((result) => result.cache.state === 'hit')).toBe(true);
  });

  it('is not shared across credentials', async () => {
    const query = 'SELECT count(DISTINCT id) FROM customers';
    await run(query);
    expect((await run(query)).cache.state).toBe('hit');
    await updateSource(ctx, source.id, { connection: { uri: `${source.url}?application_name=again` } });
    expect((await run(query)).cache.state).toBe('miss');
  });
});

describe('figures', () => {
  it('equal a scripted run exactly, and see no other organisation', async () => {
    const mine = await createTestOrganization();
    const own = await createQuerySource(mine.ctx, SETUP);
    const go = (query: string, more: object = {}) => runQuery(mine.ctx, { dataSourceId: own.id, query, ...more });
    await go('SELECT 1');
    for (let i = 0; i < 3; i += 1) await go('SELECT 1');
    await go('SELECT 1', { cache: 'bypass' });
    await errorOf(go('SELEC'));
    await errorOf(go('DELETE FROM customers'));
    await errorOf(go('SELECT * FROM nowhere'));
    await errorOf(go('SELECT pg_sleep(60)', { timeoutMs: 200 }));
    const gone = await jobContext(mine.organization.id, { userId: mine.user.id, signal: AbortSignal.abort() });
    await errorOf(runQuery(gone, { dataSourceId: own.id, query: 'SELECT 1' }));
    const file = await exportQuery(mine.ctx, { dataSourceId: own.id, query: 'SELECT * FROM customers' }, 'csv');
    await new Response(file.stream).text();

    const stats = await queryStats(mine.ctx);
    expect(stats.queries).toMatchObject({
      count: 10,
      ok: 6,
      errors: 4,
      cancelled: 0,
      errorRate: 0.4,
      cacheHits: 3,
      cacheMisses: 1,
      hitRate: 0.75,
    });
    expect(stats.queries.p50Ms).not.toBeNull();
    expect(stats.cache).toMatchObject({ entries: 1, hits: 3, misses: 1 });
    expect((await queryStats(other.ctx)).queries.count).toBe(0);
    const origins = await mine.ctx.db.queryRun.groupBy({ by: ['origin'], _count: { _all: true }, orderBy: { origin: 'asc' } });
    expect(origins.map((group) => [group.origin, group._count._all])).toEqual([
      ['api', 9],
      ['export', 1],
    ]);
    await drainPools(1_000);
    await own.drop();
    await mine.drop();
  });
});
