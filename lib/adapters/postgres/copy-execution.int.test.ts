import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readEnv } from '../../kernel/env';
import { QuarryError } from '../../kernel/errors';
import type { ExecuteOptions, Lease, Pool, TextStream } from '../contract';
import { postgres } from './index';

let pool: Pool;

beforeAll(() => {
  const config = postgres.manifest.parseConnection({ uri: readEnv('TEST_POSTGRES_URL') });
  pool = postgres.open(config, {
    max: 2,
    min: 0,
    waitMs: 5_000,
    connectTimeoutMs: 5_000,
    recycleMs: 3_600_000,
    allowWrites: false,
  });
});
afterAll(() => pool.drain(1_000));

const options = (more: Partial<ExecuteOptions> = {}): ExecuteOptions => ({
  signal: new AbortController().signal,
  timeoutMs: 30_000,
  maxRows: 1_000_000,
  maxBytes: 1e12,
  ...more,
});

async function leased<T>(work: (lease: Lease) => Promise<T>): Promise<T> {
  const lease = await pool.lease();
  try {
    return await work(lease);
  } finally {
    lease.release();
  }
}

/** Reads packed text without the parser before it: these walls must hold alone. */
async function open(lease: Lease, text: string, more: Partial<ExecuteOptions> = {}): Promise<TextStream> {
  const stream = await lease.executeText?.({ text }, options(more));
  if (!stream) throw new Error('no packed text for this statement');
  return stream;
}

async function cellsOf(stream: TextStream): Promise<(string | null)[][]> {
  const rows: (string | null)[][] = [];
  for await (const { rowCount, bytes, ends } of stream.batches) {
    let start = 0;
    let field = 0;
    for (let row = 0; row < rowCount; row += 1) {
      rows.push(
        stream.columns.map(() => {
          const end = ends[field++] as number;
          if (end < 0) return null;
          const text = Buffer.from(bytes.subarray(start, end)).toString();
          start = end;
          return text;
        }),
      );
    }
  }
  return rows;
}

const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'none',
    (error: unknown) => (error instanceof QuarryError ? error.code : String(error)),
  );

describe('rows as packed text', () => {
  it('hold what execute gives', async () => {
    const query = `SELECT n, 'a\tb\\' || n AS t, NULLIF(n, 2) AS maybe, n * 0.10 AS d, n % 2 = 0 AS even, timestamptz '2026-01-01 00:00Z' + n * interval '1 s' AS at,
      ARRAY[n, NULL] AS list, '\\x00ff'::bytea AS raw FROM generate_series(1, 3) n ORDER BY n -- a comment at the end`;
    await leased(async (lease) => {
      const stream = await open(lease, query);
      const packed = await cellsOf(stream);
      const result = await lease.execute({ text: query }, options());
      expect(stream.columns).toEqual(result.columns);
      const rows = [];
      for await (const batch of result.rows) rows.push(...batch);
      const asText = rows.map((row) =>
        row.map((cell) => (cell === null || typeof cell === 'string' ? cell : JSON.stringify(cell))),
      );
      expect(packed).toEqual(asText);
    });
  });

  it('stop at the caps', async () => {
    await leased(async (lease) => {
      const stream = await open(lease, 'SELECT generate_series(1, 1000)', { maxRows: 10 });
      expect(await cellsOf(stream)).toHaveLength(10);
      expect(stream.outcome().truncated).toEqual({ by: 'rows', limit: 10 });
    });
  });

  it('have no way for parameters and for statements that cannot stand in parentheses', async () => {
    await leased(async (lease) => {
      expect(await lease.executeText?.({ text: 'SELECT $1', params: [1] }, options())).toBeNull();
      expect(await lease.executeText?.({ text: 'SHOW timezone' }, options())).toBeNull();
      expect(await lease.executeText?.({ text: 'SELECT 1;' }, options())).toBeNull();
    });
  });
});

describe('the walls behind the parser', () => {
  it.each([
    "SELECT 1) TO PROGRAM 'true' --",
    "SELECT 1) TO '/tmp/quarry-copy-escape' --",
    'SELECT 1) TO STDOUT; SELECT (2',
    'SELECT 1; SELECT 2',
    'WITH gone AS (DELETE FROM pg_class RETURNING 1) SELECT * FROM gone',
    'SELECT 1 /* open',
  ])('refuse %s', async (text) => {
    expect(await codeOf(leased(async (lease) => cellsOf(await open(lease, text))))).toMatch(/^query\./);
    expect(await leased(async (lease) => cellsOf(await open(lease, 'SELECT 1')))).toEqual([['1']]);
  });
});

describe('an end before the end', () => {
  it('is an error of the query when it fails half-way', async () => {
    const text = 'SELECT 1 / (5000 - n) FROM generate_series(1, 10000) n';
    expect(await codeOf(leased(async (lease) => cellsOf(await open(lease, text))))).toBe('query.failed');
  });

  it('is a time-out or a cancellation, and the connection serves again', async () => {
    const slow = 'SELECT count(*) FROM generate_series(1, 30000) a, generate_series(1, 30000) b';
    expect(await codeOf(leased(async (lease) => cellsOf(await open(lease, slow, { timeoutMs: 100 }))))).toBe('query.timeout');
    const controller = new AbortController();
    const tag = `copy-test-${process.pid}`;
    const cancelled = codeOf(leased(async (lease) => cellsOf(await open(lease, slow, { signal: controller.signal, tag }))));
    // Its own text is among them while it asks.
    const running = `SELECT count(*) > 1 FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%${tag}%'`;
    const deadline = Date.now() + 10_000;
    while (Date.now() < deadline) {
      if ((await leased(async (lease) => cellsOf(await open(lease, running))))[0]?.[0] === 'true') break;
    }
    controller.abort();
    expect(await cancelled).toBe('query.cancelled');
    const reader = leased(async (lease) => {
      for await (const _ of (await open(lease, 'SELECT generate_series(1, 5000000)')).batches) break;
    });
    expect(await codeOf(reader)).toBe('none');
    expect(await leased(async (lease) => cellsOf(await open(lease, 'SELECT 7')))).toEqual([['7']]);
  });
});
