import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Ctx } from '../access';
import { closeDb } from '../db';
import { createSource, drainPools, updateSource } from '../sources';
import { createTestOrganization, type TestOrganization } from '../testing/organization';
import { type PrivateMariaDb, startPrivateMariaDb } from '../testing/private-mariadb';
import { createSourceDatabase, type SourceDatabase, until } from '../testing/source-database';
import { flushHistory, runQuery, streamQuery } from '.';

// Read once, before anything else asks for the settings.
const folder = mkdtempSync(path.join(tmpdir(), 'quarry-gate-'));
vi.stubEnv('SQLITE_ROOT', folder);
vi.stubEnv('COST_GATE', 'refuse');
vi.stubEnv('COST_GATE_MAX_ROWS', '5000');

const ROWS = 20_000;
let org: TestOrganization;
let ctx: Ctx;
let database: SourceDatabase;
let mariadb: PrivateMariaDb;
const ids = { server: '', mariadb: '', file: '' };

beforeAll(async () => {
  org = await createTestOrganization();
  ctx = org.ctx;
  database = await createSourceDatabase(`CREATE TABLE big AS SELECT n AS id, n % 7 AS kind FROM generate_series(1, ${ROWS}) n;
    CREATE UNIQUE INDEX big_id ON big (id);
    CREATE TABLE untouched AS SELECT * FROM big LIMIT 1000`);
  await database.admin.query('ANALYZE');
  mariadb = await startPrivateMariaDb();
  await mariadb.query(`CREATE TABLE big (id INT PRIMARY KEY, kind INT) AS SELECT seq AS id, seq % 7 AS kind FROM seq_1_to_${ROWS};
    CREATE TABLE untouched (id INT PRIMARY KEY) AS SELECT id FROM big LIMIT 1000;
    ANALYZE TABLE big PERSISTENT FOR ALL; FLUSH TABLE_STATISTICS`);
  const file = new Database(path.join(folder, 'big.sqlite'));
  file.exec(`CREATE TABLE big (id INTEGER PRIMARY KEY, kind INTEGER);
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${ROWS}) INSERT INTO big SELECT i, i % 7 FROM n`);
  file.close();
  ids.server = (await createSource(ctx, { name: 'Server', type: 'postgres', connection: database.connection })).id;
  ids.mariadb = (await createSource(ctx, { name: 'MariaDB', type: 'mysql', connection: mariadb.connection })).id;
  ids.file = (await createSource(ctx, { name: 'File', type: 'sqlite', connection: { file: 'big.sqlite' } })).id;
}, 60_000);

afterAll(async () => {
  await flushHistory();
  await drainPools(1_000);
  await mariadb.remove();
  await database.drop();
  await org.drop();
  await closeDb();
  rmSync(folder, { recursive: true, force: true });
  vi.unstubAllEnvs();
});

const run = (dataSourceId: string, query: string, more: object = {}) =>
  runQuery(ctx, { dataSourceId, query, cache: 'bypass', ...more });
const COUNT = 'SELECT kind, count(*) AS n FROM big GROUP BY kind ORDER BY kind';

describe.each(['server', 'mariadb', 'file'] as const)('[C13] the cost gate, on %s', (which) => {
  it('refuses what would read too much, with the estimate and what to do, and runs nothing', async () => {
    await expect(run(ids[which], COUNT)).rejects.toMatchObject({
      code: 'query.refused',
      stage: 'optimise',
      message: expect.stringMatching(/about 20,000 rows .* 5,000 .* refused here/),
      hints: [expect.stringContaining('shorter period')],
      details: { estimatedRowsRead: ROWS, maxRowsRead: 5_000 },
    });
    await expect(streamQuery(ctx, { dataSourceId: ids[which], query: COUNT })).rejects.toMatchObject({ code: 'query.refused' });
  });

  it('lets pass what an index finds, what has no tables, and the first rows of a table', async () => {
    expect((await run(ids[which], 'SELECT kind FROM big WHERE id = 70')).rows).toEqual([[0]]);
    expect((await run(ids[which], 'SELECT 1 AS one')).rows).toEqual([[1]]);
    expect((await run(ids[which], 'SELECT * FROM big', { limit: 10 })).warnings).toEqual([]);
  });

  it('warns instead where the source says so, and is silent where it is off or the limit is higher', async () => {
    const limits = (given: object) => updateSource(ctx, ids[which], { limits: given });
    await limits({ costGate: 'warn' });
    const warned = await run(ids[which], COUNT);
    expect(warned.rowCount).toBe(7);
    expect(warned.warnings).toEqual([expect.stringMatching(/^The database expects to read about 20,000 rows/)]);
    const stream = await streamQuery(ctx, { dataSourceId: ids[which], query: COUNT });
    for await (const _ of stream.batches) {
      // only read
    }
    expect(stream.end().warnings).toEqual(warned.warnings);
    await limits({ costGate: 'off' });
    expect((await run(ids[which], COUNT)).warnings).toEqual([]);
    await limits({ maxRowsRead: 1_000_000 });
    expect((await run(ids[which], COUNT)).warnings).toEqual([]);
    await limits({});
  });

  it('says nothing of a run whose rows were kept', async () => {
    await updateSource(ctx, ids[which], { limits: { costGate: 'warn' } });
    expect((await run(ids[which], COUNT, { cache: 'use' })).warnings).toHaveLength(1);
    expect(await run(ids[which], COUNT, { cache: 'use' })).toMatchObject({ cache: { state: 'hit' }, warnings: [] });
    await updateSource(ctx, ids[which], { limits: {} });
  });
});

describe('[C13] the limit', () => {
  it('reaches the database: it reads one row more than is shown', async () => {
    const readSoFar = async () => {
      const { rows } = await database.admin.query<{ read: string }>(
        "SELECT seq_tup_read AS read FROM pg_stat_user_tables WHERE relname = 'untouched'",
      );
      return Number(rows[0]?.read);
    };
    expect(await readSoFar()).toBe(0);
    const result = await run(ids.server, 'SELECT * FROM untouched', { limit: 25 });
    expect(result).toMatchObject({ rowCount: 25, truncated: { by: 'rows', limit: 25 } });
    // The server writes its counts down when the connection goes.
    await drainPools(1_000);
    expect(await until(readSoFar, (read) => read > 0)).toBe(26);
  });

  it('reaches MariaDB too', async () => {
    const readSoFar = async () => {
      const [row] = await mariadb.query(
        "SELECT ROWS_READ AS n FROM information_schema.TABLE_STATISTICS WHERE TABLE_NAME = 'untouched'",
      );
      return Number(row?.n ?? 0);
    };
    expect(await readSoFar()).toBe(0);
    const result = await run(ids.mariadb, 'SELECT * FROM untouched', { limit: 25 });
    expect(result).toMatchObject({ rowCount: 25, truncated: { by: 'rows', limit: 25 } });
    expect(await until(readSoFar, (read) => read > 0)).toBe(26);
  });

  it.each(['server', 'mariadb'] as const)('of a cost in the unit of the engine holds too, on %s', async (which) => {
    await updateSource(ctx, ids[which], { limits: { maxRowsRead: 1_000_000, maxCost: 10 } });
    await expect(run(ids[which], COUNT)).rejects.toMatchObject({ message: expect.stringContaining('of its units') });
  });
});
