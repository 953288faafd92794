import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Ctx } from '../access';
import { QuarryError } from '../kernel/errors';
import { newId } from '../kernel/ids';
import { createSource, drainPools, poolStats } from '../sources';
import { createTestOrganization, type TestOrganization } from '../testing/organization';
import { cancelQuery, exportQuery, flushHistory, listRunning, runQuery, streamQuery } from '.';

/** The same path over an engine that is a file: what a server does elsewhere, its reader processes do here. */
const folder = mkdtempSync(path.join(tmpdir(), 'quarry-query-'));
let org: TestOrganization;
let ctx: Ctx;
let sourceId: string;

beforeAll(async () => {
  vi.stubEnv('SQLITE_ROOT', folder);
  mkdirSync(folder, { recursive: true });
  const db = new Database(path.join(folder, 'shop.sqlite'));
  db.exec(`CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT, price NUMERIC, any_value);
    INSERT INTO items VALUES (1, '=1+1', 12.5, 9007199254740993), (2, 'lamp, "green"', NULL, 'text'), (3, 'desk', 80, 1.5)`);
  db.close();
  org = await createTestOrganization();
  ctx = org.ctx;
  sourceId = (await createSource(ctx, { name: 'Shop', type: 'sqlite', connection: { file: 'shop.sqlite' } })).id;
});
afterAll(async () => {
  await flushHistory();
  await drainPools(1_000);
  await org.drop();
  rmSync(folder, { recursive: true, force: true });
  vi.unstubAllEnvs();
});

const run = (query: string, more: object = {}) => runQuery(ctx, { dataSourceId: sourceId, query, ...more });
const ENDLESS = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n';

async function errorOf(promise: Promise<unknown>): Promise<QuarryError> {
  const outcome = await promise.then(
    () => null,
    (error: unknown) => error,
  );
  expect(outcome).toBeInstanceOf(QuarryError);
  return outcome as QuarryError;
}

const MIB = 1024 * 1024;
const MILLION = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000)
  SELECT i AS id, 'Customer ' || i AS name, i * 1.25 AS amount, i % 7 AS kind, i * 1000003 AS big, hex(i) AS code, i / 3.0 AS third FROM n`;

describe('a million rows of a file', () => {
  /** Reads to the end, keeping nothing. @returns what this process grew by meanwhile, in bytes */
  async function drain(format: 'csv' | 'ndjson', limit: number): Promise<{ lines: number; growth: number; early: boolean }> {
    const file = await exportQuery(ctx, { dataSourceId: sourceId, query: MILLION, limit }, format);
    const before = process.memoryUsage.rss();
    let peak = before;
    let lines = 0;
    let early = false;
    for await (const chunk of file.stream) {
      early ||= listRunning(ctx).some(({ queryId }) => queryId === file.queryId);
      for (const byte of chunk) if (byte === 10) lines += 1;
      peak = Math.max(peak, process.memoryUsage.rss());
    }
    return { lines, growth: peak - before, early };
  }

  it.each(['csv', 'ndjson'] as const)(
    'is exported as %s in bounded memory, its first bytes before its last row',
    async (format) => {
      // The process warms up first: buffers and compiled code are no growth of this export.
      await drain(format, 200_000);
      const { lines, growth, early } = await drain(format, 1_000_000);
      expect(lines).toBe(format === 'csv' ? 1_000_001 : 1_000_000);
      expect(early).toBe(true);
      expect(growth).toBeLessThan(64 * MIB);
    },
  );

  it('is streamed in bounded memory', async () => {
    const stream = await streamQuery(ctx, { dataSourceId: sourceId, query: MILLION });
    let rows = 0;
    let before = 0;
    let growth = 0;
    for await (const batch of stream.batches) {
      if (rows === 0) {
        expect(batch.length).toBeLessThan(100_000);
        before = process.memoryUsage.rss();
      }
      rows += batch.length;
      growth = Math.max(growth, process.memoryUsage.rss() - before);
    }
    expect(rows).toBe(1_000_000);
    expect(growth).toBeLessThan(64 * MIB);
  });
});

describe('a file as a source', () => {
  it('answers exact values, numbers apart from text, and from the cache the second time', async () => {
    const query = 'SELECT id, name, price, any_value FROM items ORDER BY id';
    const rows = [
      [1, '=1+1', 12.5, '9007199254740993'],
      [2, 'lamp, "green"', null, 'text'],
      [3, 'desk', 80, 1.5],
    ];
    expect(await run(query)).toMatchObject({ rows, cache: { state: 'miss' } });
    expect(await run(query)).toMatchObject({ rows, cache: { state: 'hit' } });
  });

  it('binds parameters by position and by name', async () => {
    expect((await run('SELECT name FROM items WHERE id = ?', { parameters: [3] })).rows).toEqual([['desk']]);
    expect((await run('SELECT name FROM items WHERE id = :id', { parameters: { id: 3 } })).rows).toEqual([['desk']]);
    expect((await errorOf(run('SELECT ?'))).code).toBe('input.invalid');
  });

  it('cuts at the limit and says so', async () => {
    const series = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000) SELECT i FROM n';
    expect(await run(series)).toMatchObject({ rowCount: 10_000, truncated: { by: 'rows', limit: 10_000 } });
    expect(await run('SELECT id FROM items', { limit: 2 })).toMatchObject({ rowCount: 2, truncated: { by: 'rows', limit: 2 } });
  });

  it.each([
    ['a syntax error', 'SELEC 1', 'query.invalid'],
    ['two statements', 'SELECT 1; SELECT 2', 'query.invalid'],
    ['a write', "INSERT INTO items VALUES (9, 'x', 1, 1)", 'query.refused'],
    ['another file', "ATTACH 'other.sqlite' AS o", 'query.refused'],
    ['an unknown table', 'SELECT * FROM item', 'query.failed'],
  ])('refuses %s', async (_what, query, code) => {
    expect((await errorOf(run(query))).code).toBe(code);
  });

  it('hints at a table that exists', async () => {
    expect((await errorOf(run('SELECT * FROM item'))).hints?.join()).toContain('items');
  });

  it('exports every format', async () => {
    const request = { dataSourceId: sourceId, query: 'SELECT id, name, any_value FROM items ORDER BY id' };
    const text = async (format: 'csv' | 'json') => new Response((await exportQuery(ctx, request, format)).stream).text();
    expect(await text('csv')).toBe(
      'id,name,any_value\r\n1,\'=1+1,9007199254740993\r\n2,"lamp, ""green""",text\r\n3,desk,1.5\r\n',
    );
    expect(JSON.parse(await text('json'))[0]).toEqual({ id: 1, name: '=1+1', any_value: '9007199254740993' });
    const workbook = new Uint8Array(await new Response((await exportQuery(ctx, request, 'xlsx')).stream).arrayBuffer());
    expect(Buffer.from(workbook.subarray(0, 4)).toString('latin1')).toBe('PK\u0003\u0004');
  });

  it('ends an endless query in time, and a cancelled one at once', async () => {
    expect((await errorOf(run(ENDLESS, { timeoutMs: 300 }))).code).toBe('query.timeout');
    const queryId = newId();
    const failure = errorOf(run(ENDLESS, { queryId, cache: 'bypass' }));
    await expect.poll(() => listRunning(ctx).length).toBe(1);
    await cancelQuery(ctx, queryId);
    expect((await failure).code).toBe('query.cancelled');
    await expect.poll(() => poolStats(ctx).reduce((sum, pool) => sum + pool.active, 0)).toBe(0);
    expect((await run('SELECT count(*) FROM items')).rows).toEqual([[3]]);
  });
});
