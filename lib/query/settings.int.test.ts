import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Ctx } from '../access';
import { closeDb } from '../db';
import { createSource, drainPools, openSource, poolStats } from '../sources';
import { createTestOrganization, type TestOrganization } from '../testing/organization';
import { createSourceDatabase, type SourceDatabase, until } from '../testing/source-database';
import { flushHistory, runQuery } from '.';

// Read once, before anything else asks for the settings.
vi.stubEnv('DB_POOL_SIZE', '2');
vi.stubEnv('DB_MAX_OVERFLOW', '1');
vi.stubEnv('QUERY_TIMEOUT', '0.4');
vi.stubEnv('MAX_RESULT_ROWS', '7');
vi.stubEnv('READ_ONLY', 'false');

let org: TestOrganization;
let ctx: Ctx;
let database: SourceDatabase;
let id: string;
let access: string;

beforeAll(async () => {
  org = await createTestOrganization();
  ctx = org.ctx;
  database = await createSourceDatabase();
  ({ id, access } = await createSource(ctx, { name: 'Source', type: 'postgres', connection: database.connection }));
});
afterAll(async () => {
  await flushHistory();
  await drainPools(1_000);
  await database.drop();
  await org.drop();
  await closeDb();
  vi.unstubAllEnvs();
});

const run = (query: string, more: object = {}) => runQuery(ctx, { dataSourceId: id, query, cache: 'bypass', ...more });

describe('[J3] the environment', () => {
  it('DB_POOL_SIZE and DB_MAX_OVERFLOW: three connections at most, two of them kept', async () => {
    const source = await openSource(ctx, id);
    const leases = await Promise.all(Array.from({ length: 3 }, () => source.lease()));
    expect(await database.backends()).toHaveLength(3);
    expect(poolStats(ctx)).toMatchObject([{ max: 3, active: 3 }]);
    const waiting = source.lease();
    await until(
      () => poolStats(ctx)[0]?.waiting,
      (count) => count === 1,
    );
    for (const lease of leases) lease.release();
    (await waiting).release();
    expect(await until(database.backends, (pids) => pids.length < 3)).toHaveLength(2);
  });

  it('QUERY_TIMEOUT: the server ends the query, and a longer time isn’t given to anybody', async () => {
    await expect(run('SELECT pg_sleep(20)', { timeoutMs: 20_000 })).rejects.toMatchObject({ code: 'query.timeout' });
    const { rows } = await database.admin.query(
      "SELECT 1 FROM pg_stat_activity WHERE usename = $1 AND state = 'active' AND query LIKE '%pg_sleep%'",
      [database.connection.username],
    );
    expect(rows).toEqual([]);
  });

  it('MAX_RESULT_ROWS: more are not answered, and that is said', async () => {
    const result = await run('SELECT * FROM generate_series(1, 100) n', { limit: 50 });
    expect(result).toMatchObject({ rowCount: 7, truncated: { by: 'rows', limit: 7 } });
    expect(result.warnings).toEqual([expect.stringContaining('lowered to 7')]);
  });

  it('READ_ONLY=false: a source that doesn’t say otherwise may write, one that does may not', async () => {
    expect(access).toBe('read-write');
    expect((await openSource(ctx, id)).allowWrites).toBe(true);
    const input = { name: 'Reader', type: 'postgres', connection: database.connection, access: 'read' } as const;
    const reader = await createSource(ctx, input);
    expect((await openSource(ctx, reader.id)).allowWrites).toBe(false);
  });
});
