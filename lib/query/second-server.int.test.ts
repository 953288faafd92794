import { randomBytes } from 'node:crypto';
import mysql from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Ctx } from '../access';
import { readEnv } from '../kernel/env';
import { QuarryError } from '../kernel/errors';
import { newId } from '../kernel/ids';
import { getSchema } from '../schema';
import { createSource, drainPools, openSource, poolStats } from '../sources';
import { createTestOrganization, type TestOrganization } from '../testing/organization';
import { cancelQuery, exportQuery, flushHistory, listRunning, runQuery } from '.';

/** The same path over the other engine with a server and SQL, MySQL or MariaDB: its placeholders, plans, names and kills differ. */
const name = `query_${randomBytes(6).toString('hex')}`;
let admin: mysql.Connection;
let org: TestOrganization;
let ctx: Ctx;
let sourceId: string;

beforeAll(async () => {
  const url = readEnv('TEST_MYSQL_URL');
  if (!url) throw new Error('TEST_MYSQL_URL is not set: run the tests through npm test.');
  admin = await mysql.createConnection({ uri: url, multipleStatements: true });
  await admin.query(`
    CREATE DATABASE ${name}; USE ${name}; CREATE USER ${name}@'%' IDENTIFIED BY 'reads'; GRANT SELECT ON ${name}.* TO ${name}@'%';
    CREATE TABLE items (id integer PRIMARY KEY, name varchar(40), price decimal(10,2), big bigint unsigned, made datetime(3), \`group\` enum('a','b'));
    INSERT INTO items VALUES (1, '=1+1', 12.50, 18446744073709551615, '2024-02-29 10:00:00.5', 'a'), (2, 'lamp, "green"', NULL, 0, NULL, 'b'), (3, 'desk', 80, 7, '2023-12-31 23:59:59', 'a');
    CREATE TABLE many AS SELECT seq AS id FROM seq_1_to_30000`);
  org = await createTestOrganization();
  ctx = org.ctx;
  const { hostname: host, port } = new URL(url);
  const connection = { host, port: Number(port || 3306), database: name, username: name, password: 'reads' };
  sourceId = (await createSource(ctx, { name: 'Shop', type: 'mysql', connection })).id;
});
afterAll(async () => {
  await flushHistory();
  await drainPools(1_000);
  await org?.drop();
  await admin?.query(`DROP DATABASE ${name}; DROP USER ${name}@'%'`);
  await admin?.end();
});

const run = (query: string, more: object = {}) => runQuery(ctx, { dataSourceId: sourceId, query, ...more });
const sessions = async (condition: string) => {
  const [rows] = await admin.query(
    `SELECT INFO AS info FROM information_schema.PROCESSLIST WHERE USER = '${name}' AND ${condition}`,
  );
  return rows as { info: string | null }[];
};
const running = () => sessions("COMMAND IN ('Query', 'Execute')");

async function errorOf(promise: Promise<unknown>): Promise<QuarryError> {
  const outcome = await promise.then(
    () => null,
    (error: unknown) => error,
  );
  expect(outcome).toBeInstanceOf(QuarryError);
  return outcome as QuarryError;
}

describe('MySQL and MariaDB as a source', () => {
  it('answers exact values, and from the cache the second time', async () => {
    const rows = [
      [1, '=1+1', 12.5, '18446744073709551615', '2024-02-29T10:00:00.500', 'a'],
      [2, 'lamp, "green"', null, 0, null, 'b'],
      [3, 'desk', 80, 7, '2023-12-31T23:59:59.000', 'a'],
    ];
    expect(await run('SELECT * FROM items ORDER BY id')).toMatchObject({ rows, cache: { state: 'miss' } });
    expect((await run('select *  from items /* again */ order by id')).cache.state).toBe('hit');
  });

  it('binds parameters by position and by name', async () => {
    expect((await run('SELECT name FROM items WHERE id = ?', { parameters: [3] })).rows).toEqual([['desk']]);
    expect((await run('SELECT name FROM items WHERE id = :id AND :id > 1', { parameters: { id: 3 } })).rows).toEqual([['desk']]);
    expect((await run('SELECT name FROM items WHERE name = ?', { parameters: ["x' OR 1=1 -- "] })).rows).toEqual([]);
    expect((await errorOf(run('SELECT name FROM items WHERE id = ?'))).code).toBe('input.invalid');
  });

  it('cuts at the limit and says so, and asks the server for one row more', async () => {
    expect(await run('SELECT id FROM many')).toMatchObject({ rowCount: 10_000, truncated: { by: 'rows', limit: 10_000 } });
    expect(await run('SELECT id FROM items', { limit: 2 })).toMatchObject({ rowCount: 2, truncated: { by: 'rows', limit: 2 } });
    expect(await run('SELECT id FROM items ORDER BY id LIMIT 1, 2')).toMatchObject({ rowCount: 2, truncated: null });
  });

  it.each([
    ['a syntax error', 'SELECT FROM items', 'query.invalid'],
    ['two statements', 'SELECT 1; DELETE FROM items', 'query.invalid'],
    ['a write', 'DELETE FROM items', 'query.refused'],
    ['a file', "SELECT * FROM items INTO OUTFILE '/tmp/x'", 'query.refused'],
    ['a comment that runs', 'SELECT 1 /*!50000 INTO @a */', 'query.refused'],
    ['the accounts', 'SELECT * FROM mysql.user', 'query.refused'],
    ['an unknown function', 'SELECT sys_exec_2(1)', 'query.refused'],
    ['an unknown table', 'SELECT * FROM item', 'query.failed'],
  ])('refuses %s', async (_what, query, code) => {
    expect((await errorOf(run(query))).code).toBe(code);
  });

  it('hints at a table and a column that exist', async () => {
    expect((await errorOf(run('SELECT * FROM item'))).hints?.join()).toMatch(/items/);
    expect((await errorOf(run('SELECT prise FROM items'))).hints?.join()).toMatch(/price/);
  });

  it('exports every format', async () => {
    const request = { dataSourceId: sourceId, query: 'SELECT id, name, big, made FROM items ORDER BY id' };
    const text = async (format: 'csv' | 'json') => new Response((await exportQuery(ctx, request, format)).stream).text();
    expect(await text('csv')).toBe(
      'id,name,big,made\r\n1,\'=1+1,18446744073709551615,2024-02-29T10:00:00.500\r\n2,"lamp, ""green""",0,\r\n3,desk,7,2023-12-31T23:59:59.000\r\n',
    );
    expect(JSON.parse(await text('json'))[0]).toMatchObject({ id: 1, name: '=1+1', big: '18446744073709551615' });
    const workbook = new Uint8Array(await new Response((await exportQuery(ctx, request, 'xlsx')).stream).arrayBuffer());
    expect(Buffer.from(workbook.subarray(0, 4)).toString('latin1')).toBe('PK\u0003\u0004');
  });

  it('ends a sleeping query in time, and a cancelled one at once, on the server too', async () => {
    expect((await errorOf(run('SELECT SLEEP(60)', { timeoutMs: 300 }))).code).toBe('query.timeout');
    await expect.poll(async () => (await running()).length).toBe(0);
    const queryId = newId();
    const failure = errorOf(run('SELECT SLEEP(60)', { queryId, cache: 'bypass' }));
    await expect.poll(async () => (await running()).map(({ info }) => String(info).includes(queryId))).toEqual([true]);
    expect(listRunning(ctx)).toHaveLength(1);
    await cancelQuery(ctx, queryId);
    expect((await failure).code).toBe('query.cancelled');
    await expect.poll(async () => (await running()).length).toBe(0);
    await expect.poll(() => poolStats(ctx).reduce((sum, pool) => sum + pool.active, 0)).toBe(0);
    expect((await run('SELECT COUNT(*) FROM items')).rows).toEqual([[3]]);
  });

  it('has a schema, and reads its tables by the names in it', async () => {
    const { catalogue } = await getSchema(ctx, await openSource(ctx, sourceId));
    expect(catalogue.defaultSchema).toBe(name);
    expect(catalogue.tables.map((table) => table.name)).toEqual(['items', 'many']);
    expect((await run('SELECT `group`, COUNT(*) FROM items GROUP BY `group` ORDER BY 1')).rows).toEqual([
      ['a', 2],
      ['b', 1],
    ]);
  });
});
