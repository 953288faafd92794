import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, vi } from 'vitest';
import type { Adapter } from './contract';
import { contractSuite, SENTINEL } from './contract-suite';
import { postgres } from './postgres';
import { createPostgresDatabase } from './postgres/test-database';
import { sqlite } from './sqlite';

/** Every engine through the one suite, on real servers and files. */

contractSuite('PostgreSQL', {
  adapter: postgres as Adapter,
  create: async () => {
    const database = await createPostgresDatabase();
    return {
      config: database.config,
      exec: (sql) => database.exec(sql),
      scalar: (sql) =>
        database.scalar(
          sql === SENTINEL
            ? "SELECT count(*) || ' ' || (SELECT count(*) FROM pg_largeobject_metadata) || ' ' || (SELECT count(*) FROM pg_namespace) FROM pg_class"
            : sql,
        ),
      isRunning: async (pid) =>
        Number(await database.scalar(`SELECT count(*) FROM pg_stat_activity WHERE pid = ${pid} AND state = 'active'`)) === 1,
      isAlive: async (pid) => Number(await database.scalar(`SELECT count(*) FROM pg_stat_activity WHERE pid = ${pid}`)) === 1,
      killBackend: async (pid) => {
        await database.scalar(`SELECT pg_terminate_backend(${pid})`);
      },
      drop: () => database.drop(),
    };
  },
  series: (n) => `SELECT i FROM generate_series(1, ${n}) i`,
  wideSeries: (n) =>
    `SELECT i, i * 7::bigint, (i / 7.0)::numeric(12, 3), 'name ' || i, DATE '2020-01-01' + i % 1000, TIMESTAMP '2020-01-01' + i * INTERVAL '1 s', i % 2 = 0, i * 1.5::float8, 'some longer text that stays', NULL FROM generate_series(1, ${n}) i`,
  endless: 'SELECT pg_sleep(60)',
  fatRows: (n, bytes) => `SELECT repeat('x', ${bytes}) FROM generate_series(1, ${n})`,
  placeholder: (n) => `$${n}`,
  missingTable: /no_such_table/,
  values: [
    { sql: '42::int2', type: 'integer', cell: '42' },
    { sql: '2147483647', type: 'integer', cell: '2147483647' },
    { sql: '9223372036854775807::int8', type: 'bigint', cell: '9223372036854775807' },
    { sql: '12.50::numeric(10,2)', type: 'decimal', cell: '12.50' },
    { sql: '123456789012345678901234567890.123456789', type: 'decimal', cell: '123456789012345678901234567890.123456789' },
    { sql: "'NaN'::numeric", type: 'decimal', cell: 'NaN' },
    { sql: '0.1::float8', type: 'double', cell: 0.1 },
    { sql: '0.1::float4', type: 'double', cell: 0.1 },
    { sql: "'NaN'::float8", type: 'double', cell: 'NaN' },
    { sql: "'-Infinity'::float8", type: 'double', cell: '-Infinity' },
    { sql: 'true', type: 'boolean', cell: true },
    { sql: "'it''s é 🦆'::text", type: 'text', cell: "it's é 🦆" },
    { sql: "'ab'::char(4)", type: 'text', cell: 'ab  ' },
    { sql: "DATE '2024-02-29'", type: 'date', cell: '2024-02-29' },
    { sql: "'0044-03-15 BC'::date", type: 'date', cell: '-0043-03-15' },
    { sql: "'infinity'::date", type: 'date', cell: 'infinity' },
    { sql: "TIME '03:04:05.123456'", type: 'time', cell: '03:04:05.123456' },
    { sql: "'03:04:05+05:30'::timetz", type: 'timetz', cell: '03:04:05+05:30' },
    { sql: "'03:04:05+02'::timetz", type: 'timetz', cell: '03:04:05+02:00' },
    { sql: "TIMESTAMP '2024-01-02 03:04:05.6'", type: 'timestamp', cell: '2024-01-02T03:04:05.6' },
    { sql: "'12024-01-02 03:04:05'::timestamp", type: 'timestamp', cell: '+12024-01-02T03:04:05' },
    { sql: "'2024-01-02 03:04:05.123456+02'::timestamptz", type: 'timestamptz', cell: '2024-01-02T01:04:05.123456Z' },
    { sql: "'1 year 2 days 03:04:05.5'::interval", type: 'interval', cell: 'P1Y2DT3H4M5.5S' },
    { sql: "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid", type: 'uuid', cell: 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11' },
    { sql: '\'{"a": [1, 2.5, "x"], "n": null}\'::jsonb', type: 'json', cell: { a: [1, 2.5, 'x'], n: null } },
    {
      sql: '\'{"big": 9007199254740993, "text": "9007199254740993"}\'::json',
      type: 'json',
      cell: { big: '9007199254740993', text: '9007199254740993' },
    },
    { sql: "'[0.12345678901234567, 1e400]'::json", type: 'json', cell: ['0.12345678901234567', '1e400'] },
    { sql: 'ARRAY[1, NULL, 3]', type: 'array', cell: ['1', null, '3'] },
    {
      sql: "ARRAY[ARRAY['a,b', 'c\"d'], ARRAY['NULL', 'e\\f']]",
      type: 'array',
      cell: [
        ['a,b', 'c"d'],
        ['NULL', 'e\\f'],
      ],
    },
    { sql: "'{}'::text[]", type: 'array', cell: [] },
    { sql: 'ARRAY[true, false]', type: 'array', cell: [true, false] },
    { sql: "'[2:3]={1,2}'::int[]", type: 'array', cell: ['1', '2'] },
    { sql: "'\\x00ff'::bytea", type: 'binary', cell: 'AP8=' },
    { sql: "B'1010'", type: 'bit', cell: '1010' },
    { sql: "'192.168.0.1/24'::inet", type: 'inet', cell: '192.168.0.1/24' },
    { sql: "'(1,2)'::point", type: 'geometry', cell: '(1,2)' },
    { sql: 'ROW(1, NULL)', type: 'unknown', cell: '(1,)' },
    { sql: "'[1,5)'::int4range", type: 'text', cell: '[1,5)' },
  ],
  shop: `
    CREATE TABLE customers (region text, no integer, email text UNIQUE, "näme 🦆" text, PRIMARY KEY (region, no));
    CREATE TABLE "Customer Orders" (id integer PRIMARY KEY, customer_region text, customer_no integer, "select" text, amount numeric(10,2),
      doubled numeric GENERATED ALWAYS AS (amount * 2) STORED, status text NOT NULL DEFAULT 'open',
      FOREIGN KEY (customer_region, customer_no) REFERENCES customers (region, no));
    CREATE VIEW open_orders AS SELECT id, status FROM "Customer Orders" WHERE status = 'open';`,
  attacks: [
    'DELETE FROM ledger',
    'WITH d AS (DELETE FROM ledger RETURNING *) SELECT * FROM d',
    'CREATE TABLE stolen AS SELECT 1',
    'SELECT * INTO stolen FROM ledger',
    'EXPLAIN ANALYZE CREATE TABLE stolen AS SELECT 1',
    'EXPLAIN ANALYZE DELETE FROM ledger',
    'DO $$ BEGIN DELETE FROM ledger; END $$',
    'TRUNCATE ledger',
    'SET default_transaction_read_only = off',
    'SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE',
    'SET TRANSACTION READ WRITE',
    'COMMIT',
    'ROLLBACK',
    'BEGIN READ WRITE',
    'COPY ledger FROM STDIN',
    'COPY ledger TO STDOUT',
    'LOCK TABLE ledger',
    'PREPARE p AS DELETE FROM ledger',
    'DECLARE c CURSOR WITH HOLD FOR SELECT 1',
    'LISTEN quarry',
    "NOTIFY quarry, 'x'",
    'DISCARD ALL',
    'SELECT lo_create(0)',
    "SELECT lo_from_bytea(0, 'x')",
    "SELECT set_config('default_transaction_read_only', 'off', false)",
    "SELECT query_to_xml('DELETE FROM ledger', true, true, '')",
    'SET ROLE pg_read_all_data',
    "PREPARE TRANSACTION 'stolen'",
    'CREATE TEMP TABLE stolen AS SELECT 1',
    'SELECT 1; COMMIT; DELETE FROM ledger',
  ],
  sneaky: [
    "SELECT pg_catalog.lo_import('/etc/passwd')",
    "SELECT pg_read_file('/etc/passwd')",
    "SELECT * FROM pg_read_file('/etc/passwd')",
    "SELECT query_to_xml('delete from ledger', true, true, '')",
    "SELECT * FROM ts_stat('SELECT note FROM ledger')",
    "SELECT pg_notify('a', 'b')",
    'SELECT pg_advisory_lock(1)',
    'SELECT pg_terminate_backend(1)',
    "SELECT nextval('s')",
    "SELECT * FROM dblink('host=x', 'select 1') AS t(a int)",
    'SELECT * FROM pg_stats',
    'SELECT * FROM pg_catalog.pg_authid',
    'SELECT passwd FROM pg_shadow',
    'SELECT * FROM ledger FOR UPDATE',
    'SELECT (SELECT a FROM (SELECT lo_unlink(1) AS a) x)',
    'SELECT 1 ORDER BY pg_reload_conf()',
    "SELECT * FROM ledger WHERE note = (SELECT pg_ls_dir('/') LIMIT 1)",
    'SELECT "pg_read_file"(\'/etc/passwd\')',
    'WITH pg_stats AS (SELECT 1) SELECT * FROM pg_catalog.pg_stats',
  ],
});

const folder = mkdtempSync(path.join(tmpdir(), 'quarry-contract-'));
let files = 0;

beforeAll(() => vi.stubEnv('SQLITE_ROOT', folder));
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

contractSuite('SQLite', {
  adapter: sqlite as Adapter,
  create: async () => {
    files += 1;
    const file = path.join(folder, `contract ${files}.sqlite`);
    const direct = new Database(file);
    return {
      config: sqlite.manifest.parseConnection({ file: path.basename(file) }),
      exec: async (sql) => {
        direct.exec(sql);
      },
      scalar: async (sql) =>
        sql === SENTINEL
          ? [
              direct.prepare('SELECT count(*) FROM sqlite_schema').pluck().get(),
              direct.pragma('journal_mode'),
              direct.pragma('user_version'),
              readdirSync(folder).length,
            ]
          : direct.prepare(sql).pluck().get(),
      isRunning: async (pid) => processState(pid) === 'R',
      isAlive: async (pid) => processState(pid) !== null,
      killBackend: async (pid) => {
        process.kill(Number(pid), 'SIGKILL');
      },
      drop: async () => {
        direct.close();
        rmSync(file, { force: true });
      },
    };
  },
  series: (n) => `WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < ${n}) SELECT i FROM c`,
  wideSeries: (n) =>
    `WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < ${n}) SELECT i, i * 7, i / 7.0, 'name ' || i, date('2020-01-01'), 'x', i % 2, i * 1.5, 'some longer text that stays', NULL FROM c`,
  endless: 'WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c) SELECT count(*) FROM c',
  fatRows: (n, bytes) =>
    `WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < ${n}) SELECT printf('%.*c', ${bytes}, 'x') FROM c`,
  placeholder: (n) => `?${n}`,
  missingTable: /no_such_table/,
  values: [
    { sql: '42', type: 'bigint', cell: '42' },
    { sql: '9223372036854775807', type: 'bigint', cell: '9223372036854775807' },
    { sql: '0.1', type: 'double', cell: 0.1 },
    { sql: '9e999', type: 'double', cell: 'Infinity' },
    { sql: '-9e999', type: 'double', cell: '-Infinity' },
    { sql: "'it''s é 🦆'", type: 'text', cell: "it's é 🦆" },
    { sql: "x'00ff'", type: 'binary', cell: 'AP8=' },
    { sql: "'9223372036854775807'", type: 'text', cell: '9223372036854775807' },
    { sql: "date('2024-02-29')", type: 'text', cell: '2024-02-29' },
  ],
  shop: `
    CREATE TABLE customers (region text NOT NULL, no integer NOT NULL, email text UNIQUE, "näme 🦆" text, PRIMARY KEY (region, no));
    CREATE TABLE "Customer Orders" (id integer PRIMARY KEY, customer_region text, customer_no integer, "select" text, amount numeric(10,2),
      doubled numeric GENERATED ALWAYS AS (amount * 2) STORED, status text NOT NULL DEFAULT 'open',
      FOREIGN KEY (customer_region, customer_no) REFERENCES customers (region, no));
    CREATE VIEW open_orders AS SELECT id, status FROM "Customer Orders" WHERE status = 'open';`,
  attacks: [
    'DELETE FROM ledger',
    'WITH d AS (SELECT 1) DELETE FROM ledger RETURNING *',
    "INSERT INTO ledger VALUES (9, 'x') RETURNING id",
    'CREATE TABLE stolen AS SELECT 1',
    'CREATE TEMP TABLE stolen AS SELECT 1',
    `ATTACH '${path.join(folder, 'made.db')}' AS made`,
    `ATTACH 'file:${path.join(folder, 'made.db')}?mode=rwc' AS made`,
    `VACUUM INTO '${path.join(folder, 'copy.db')}'`,
    'PRAGMA journal_mode = wal',
    'PRAGMA query_only = off',
    'PRAGMA user_version = 7',
    'EXPLAIN PRAGMA journal_mode = wal',
    'EXPLAIN QUERY PLAN PRAGMA query_only = off',
    '/* x */ EXPLAIN -- y\n PRAGMA query_only = off',
    'PRAGMA writable_schema = on',
    'BEGIN',
    'SAVEPOINT s',
    'DETACH main',
    'REINDEX',
    'ANALYZE',
    'DROP TABLE ledger',
  ],
  sneaky: [
    "SELECT load_extension('x')",
    "SELECT writefile('x', 'y')",
    'SELECT "load_extension"(\'x\')',
    "SELECT * FROM ledger WHERE note = readfile('/etc/passwd')",
    "SELECT fts3_tokenizer('x')",
    'SELECT * FROM sqlite_dbpage',
    'EXPLAIN DELETE FROM ledger',
  ],
});

/** The state letter of a process of Linux (proc(5)), null when there is none or it waits to be reaped. */
function processState(pid: string): string | null {
  try {
    const state = /^\d+ \(.*\) (\w)/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1] ?? null;
    return state === 'Z' || state === 'X' ? null : state;
  } catch {
    return null;
  }
}
