import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { closeDb, databaseUrl } from '@/lib/db';
import { logInto } from '@/lib/kernel/log';
import { drainPools } from '@/lib/sources';
import { createTestOrganization, type TestOrganization } from '@/lib/testing/organization';
import { testRequest } from '@/lib/testing/request';
import { createSourceDatabase, type SourceDatabase } from '@/lib/testing/source-database';
import { GET as pools } from '../stats/pools/route';
import { GET as getOne, PATCH as patch, DELETE as remove } from './[id]/route';
import { PUT as describeTable } from './[id]/schema/descriptions/route';
import { POST as refresh } from './[id]/schema/refresh/route';
import { GET as schema } from './[id]/schema/route';
import { GET as diff } from './[id]/schema/versions/diff/route';
import { GET as versions } from './[id]/schema/versions/route';
import { POST as create, GET as list } from './route';
import { POST as test } from './test/route';

const CANARY = `canary-${randomUUID()}`;
const logged: string[] = [];
let org: TestOrganization;
let other: TestOrganization;
let database: SourceDatabase;
const answers: string[] = [];

beforeAll(async () => {
  logInto((line) => void logged.push(line));
  org = await createTestOrganization();
  other = await createTestOrganization();
  database = await createSourceDatabase('CREATE TABLE orders (id int PRIMARY KEY, total numeric)', { password: CANARY });
});

afterAll(async () => {
  await drainPools(0);
  await database.drop();
  await org.drop();
  await other.drop();
  await closeDb();
});

type Handler = typeof list;

async function call(
  handler: Handler,
  path: string,
  options: { id?: string; token?: string; method?: string; body?: unknown } = {},
) {
  const { id, token = org.token, ...rest } = options;
  const request = testRequest(path, { token, ...rest });
  const response = await handler(request, { params: Promise.resolve(id === undefined ? {} : { id }) });
  const text = await response.text();
  answers.push(text, JSON.stringify([...response.headers]));
  return { status: response.status, body: text ? JSON.parse(text) : null };
}

const at = (id: string, rest = '') => `/api/data-sources/${id}${rest}`;

describe('the data-source routes', () => {
  it('connect, list, show, change and remove a source', async () => {
    const tested = await call(test, '/api/data-sources/test', { body: { type: 'postgres', connection: database.connection } });
    expect(tested).toMatchObject({
      status: 200,
      body: { ok: true, tableCount: 1, canWrite: true, tls: expect.any(String), latencyMs: expect.any(Number) },
    });

    const input = {
      name: 'Shop',
      type: 'postgres',
      connection: { uri: database.uri },
      pool: { profile: 'small' },
      limits: { maxRows: 50 },
    };
    const created = await call(create, '/api/data-sources', { body: input });
    expect(created).toMatchObject({
      status: 201,
      body: { name: 'Shop', access: 'read', schema: { version: 1, tables: [{ name: 'orders' }] }, test: { ok: true } },
    });
    const { id } = created.body as { id: string };

    expect(await call(list, '/api/data-sources')).toMatchObject({
      status: 200,
      body: { dataSources: [{ id, name: 'Shop', status: { pool: 'open' } }] },
    });
    expect(await call(list, '/api/data-sources?environment=production')).toMatchObject({ body: { dataSources: [] } });
    expect(await call(getOne, at(id), { id })).toMatchObject({
      status: 200,
      body: { id, summary: { username: database.connection.username } },
    });
    expect(await call(schema, at(id, '/schema'), { id })).toMatchObject({
      status: 200,
      body: {
        layer: 'database',
        tables: [{ schema: 'public', name: 'orders', primaryKey: ['id'], description: expect.any(String) }],
      },
    });
    expect(await call(refresh, at(id, '/schema/refresh'), { id, method: 'POST' })).toMatchObject({
      status: 200,
      body: { layer: 'source' },
    });
    expect(await call(versions, at(id, '/schema/versions'), { id })).toMatchObject({
      body: { versions: [{ version: 1 }], next: null },
    });
    expect(await call(diff, at(id, '/schema/versions/diff?from=1&to=1'), { id })).toMatchObject({
      body: { added: [], removed: [], changed: [] },
    });
    const description = { method: 'PUT', body: { table: 'public.orders', text: 'What was bought' } };
    expect(await call(describeTable, at(id, '/schema/descriptions'), { id, ...description })).toEqual({
      status: 204,
      body: null,
    });
    expect(await call(schema, at(id, '/schema'), { id })).toMatchObject({
      body: { tables: [{ description: 'What was bought' }] },
    });
    expect(await call(pools, '/api/stats/pools')).toMatchObject({
      body: { pools: [{ dataSourceId: id, name: 'Shop', min: 0, max: 15, active: 0, idle: 1, waiting: 0, errors: 0 }] },
    });
    const changed = await call(patch, at(id), { id, method: 'PATCH', body: { name: 'Store', connection: { password: CANARY } } });
    expect(changed).toMatchObject({ status: 200, body: { name: 'Store', test: { ok: true } } });
    expect(await call(remove, at(id), { id, method: 'DELETE' })).toEqual({ status: 204, body: null });
    expect(await call(getOne, at(id), { id })).toMatchObject({ status: 404, body: { error: { code: 'not_found' } } });
  });

  it('answer 404 for the sources of another organisation, unknown ids and malformed ones alike', async () => {
    const { body } = await call(create, '/api/data-sources', {
      body: { name: 'Mine', type: 'postgres', connection: database.connection },
    });
    const { id } = body as { id: string };
    const bodies = new Set<string>();
    for (const [wanted, token] of [
      [id, other.token],
      [randomUUID(), org.token],
      ['not-an-id', org.token],
      ["' OR 1=1", org.token],
    ] as const) {
      const calls = [
        call(getOne, at(wanted), { id: wanted, token }),
        call(patch, at(wanted), { id: wanted, token, method: 'PATCH', body: { name: 'Theirs' } }),
        call(remove, at(wanted), { id: wanted, token, method: 'DELETE' }),
        call(schema, at(wanted, '/schema'), { id: wanted, token }),
        call(refresh, at(wanted, '/schema/refresh'), { id: wanted, token, method: 'POST' }),
        call(versions, at(wanted, '/schema/versions'), { id: wanted, token }),
        call(describeTable, at(wanted, '/schema/descriptions'), {
          id: wanted,
          token,
          method: 'PUT',
          body: { table: 't', text: 'x' },
        }),
        call(diff, at(wanted, '/schema/versions/diff?from=1&to=1'), { id: wanted, token }),
      ];
      for (const answer of await Promise.all(calls)) {
        expect(answer).toMatchObject({ status: 404, body: { error: { code: 'not_found' } } });
        bodies.add((answer.body as { error: { message: string } }).error.message);
      }
    }
    expect(bodies.size).toBe(1);
    expect(await call(list, '/api/data-sources', { token: other.token })).toMatchObject({ body: { dataSources: [] } });
    expect(await call(pools, '/api/stats/pools', { token: other.token })).toEqual({
      status: 200,
      body: { instance: expect.any(String), pools: [] },
    });
    expect(await call(getOne, at(id), { id })).toMatchObject({ status: 200, body: { name: 'Mine' } });
  });

  it('refuse bad input with what is wrong', async () => {
    const connection = { ...database.connection };
    for (const body of [
      {},
      { name: 'x', type: 'postgres' },
      { name: 'x', type: 'postgres', connection: {} },
      { name: 'x', type: 'postgres', connection, sample: 'network' },
    ]) {
      expect(await call(create, '/api/data-sources', { body })).toMatchObject({
        status: 400,
        body: { error: { code: 'input.invalid' } },
      });
    }
    const wrong = { name: 'x', type: 'postgres', connection: { ...connection, password: `${CANARY}-wrong` } };
    expect(await call(create, '/api/data-sources', { body: wrong })).toMatchObject({
      status: 502,
      body: { error: { code: 'source.auth_failed' } },
    });
    const closed = { ...wrong, connection: { ...connection, port: 1 } };
    expect(await call(create, '/api/data-sources', { body: closed })).toMatchObject({
      status: 502,
      body: { error: { code: 'source.unreachable' } },
    });
  });

  it('[I1] let the password out nowhere: no answer, log line or table holds it', async () => {
    const client = new pg.Client({ connectionString: databaseUrl() });
    await client.connect();
    const { rows: tables } = await client.query<{ name: string }>(
      "SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')",
    );
    const holding: string[] = [];
    let rowsSeen = 0;
    for (const { name } of tables) {
      const { rows } = await client.query<{ n: string; held: string }>(
        `SELECT count(*) AS n, count(*) FILTER (WHERE strpos(t::text, $1) > 0) AS held FROM ${name} t`,
        [CANARY],
      );
      rowsSeen += Number(rows[0]?.n);
      if (rows[0]?.held !== '0') holding.push(name);
    }
    await client.end();
    expect(rowsSeen).toBeGreaterThan(0);
    expect(holding).toEqual([]);
    expect(logged.length).toBeGreaterThan(0);
    expect(logged.filter((line) => line.includes(CANARY))).toEqual([]);
    expect(answers.length).toBeGreaterThan(0);
    expect(answers.filter((text) => text.includes(CANARY))).toEqual([]);
  });
});
