import { randomBytes } from 'node:crypto';
import type { Adapter } from '../contract';
import {
  type EngineFixture,
  ODD_NAME,
  type ServerFixture,
  type StoredExample,
  type TestDatabase,
  type TestLogin,
  until,
} from '../contract-suite';
import { postgres } from './index';
import { createPostgresDatabase } from './test-database';
import { startPostgresServer } from './test-server';

const { dialect } = postgres;

/** What an attack could have changed beside the rows of the ledger. */
const TRACES = `
  SELECT count(*) || ' ' || (SELECT count(*) FROM pg_largeobject_metadata) || ' ' || (SELECT count(*) FROM pg_namespace) FROM pg_class`;

async function create(encoding?: string): Promise<TestDatabase> {
  const database = await createPostgresDatabase(encoding);
  const backends = async (pid: string, condition = 'true') =>
    Number(await database.scalar(`SELECT count(*) FROM pg_stat_activity WHERE pid = ${pid} AND ${condition}`));
  return {
    config: database.config,
    connection: database.connection,
    exec: (text) => database.exec(text),
    count: async (table) => Number(await database.scalar(`SELECT count(*) FROM ${table}`)),
    snapshot: async () => [
      await database.scalar("SELECT string_agg(id || ' ' || note, ', ' ORDER BY id) FROM ledger"),
      await database.scalar(TRACES),
    ],
    isRunning: async (pid) => (await backends(pid, "state = 'active'")) === 1,
    isAlive: async (pid) => (await backends(pid)) === 1,
    killBackend: async (pid) => {
      await database.scalar(`SELECT pg_terminate_backend(${pid})`);
    },
    drop: () => database.drop(),
  };
}

async function createLogin(
  database: TestDatabase,
  { password, connectionLimit = -1 }: { password: string; connectionLimit?: number },
): Promise<TestLogin> {
  const username = `login_${randomBytes(6).toString('hex')}`;
  await database.exec(
    `CREATE ROLE ${username} LOGIN PASSWORD '${password}' CONNECTION LIMIT ${connectionLimit}; GRANT SELECT ON ALL TABLES IN SCHEMA public TO ${username}`,
  );
  return loginOf(database, username, password);
}

function loginOf(database: TestDatabase, username: string, password: string): TestLogin {
  return {
    connection: { ...database.connection, username, password },
    setPassword: (next) => database.exec(`ALTER ROLE ${username} PASSWORD '${next}'`),
    drop: async () => {
      await until(async () => (await database.count(`pg_stat_activity WHERE usename = '${username}'`)) === 0);
      await database.exec(`DROP OWNED BY ${username}; DROP ROLE ${username}`);
    },
  };
}

const server: ServerFixture = {
  createLogin,
  tooManyConnections: /no free connection slot/,
  runReadOnlyUserSql: async (database, text) => {
    const username = `reader_${randomBytes(6).toString('hex')}`;
    await database.exec(text.replaceAll('quarry_reader', username));
    await database.exec(`ALTER ROLE ${username} PASSWORD 'only-reads'`);
    return loginOf(database, username, 'only-reads');
  },
  startServer: startPostgresServer,
};

/** Every type of PostgreSQL that has a form of its own, at its limits. */
const STORED: StoredExample[] = [
  ['smallint', '-32768', 'integer', '-32768'],
  ['integer', '2147483647', 'integer', '2147483647'],
  ['bigint', '-9223372036854775808', 'bigint', '-9223372036854775808'],
  ['numeric', '18446744073709551615', 'decimal', '18446744073709551615'],
  ['numeric(38,10)', '1234567890123456789012345678.0123456789', 'decimal', '1234567890123456789012345678.0123456789'],
  ['numeric', "'NaN'", 'decimal', 'NaN'],
  ['numeric', "'-Infinity'", 'decimal', '-Infinity'],
  ['real', '16777216', 'double', 16777216],
  ['real', '0.1', 'double', 0.1],
  ['double precision', '0.30000000000000004', 'double', 0.30000000000000004],
  ['double precision', "'NaN'", 'double', 'NaN'],
  ['double precision', "'Infinity'", 'double', 'Infinity'],
  ['money', "'12.34'", 'text', '$12.34'],
  ['boolean', 'false', 'boolean', false],
  ['text', "'é 🦆'", 'text', 'é 🦆'],
  ['varchar(10)', "''", 'text', ''],
  ['char(4)', "'ab'", 'text', 'ab  '],
  ['name', "'n'", 'text', 'n'],
  ['date', "'0001-01-01'", 'date', '0001-01-01'],
  ['date', "'-infinity'", 'date', '-infinity'],
  ['time', "'24:00:00'", 'time', '24:00:00'],
  ['timetz', "'23:59:59.999999-11'", 'timetz', '23:59:59.999999-11:00'],
  ['timestamp', "'2024-12-31 23:59:59.999999'", 'timestamp', '2024-12-31T23:59:59.999999'],
  ['timestamptz', "'2024-03-31 02:30:00 Europe/Berlin'", 'timestamptz', '2024-03-31T01:30:00Z'],
  ['interval', "'-1 mon +2 days -00:00:00.5'", 'interval', 'P-1M2DT-0.5S'],
  ['uuid', "'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'", 'uuid', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'],
  ['json', `'{"b": 1, "a": [9007199254740993]}'`, 'json', { b: 1, a: ['9007199254740993'] }],
  ['jsonb', `'{"b": {"c": null}, "a": 1.50}'`, 'json', { a: 1.5, b: { c: null } }],
  ['bigint[]', "'{9223372036854775807,NULL}'", 'array', ['9223372036854775807', null]],
  ['numeric(10,2)[]', "'{{1.10},{2.20}}'", 'array', [['1.10'], ['2.20']]],
  ['text[]', `'{"a,b","NULL",NULL,""}'`, 'array', ['a,b', 'NULL', null, '']],
  ['bytea', "'\\x00ff80'", 'binary', 'AP+A'],
  ['bit(4)', "B'0101'", 'bit', '0101'],
  ['bit varying', "B'1'", 'bit', '1'],
  ['inet', "'2001:db8::1/64'", 'inet', '2001:db8::1/64'],
  ['cidr', "'10.0.0.0/8'", 'inet', '10.0.0.0/8'],
  ['point', "'(1.5,-2)'", 'geometry', '(1.5,-2)'],
  ['polygon', "'((0,0),(1,1),(1,0))'", 'geometry', '((0,0),(1,1),(1,0))'],
  ['int8range', "'[1,9223372036854775807)'", 'text', '[1,9223372036854775807)'],
  ['tsvector', "'a b'", 'text', "'a' 'b'"],
  ['xml', "'<a/>'", 'text', '<a/>'],
].map(([declaration, literal, type, cell]) => ({ declaration, literal, type, cell }) as StoredExample);

/** PostgreSQL's words for the contract suite. */
export const fixture: EngineFixture = {
  label: 'PostgreSQL',
  adapter: postgres as Adapter,
  create: () => create(),
  queries: {
    makeLedger: "CREATE TABLE ledger (id integer PRIMARY KEY, note text); INSERT INTO ledger VALUES (1, 'one'), (2, 'two')",
    one: { text: 'SELECT 41 + 1', rows: [['42']] },
    literal: (expression) => `SELECT ${expression} AS v`,
    noRows: { text: 'SELECT id, note FROM ledger WHERE id < 0', rows: [] },
    oddNames: {
      text: `SELECT NULL AS a, 2 AS ${dialect.quoteIdentifier(ODD_NAME)}`,
      columns: ['a', ODD_NAME],
      rows: [[null, '2']],
    },
    duplicateColumns: { text: 'SELECT NULL AS a, 1 AS a', columns: ['a', 'a'], rows: [[null, '1']] },
    idsByNote: 'SELECT id FROM ledger WHERE note = $1 OR note = $2',
    namedParameter: "SELECT note FROM ledger WHERE note <> ':no' /* :no */ AND id = :id AND id = :id -- :no",
    missingParameter: 'SELECT :missing',
    twoStatements: 'SELECT 1; DELETE FROM ledger',
    insertThree: "INSERT INTO ledger VALUES (3, 'three')",
    writes: {
      make: 'CREATE TABLE written (id integer PRIMARY KEY, note text)',
      insertTwo: "INSERT INTO written VALUES (1, 'a'), (2, 'b')",
      clash: "INSERT INTO written VALUES (3, 'c'), (1, 'a')",
      deleteAll: 'DELETE FROM written',
    },
    invalid: ['', '  -- nothing\n', 'SELECT 1; SELECT 2', 'SELECT FROM WHERE', "SELECT 'open"],
    tables: [
      {
        text: 'WITH a AS (SELECT * FROM b) SELECT * FROM a JOIN c ON true WHERE x IN (SELECT y FROM d)',
        tables: ['b', 'c', 'd'],
      },
      { text: 'SELECT * FROM a WHERE x IN (WITH a AS (SELECT 1 AS y) SELECT y FROM a)', tables: ['a'] },
    ],
    normalised: {
      same: ["SELECT  note -- c\nFROM ledger WHERE note = 'a  b' ;", "SELECT note FROM /* c */ ledger WHERE note = 'a  b'"],
      other: "SELECT note FROM ledger WHERE note = 'a b'",
    },
    limited: [
      { text: 'SELECT id FROM ledger ORDER BY id DESC -- last', rows: 1 },
      { text: 'SELECT id FROM ledger ORDER BY id DESC LIMIT 10;', rows: 1 },
      { text: 'SELECT id FROM ledger ORDER BY id DESC LIMIT 1', rows: 5 },
      { text: 'SELECT 2 AS id UNION ALL SELECT 1 ORDER BY 1 DESC', rows: 1 },
      { text: 'WITH l AS (SELECT id FROM ledger LIMIT 50) SELECT id FROM l ORDER BY id DESC', rows: 1 },
      { text: 'SELECT id FROM ledger ORDER BY id DESC LIMIT 5 OFFSET 0', rows: 1 },
    ],
    deterministic: ['SELECT count(*) FROM ledger'],
    volatile: ['SELECT random()', 'SELECT CURRENT_TIMESTAMP'],
    missingTable: { text: 'SELECT * FROM no_such_table', message: /no_such_table/ },
    readLedger: 'SELECT * FROM ledger',
    readStored: (columns) => `SELECT ${Array.from({ length: columns }, (_, i) => `c${i}`).join(', ')} FROM stored`,

    series: (n) => `SELECT i FROM generate_series(1, ${n}) i`,
    wideSeries: (n) =>
      `SELECT i, i * 7::bigint, (i / 7.0)::numeric(12, 3), 'name ' || i, DATE '2020-01-01' + i % 1000, TIMESTAMP '2020-01-01' + i * INTERVAL '1 s', i % 2 = 0, i * 1.5::float8, 'some longer text that stays', NULL FROM generate_series(1, ${n}) i`,
    endless: 'SELECT pg_sleep(60)',
    fatRows: (n, bytes) => `SELECT repeat('x', ${bytes}) FROM generate_series(1, ${n})`,
  },
  values: [
    { literal: '42::int2', type: 'integer', cell: '42' },
    { literal: '2147483647', type: 'integer', cell: '2147483647' },
    { literal: '9223372036854775807::int8', type: 'bigint', cell: '9223372036854775807' },
    { literal: '12.50::numeric(10,2)', type: 'decimal', cell: '12.50' },
    { literal: '123456789012345678901234567890.123456789', type: 'decimal', cell: '123456789012345678901234567890.123456789' },
    { literal: "'NaN'::numeric", type: 'decimal', cell: 'NaN' },
    { literal: '0.1::float8', type: 'double', cell: 0.1 },
    { literal: '0.1::float4', type: 'double', cell: 0.1 },
    { literal: "'NaN'::float8", type: 'double', cell: 'NaN' },
    { literal: "'-Infinity'::float8", type: 'double', cell: '-Infinity' },
    { literal: 'true', type: 'boolean', cell: true },
    { literal: "'it''s é 🦆'::text", type: 'text', cell: "it's é 🦆" },
    { literal: "'ab'::char(4)", type: 'text', cell: 'ab  ' },
    { literal: "DATE '2024-02-29'", type: 'date', cell: '2024-02-29' },
    { literal: "'0044-03-15 BC'::date", type: 'date', cell: '-0043-03-15' },
    { literal: "'infinity'::date", type: 'date', cell: 'infinity' },
    { literal: "TIME '03:04:05.123456'", type: 'time', cell: '03:04:05.123456' },
    { literal: "'03:04:05+05:30'::timetz", type: 'timetz', cell: '03:04:05+05:30' },
    { literal: "'03:04:05+02'::timetz", type: 'timetz', cell: '03:04:05+02:00' },
    { literal: "TIMESTAMP '2024-01-02 03:04:05.6'", type: 'timestamp', cell: '2024-01-02T03:04:05.6' },
    { literal: "'12024-01-02 03:04:05'::timestamp", type: 'timestamp', cell: '+12024-01-02T03:04:05' },
    { literal: "'2024-01-02 03:04:05.123456+02'::timestamptz", type: 'timestamptz', cell: '2024-01-02T01:04:05.123456Z' },
    { literal: "'1 year 2 days 03:04:05.5'::interval", type: 'interval', cell: 'P1Y2DT3H4M5.5S' },
    { literal: "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid", type: 'uuid', cell: 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11' },
    { literal: '\'{"a": [1, 2.5, "x"], "n": null}\'::jsonb', type: 'json', cell: { a: [1, 2.5, 'x'], n: null } },
    {
      literal: '\'{"big": 9007199254740993, "text": "9007199254740993"}\'::json',
      type: 'json',
      cell: { big: '9007199254740993', text: '9007199254740993' },
    },
    { literal: "'[0.12345678901234567, 1e400]'::json", type: 'json', cell: ['0.12345678901234567', '1e400'] },
    { literal: 'ARRAY[1, NULL, 3]', type: 'array', cell: ['1', null, '3'] },
    {
      literal: "ARRAY[ARRAY['a,b', 'c\"d'], ARRAY['NULL', 'e\\f']]",
      type: 'array',
      cell: [
        ['a,b', 'c"d'],
        ['NULL', 'e\\f'],
      ],
    },
    { literal: "'{}'::text[]", type: 'array', cell: [] },
    { literal: 'ARRAY[true, false]', type: 'array', cell: [true, false] },
    { literal: "'[2:3]={1,2}'::int[]", type: 'array', cell: ['1', '2'] },
    { literal: "'\\x00ff'::bytea", type: 'binary', cell: 'AP8=' },
    { literal: "B'1010'", type: 'bit', cell: '1010' },
    { literal: "'192.168.0.1/24'::inet", type: 'inet', cell: '192.168.0.1/24' },
    { literal: "'(1,2)'::point", type: 'geometry', cell: '(1,2)' },
    { literal: 'ROW(1, NULL)', type: 'unknown', cell: '(1,)' },
    { literal: "'[1,5)'::int4range", type: 'text', cell: '[1,5)' },
  ],
  stored: STORED,
  makeStored: (values) =>
    `CREATE TABLE stored (${values.map(({ declaration }, i) => `c${i} ${declaration}`).join(', ')});
     INSERT INTO stored VALUES (${values.map(({ literal }) => literal).join(', ')})`,
  invalidText: {
    create: () => create('SQL_ASCII'),
    setUp: "CREATE TABLE bytes (t text); INSERT INTO bytes VALUES (convert_from('\\xff41c3', 'SQL_ASCII'))",
    text: 'SELECT t FROM bytes',
    rows: [['\uFFFDA\uFFFD']],
  },
  makeTable: (name) =>
    `CREATE TABLE ${dialect.quoteIdentifier(name)} (id integer, note text); INSERT INTO ${dialect.quoteIdentifier(name)} VALUES (1, 'one')`,
  partitioned: `
    CREATE TABLE measurements (id integer, day date, degrees numeric(5,2)) PARTITION BY RANGE (day);
    CREATE TABLE measurements_2024 PARTITION OF measurements FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
    CREATE TABLE measurements_2025 PARTITION OF measurements FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
    INSERT INTO measurements VALUES (1, '2024-05-01', 20.5), (2, '2025-05-01', 21.5)`,
  server,
  shop: `
    CREATE TABLE customers (region text, no integer, email text UNIQUE, "näme 🦆" text, PRIMARY KEY (region, no));
    CREATE TABLE "Customer Orders" (id integer PRIMARY KEY, customer_region text, customer_no integer, "select" text, amount numeric(10,2),
      doubled numeric GENERATED ALWAYS AS (amount * 2) STORED, status text NOT NULL DEFAULT 'open',
      FOREIGN KEY (customer_region, customer_no) REFERENCES customers (region, no));
    CREATE INDEX orders_by_status ON "Customer Orders" (status, amount);
    COMMENT ON TABLE customers IS 'Who buys';
    COMMENT ON COLUMN customers.email IS 'For invoices';
    CREATE VIEW open_orders AS SELECT id, status FROM "Customer Orders" WHERE status = 'open';
    INSERT INTO customers VALUES ('north', 1, 'a@example.com', 'Ann');
    INSERT INTO "Customer Orders" (id, customer_region, customer_no, "select", amount) VALUES (1, 'north', 1, 'x', 12.50);
    ANALYZE;`,
  manyTables: (n) => {
    const columns = Array.from({ length: 20 }, (_, i) => `c${i} integer`).join(', ');
    return Array.from({ length: n }, (_, i) => `CREATE TABLE t${i} (${columns})`).join(';\n');
  },
  dropTables: (n) => Array.from({ length: n }, (_, i) => `DROP TABLE t${i}`).join('; '),
  selectColumns: (table, columns) => `SELECT ${columns.join(', ')} FROM ${table}`,

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
};
