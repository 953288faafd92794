import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OpenLimits, Pool } from '../contract';
import { collect, expectCode, options, read, until } from '../contract-suite';
import { PostgresConnection } from './connection';
import { postgres } from './index';
import { introspect } from './introspect';
import type { PostgresConfig } from './manifest';
import { createPostgresDatabase, type PostgresTestDatabase } from './test-database';

/** What PostgreSQL promises beyond the contract suite. */

const LIMITS: OpenLimits = { max: 3, min: 0, waitMs: 5_000, connectTimeoutMs: 5_000, recycleMs: 3_600_000, allowWrites: false };

let database: PostgresTestDatabase;
let pool: Pool;
const pools: Pool[] = [];

function open(config: Partial<PostgresConfig> = {}, limits: Partial<OpenLimits> = {}): Pool {
  const opened = postgres.open({ ...database.config, ...config }, { ...LIMITS, ...limits });
  pools.push(opened);
  return opened;
}

beforeAll(async () => {
  database = await createPostgresDatabase();
  pool = open();
});

afterAll(async () => {
  await Promise.all(pools.map((opened) => opened.drain(0)));
  await database?.drop();
});

describe('connecting', () => {
  it('says that the database is missing', async () => {
    expect(await probe(open({ database: 'no_such_database' }))).toMatchObject({ code: 'source.database_missing' });
  });

  it('says that the host name is unknown', async () => {
    expect(await probe(open({ host: 'no-such-host.invalid' }))).toMatchObject({ code: 'source.unreachable' });
  });
});

describe('the connection report', () => {
  it('equals what the server itself says, and offers a read-only login that works', async () => {
    await database.exec(
      'CREATE SCHEMA "Odd ""Schema"; CREATE TABLE "Odd ""Schema".t (a int); INSERT INTO "Odd ""Schema".t VALUES (7)',
    );
    const lease = await pool.lease();
    const report = await lease.validate();
    lease.release();
    expect(report).toMatchObject({
      serverVersion: await database.scalar('SHOW server_version'),
      database: database.name,
      tableCount: Number(
        await database.scalar(
          "SELECT count(*) FROM information_schema.tables WHERE table_schema NOT IN ('pg_catalog', 'information_schema')",
        ),
      ),
      tls: 'off',
      canWrite: true,
    });
    await database.exec(report.readOnlyUserSql ?? '');
    try {
      await database.exec("ALTER ROLE quarry_reader PASSWORD 'only-reads'");
      const reader = open({ username: 'quarry_reader', password: 'only-reads' });
      expect((await read(reader, 'SELECT a FROM "Odd ""Schema".t')).rows).toEqual([['7']]);
      const readerLease = await reader.lease();
      const readerReport = await readerLease.validate();
      readerLease.release();
      expect(readerReport.canWrite).toBe(false);
      expect(readerReport.readOnlyUserSql).toBeUndefined();
      await reader.drain(0);
    } finally {
      await database.exec('DROP OWNED BY quarry_reader; DROP ROLE quarry_reader; DROP SCHEMA "Odd ""Schema" CASCADE');
    }
  });
});

describe('the customer’s own functions', () => {
  it('runs STABLE ones and refuses VOLATILE ones by name', async () => {
    await database.exec(`
      CREATE FUNCTION adds(a int) RETURNS int STABLE LANGUAGE sql AS 'SELECT a + 1';
      CREATE FUNCTION acts(a int) RETURNS int VOLATILE LANGUAGE sql AS 'SELECT a + 1';
      CREATE SCHEMA other; CREATE FUNCTION other.acts(a int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT a + 1';`);
    const run = async (text: string) => {
      const facts = await postgres.dialect.parse(text);
      expect(facts.effect).toBe('read');
      return read(pool, text, { verifyFunctions: facts.unverifiedFunctions });
    };
    expect((await run('SELECT adds(1)')).rows).toEqual([['2']]);
    expect((await run('SELECT other.acts(1)')).rows).toEqual([['2']]);
    expect((await expectCode(run('SELECT acts(1)'), 'query.refused')).message).toContain('acts');
    expect((await expectCode(run('SELECT public.acts(1)'), 'query.refused')).message).toContain('acts');
    await expectCode(run('SELECT nowhere_to_be_found(1)'), 'query.failed');
  });
});

describe('types of the database itself', () => {
  it('knows enums, domains, and arrays of them, also when made after connecting', async () => {
    await read(pool, 'SELECT 1');
    await database.exec(`CREATE TYPE mood AS ENUM ('sad', 'glad'); CREATE DOMAIN cents AS bigint CHECK (VALUE >= 0);
      CREATE TABLE feelings (m mood, ms mood[], c cents); INSERT INTO feelings VALUES ('glad', '{sad,NULL}', 9007199254740993)`);
    const first = await read(pool, 'SELECT c FROM feelings');
    expect(first).toMatchObject({ columns: [{ type: 'bigint' }], rows: [['9007199254740993']] });
    await read(pool, 'SELECT m FROM feelings'); // a type made since: known from the next query on
    const { columns, rows } = await read(pool, 'SELECT m, ms FROM feelings');
    expect(columns).toMatchObject([
      { type: 'enum', nativeType: 'mood' },
      { type: 'array', nativeType: 'mood[]' },
    ]);
    expect(rows).toEqual([['glad', ['sad', null]]]);
    const lease = await pool.lease();
    const { tables } = await lease.introspect(new AbortController().signal);
    lease.release();
    expect(tables.find((table) => table.name === 'feelings')?.columns).toMatchObject([
      { name: 'm', type: 'enum', enumValues: ['sad', 'glad'] },
      { name: 'ms', type: 'array' },
      { name: 'c', type: 'bigint', nativeType: 'cents' },
    ]);
  });
});

describe('introspection', () => {
  it('asks the same few queries for 1,000 tables of 20 columns as for none', async () => {
    const big = await createPostgresDatabase();
    const connection = await PostgresConnection.open({
      config: big.config,
      limits: LIMITS,
      plain: false,
      customTypes: null,
      volatility: new Map(),
      onLost: () => {},
    });
    try {
      const countQueries = async () => {
        const asked: string[] = [];
        const counted = new Proxy(connection, {
          get: (target, key) => {
            if (key === 'rows') {
              return (text: string, params?: string[]) => {
                asked.push(text);
                return target.rows(text, params);
              };
            }
            const value = Reflect.get(target, key, target) as unknown;
            return typeof value === 'function' ? value.bind(target) : value;
          },
        });
        return { catalogue: await introspect(counted), queries: asked.length };
      };
      const before = await countQueries();
      await big.exec(
        `DO $$ BEGIN FOR i IN 1..1000 LOOP EXECUTE format('CREATE TABLE t%s (%s)', i, (SELECT string_agg(format('c%s int', c), ', ') FROM generate_series(1, 20) c)); END LOOP; END $$`,
      );
      const after = await countQueries();
      expect(after.catalogue.tables).toHaveLength(1_000);
      expect(after.catalogue.tables.every((table) => table.columns.length === 20)).toBe(true);
      expect(after.queries).toBe(before.queries);
      expect(after.queries).toBeLessThan(8);
    } finally {
      await connection.close();
      await big.drop();
    }
  });

  it('reads schemas, comments, partitions, materialised views, indexes and identity', async () => {
    await database.exec(`
      CREATE SCHEMA sales;
      CREATE TABLE sales.facts (id bigint GENERATED ALWAYS AS IDENTITY, day date NOT NULL, "Weird Name" numeric(12,2) DEFAULT 1.5, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
      CREATE TABLE sales.facts_2024 PARTITION OF sales.facts FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
      INSERT INTO sales.facts (day) SELECT DATE '2024-01-01' + i % 300 FROM generate_series(1, 1000) i;
      CREATE MATERIALIZED VIEW sales.daily AS SELECT day, count(*) AS n FROM sales.facts GROUP BY day;
      CREATE UNIQUE INDEX daily_day ON sales.daily (day);
      CREATE INDEX facts_weird ON sales.facts ("Weird Name", lower(id::text));
      COMMENT ON TABLE sales.facts IS 'What was sold';
      COMMENT ON COLUMN sales.facts.day IS 'When';
      ANALYZE sales.facts_2024;`);
    const lease = await pool.lease();
    const { tables, defaultSchema } = await lease.introspect(new AbortController().signal);
    lease.release();
    expect(defaultSchema).toBe('public');
    const found = (name: string) => tables.find((table) => table.schema === 'sales' && table.name === name);
    expect(found('facts')).toMatchObject({
      kind: 'partitioned table',
      comment: 'What was sold',
      primaryKey: ['id', 'day'],
      columns: [
        { name: 'id', type: 'bigint', nullable: false, default: 'GENERATED ALWAYS AS IDENTITY' },
        { name: 'day', type: 'date', comment: 'When' },
        { name: 'Weird Name', nativeType: 'numeric(12,2)', default: '1.5' },
      ],
    });
    expect(found('facts')?.indexes).toContainEqual({
      name: 'facts_weird',
      columns: ['Weird Name', 'lower(id::text)'],
      unique: false,
    });
    expect(found('facts_2024')).toMatchObject({ kind: 'table', rowEstimate: 1_000 });
    expect(found('daily')).toMatchObject({
      kind: 'materialized view',
      indexes: [{ name: 'daily_day', columns: ['day'], unique: true }],
    });
  });
});

describe('limits', () => {
  it('reach the planner: the server stops at limit + 1 rows, in the order asked for', async () => {
    await database.exec(
      'CREATE TABLE many AS SELECT i FROM generate_series(1, 100000) i; CREATE INDEX ON many (i); ANALYZE many',
    );
    for (const text of [
      'SELECT i FROM many ORDER BY i DESC',
      'SELECT i FROM many ORDER BY i DESC LIMIT 50000',
      'SELECT i FROM many ORDER BY i DESC LIMIT (SELECT 50000)',
    ]) {
      const limited = postgres.dialect.limit(text, await postgres.dialect.parse(text), 11);
      expect(
        (await read(pool, limited)).rows.map(([i]) => i),
        text,
      ).toEqual(Array.from({ length: 11 }, (_, i) => String(100_000 - i)));
      const { rows } = await read(pool, `EXPLAIN (ANALYZE, FORMAT JSON, TIMING off, SUMMARY off) ${limited}`);
      const plan = (rows[0]?.[0] as { Plan: PlanNode }[] | undefined)?.[0]?.Plan;
      expect(scannedRows(plan), text).toBeLessThanOrEqual(12);
    }
  });
});

interface PlanNode {
  'Node Type': string;
  'Actual Rows': number;
  Plans?: PlanNode[];
}

/** Most rows that any scan of the plan gave. */
function scannedRows(node: PlanNode | undefined): number {
  if (!node) return Number.NaN;
  const own = /Scan/.test(node['Node Type']) ? node['Actual Rows'] : 0;
  return Math.max(own, ...(node.Plans ?? []).map(scannedRows));
}

describe('one connection', () => {
  it('carries the tag of a query where the server lists it', async () => {
    const lease = await pool.lease();
    const controller = new AbortController();
    const running = expectCode(
      collect(lease, 'SELECT pg_sleep(60)', { tag: 'quarry:abc', signal: controller.signal }),
      'query.cancelled',
    );
    await until(async () =>
      String(await database.scalar(`SELECT query FROM pg_stat_activity WHERE pid = ${lease.backendId}`)).startsWith(
        '/* quarry:abc */',
      ),
    );
    controller.abort();
    await running;
    lease.release();
  });

  it('gives the place of an error in the caller’s own text', async () => {
    const error = await expectCode(read(pool, 'SELECT nope FROM pg_class', { tag: 'quarry:abc' }), 'query.failed');
    expect(error.details).toMatchObject({ sqlState: '42703', position: 8 });
  });

  it('does not let one query’s settings reach the next', async () => {
    const lease = await pool.lease();
    await collect(lease, "SELECT set_config('statement_timeout', '0', false), set_config('timezone', 'Asia/Tokyo', false)", {});
    const { rows } = await collect(lease, "SELECT current_setting('statement_timeout'), current_setting('timezone')", {});
    lease.release();
    expect(rows).toEqual([['30s', 'UTC']]);
  });

  it('stops a query that the server’s own time-out does not', async () => {
    const lease = await pool.lease();
    await expectCode(
      collect(lease, "SELECT set_config('statement_timeout', '0', true), pg_sleep(60)", { timeoutMs: 300 }),
      'query.timeout',
    );
    expect((await collect(lease, 'SELECT 1', {})).rows).toEqual([['1']]);
    lease.release();
  });

  it('fails in the middle of a stream with the server’s own words, and goes on', async () => {
    const lease = await pool.lease();
    const result = await lease.execute(
      { text: 'SELECT 1 / (150000 - i) FROM generate_series(1, 200000) i' },
      options({ maxRows: Number.MAX_SAFE_INTEGER, maxBytes: Number.MAX_SAFE_INTEGER }),
    );
    let rows = 0;
    const reading = (async () => {
      for await (const batch of result.rows) rows += batch.length;
    })();
    expect((await expectCode(reading, 'query.failed')).message).toMatch(/division by zero/);
    expect(rows).toBeGreaterThan(100_000);
    expect((await collect(lease, 'SELECT 1', {})).rows).toEqual([['1']]);
    lease.release();
  });

  it('refuses text and values that the wire cannot carry', async () => {
    await expectCode(read(pool, "SELECT 'a\0b'"), 'query.invalid');
    await expectCode(read(pool, 'SELECT $1::text', { params: ['a\0b'] }), 'query.invalid');
  });

  it('binds arrays, JSON, dates, bytes and big numbers exactly', async () => {
    const { rows } = await read(
      pool,
      'SELECT $1::int[], $2::jsonb, $3::timestamptz, $4::bytea, $5::bigint, $6::text, $7::text[]',
      {
        params: [
          [1, null, 3],
          { a: 1 },
          new Date('2024-01-02T03:04:05Z'),
          new Uint8Array([0, 255]),
          9007199254740993n,
          null,
          ['a"b', 'c,d'],
        ],
      },
    );
    expect(rows).toEqual([
      [['1', null, '3'], { a: 1 }, '2024-01-02T03:04:05Z', 'AP8=', '9007199254740993', null, ['a"b', 'c,d']],
    ]);
  });
});

/** The error of connecting, or null. */
async function probe(from: Pool) {
  try {
    (await from.lease()).release();
    return null;
  } catch (error) {
    return error as { code: string; message: string; details?: unknown };
  }
}
