import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Ctx } from '../access';
import { QuarryError } from '../kernel/errors';
import { drainPools, poolStats } from '../sources';
import { createTestOrganization, type TestOrganization } from '../testing/organization';
import { createQuerySource, type QuerySource } from '../testing/query-source';
import { exportQuery, flushHistory, ndjsonStream, runQuery, streamQuery } from '.';

let org: TestOrganization;
let source: QuerySource;
let ctx: Ctx;

const MILLION = `SELECT n AS id, 'Customer ' || n AS name, n * 1.25 AS amount, n % 7 AS kind, n::bigint * 1000003 AS big,
  timestamp '2026-01-01' + n * interval '1 second' AS at, n % 2 = 0 AS even, md5(n::text) AS hash, n / 3.0::float8 AS third, date '2026-01-01' + n % 365 AS day
  FROM generate_series(1, 1000000) n`;

beforeAll(async () => {
  org = await createTestOrganization();
  ctx = org.ctx;
  source = await createQuerySource(ctx, 'CREATE TABLE t (id integer PRIMARY KEY, note text)');
});
afterAll(async () => {
  await flushHistory();
  await drainPools(1_000);
  await source.drop();
  await org.drop();
});

const request = (query: string) => ({ dataSourceId: source.id, query });
const MIB = 1024 * 1024;

/** Reads a stream to its end, keeping nothing; the most that the process grew meanwhile, in bytes. */
async function readAll(stream: ReadableStream<Uint8Array>): Promise<{ bytes: number; lines: number; growth: number }> {
  const before = process.memoryUsage.rss();
  let peak = before;
  let bytes = 0;
  let lines = 0;
  for await (const chunk of stream) {
    bytes += chunk.byteLength;
    for (const byte of chunk) if (byte === 10) lines += 1;
    peak = Math.max(peak, process.memoryUsage.rss());
  }
  return { bytes, lines, growth: peak - before };
}

describe('a million rows', () => {
  it('are exported as CSV with memory that does not grow with them', async () => {
    // The process warms up first: buffers and compiled code are no growth of this export.
    await readAll((await exportQuery(ctx, request(`${MILLION} LIMIT 200000`), 'csv')).stream);
    const file = await exportQuery(ctx, request(MILLION), 'csv');
    expect(file).toMatchObject({
      contentType: 'text/csv; charset=utf-8',
      fileName: expect.stringMatching(/^quarry-[\d-]+\.csv$/),
    });
    const { lines, growth } = await readAll(file.stream);
    expect(lines).toBe(1_000_001);
    expect(growth).toBeLessThan(64 * MIB);
  });

  it.each([
    ['csv', 'with parameters'],
    ['ndjson', 'with parameters'],
    ['json', 'without'],
    ['xlsx', 'without'],
  ] as const)('are exported as %s %s in the same memory', async (format, how) => {
    const parametrised = how === 'with parameters';
    const ask = (rows: number) =>
      parametrised ? { ...request(`${MILLION} WHERE n <= $1`), parameters: [rows] } : { ...request(MILLION), limit: rows };
    await readAll((await exportQuery(ctx, ask(200_000), format)).stream);
    const { lines, growth } = await readAll((await exportQuery(ctx, ask(1_000_000), format)).stream);
    if (format !== 'xlsx') expect(lines).toBe(format === 'ndjson' ? 1_000_000 : format === 'csv' ? 1_000_001 : 1_000_002);
    expect(growth).toBeLessThan(64 * MIB);
  });

  it('are streamed as NDJSON; the first batch comes before the last row is read', async () => {
    const stream = await streamQuery(ctx, request(MILLION));
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
    expect(stream.end()).toMatchObject({ rowCount: 1_000_000, truncated: null });
    expect(growth).toBeLessThan(64 * MIB);
  });

  it('wait for a reader who stops reading, and leave the connection when he goes', async () => {
    const { stream } = await exportQuery(ctx, request(MILLION), 'ndjson');
    const reader = stream.getReader();
    await reader.read();
    expect((await reader.read()).value?.byteLength).toBeLessThan(8 * MIB);
    expect(poolStats(ctx).reduce((sum, pool) => sum + pool.active, 0)).toBe(1);
    await reader.cancel();
    await source.until(source.activeQueries, (active) => active.length === 0);
    await source.until(
      () => poolStats(ctx).reduce((sum, pool) => sum + pool.active, 0),
      (active) => active === 0,
    );
  });
});

describe('the formats', () => {
  const TWO = `SELECT 1 AS id, 'a,"b"' AS note, NULL AS nothing, 2 AS id UNION ALL SELECT 2, '=1+1', NULL, 3 ORDER BY 1`;
  const text = async (format: 'csv' | 'json' | 'ndjson', query: string) =>
    new Response((await exportQuery(ctx, request(query), format)).stream).text();

  it('hold the same rows', async () => {
    expect(await text('csv', TWO)).toBe('id,note,nothing,id\r\n1,"a,""b""",,2\r\n2,\'=1+1,,3\r\n');
    const objects = [
      { id: 1, note: 'a,"b"', nothing: null, id_2: 2 },
      { id: 2, note: '=1+1', nothing: null, id_2: 3 },
    ];
    expect(JSON.parse(await text('json', TWO))).toEqual(objects);
    const lines = (await text('ndjson', TWO)).trim().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toEqual(objects);
  });

  it('are whole without rows, and with many batches', async () => {
    expect(await text('csv', 'SELECT id FROM t')).toBe('id\r\n');
    expect(JSON.parse(await text('json', 'SELECT id FROM t'))).toEqual([]);
    expect(await text('ndjson', 'SELECT id FROM t')).toBe('');
    const many = JSON.parse(await text('json', 'SELECT n FROM generate_series(1, 25000) n')) as { n: number }[];
    expect(many).toHaveLength(25_000);
    expect(many.at(-1)).toEqual({ n: 25_000 });
  });
});

describe('a failure half-way', () => {
  const BREAKS = 'SELECT n, 1 / (200000 - n) AS q FROM generate_series(1, 300000) n';

  it('is the last line of a stream', async () => {
    const stream = await streamQuery(ctx, request(BREAKS));
    const lines = (await new Response(ndjsonStream(ctx, stream)).text()).trim().split('\n');
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ columns: [{ name: 'n' }, { name: 'q' }] });
    expect(JSON.parse(lines[1] ?? '')).toHaveProperty('rows');
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ error: { code: 'query.failed', requestId: ctx.requestId } });
  });

  it('breaks a file off, so that it never looks whole', async () => {
    const { stream } = await exportQuery(ctx, request(BREAKS), 'csv');
    await expect(new Response(stream).text()).rejects.toThrow(QuarryError);
  });

  it('ends a good stream with its count', async () => {
    const stream = await streamQuery(ctx, { ...request('SELECT n FROM generate_series(1, 5000) n'), limit: 3000 });
    const lines = (await new Response(ndjsonStream(ctx, stream)).text()).trim().split('\n');
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ end: { rowCount: 3000, truncated: { by: 'rows', limit: 3000 } } });
    const rows = lines.slice(1, -1).flatMap((line) => (JSON.parse(line) as { rows: unknown[][] }).rows);
    expect(rows).toHaveLength(3000);
  });
});

describe('exact values', () => {
  /** [type, literal, JSON value, CSV field] */
  const VALUES: [string, string, unknown, string][] = [
    ['bigint', '9007199254740993', '9007199254740993', '9007199254740993'],
    ['bigint', '-9223372036854775808', '-9223372036854775808', '-9223372036854775808'],
    ['bigint', '42', 42, '42'],
    ['numeric', '12345678901234567890.123456789', '12345678901234567890.123456789', '12345678901234567890.123456789'],
    ['numeric(10,2)', '12.50', 12.5, '12.50'],
    ['numeric', 'NaN', 'NaN', 'NaN'],
    ['double precision', 'NaN', 'NaN', 'NaN'],
    ['double precision', 'Infinity', 'Infinity', 'Infinity'],
    ['double precision', '0.1', 0.1, '0.1'],
    ['real', '1.5', 1.5, '1.5'],
    ['date', '2026-02-28', '2026-02-28', '2026-02-28'],
    [
      'uuid',
      '0198d5b0-0000-7000-8000-000000000001',
      '0198d5b0-0000-7000-8000-000000000001',
      '0198d5b0-0000-7000-8000-000000000001',
    ],
    ['boolean', 'true', true, 'true'],
    ['bytea', '\\x00ff10', 'AP8Q', 'AP8Q'],
    ['text', 'naïve ☃ 😀', 'naïve ☃ 😀', 'naïve ☃ 😀'],
    ['integer[]', '{1,NULL,3}', [1, null, 3], '"[""1"",null,""3""]"'],
  ];

  it('survive to JSON and to CSV', async () => {
    const columns = VALUES.map(([type, literal], i) => `'${literal}'::${type} AS c${i}`).join(', ');
    const query = `SELECT ${columns}, NULL::integer AS missing, '{"a": 9007199254740993, "b": [1.5, null]}'::jsonb AS j, timestamptz '2026-03-01 12:00:00.123456+02' AS tz`;
    const result = await runQuery(ctx, request(query));
    expect(result.rows[0]?.slice(0, VALUES.length)).toEqual(VALUES.map(([, , json]) => json));
    const [missing, json, zoned] = result.rows[0]?.slice(VALUES.length) ?? [];
    expect(missing).toBeNull();
    expect(json).toEqual({ a: '9007199254740993', b: [1.5, null] });
    expect(new Date(String(zoned)).toISOString()).toBe('2026-03-01T10:00:00.123Z');
    expect(String(zoned)).toContain('.123456');
    const csv = await new Response((await exportQuery(ctx, request(query), 'csv')).stream).text();
    expect(csv.split('\r\n')[1]?.startsWith(`${VALUES.map(([, , , field]) => field).join(',')},,`)).toBe(true);
  });
});
