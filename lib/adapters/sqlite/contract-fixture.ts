import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import Database from 'better-sqlite3';
import type { Adapter } from '../contract';
import { type EngineFixture, ODD_NAME, type StoredExample, type TestDatabase } from '../contract-suite';
import { sqlite } from './index';
import { introspect } from './introspect';
import type { SqliteConfig } from './manifest';
import type { RawValue } from './values';

const { dialect } = sqlite;

/** Where the files of the suite are; the test lets SQLITE_ROOT name it, and removes it. */
export const folder = mkdtempSync(path.join(tmpdir(), 'quarry-contract-'));
let files = 0;

async function create(): Promise<TestDatabase> {
  files += 1;
  const file = path.join(folder, `contract ${files}.sqlite`);
  const direct = new Database(file);
  return {
    config: sqlite.manifest.parseConnection({ file: path.basename(file) }),
    exec: async (text) => {
      direct.exec(text);
    },
    count: async (table) => Number(direct.prepare(`SELECT count(*) FROM ${table}`).pluck().get()),
    snapshot: async () => [
      direct.prepare('SELECT * FROM ledger ORDER BY id').all(),
      direct.prepare('SELECT count(*) FROM sqlite_schema').pluck().get(),
      direct.pragma('journal_mode'),
      direct.pragma('user_version'),
      readdirSync(folder).length,
    ],
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
}

/** The state letter of a process of Linux (proc(5)), null when there is none or it waits to be reaped. */
function processState(pid: string): string | null {
  try {
    const state = /^\d+ \(.*\) (\w)/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1] ?? null;
    return state === 'Z' || state === 'X' ? null : state;
  } catch {
    return null;
  }
}

/** Every storage class under every affinity that changes something, and the declarations that people use for the types SQLite lacks. */
const STORED: StoredExample[] = [
  ['integer', '-9223372036854775808', 'bigint', '-9223372036854775808'],
  ['bigint', '9007199254740993', 'bigint', '9007199254740993'],
  ['tinyint', '255', 'bigint', '255'],
  ['real', '0.30000000000000004', 'double', 0.30000000000000004],
  ['double', '9e999', 'double', 'Infinity'],
  ['text', "'é 🦆'", 'text', 'é 🦆'],
  ['varchar(10)', "''", 'text', ''],
  ['blob', "x'00ff80'", 'binary', 'AP+A'],
  ['boolean', '0', 'boolean', false],
  ['decimal(38,10)', '12.5', 'decimal', '12.5'],
  ['decimal(20)', '9223372036854775807', 'decimal', '9223372036854775807'],
  ['date', "'2024-02-29'", 'date', '2024-02-29'],
  ['time', "'03:04:05.5'", 'time', '03:04:05.5'],
  ['datetime', "'2024-01-02 03:04:05.123'", 'timestamp', '2024-01-02T03:04:05.123'],
  ['datetime', "'yesterday'", 'text', 'yesterday'],
  ['uuid', "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'", 'uuid', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'],
  ['json', `'{"big": 9007199254740993}'`, 'json', { big: '9007199254740993' }],
  ['integer', "'a word'", 'text', 'a word'],
  ['year', '2024', 'decimal', '2024'],
].map(([declaration, literal, type, cell]) => ({ declaration, literal, type, cell }) as StoredExample);

/** SQLite's words for the contract suite. */
export const fixture: EngineFixture = {
  label: 'SQLite',
  adapter: sqlite as Adapter,
  create,
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
    idsByNote: 'SELECT id FROM ledger WHERE note = ?1 OR note = ?2',
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

    series: (n) => `WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < ${n}) SELECT i FROM c`,
    wideSeries: (n) =>
      `WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < ${n}) SELECT i, i * 7, i / 7.0, 'name ' || i, date('2020-01-01'), 'x', i % 2, i * 1.5, 'some longer text that stays', NULL FROM c`,
    endless: 'WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c) SELECT count(*) FROM c',
    fatRows: (n, bytes) =>
      `WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < ${n}) SELECT printf('%.*c', ${bytes}, 'x') FROM c`,
  },
  values: [
    { literal: '42', type: 'bigint', cell: '42' },
    { literal: '9223372036854775807', type: 'bigint', cell: '9223372036854775807' },
    { literal: '0.1', type: 'double', cell: 0.1 },
    { literal: '9e999', type: 'double', cell: 'Infinity' },
    { literal: '-9e999', type: 'double', cell: '-Infinity' },
    { literal: "'it''s é 🦆'", type: 'text', cell: "it's é 🦆" },
    { literal: "x'00ff'", type: 'binary', cell: 'AP8=' },
    { literal: "'9223372036854775807'", type: 'text', cell: '9223372036854775807' },
    { literal: "date('2024-02-29')", type: 'text', cell: '2024-02-29' },
  ],
  stored: STORED,
  makeStored: (values) =>
    `CREATE TABLE stored (${values.map(({ declaration }, i) => `c${i} ${declaration}`).join(', ')});
     INSERT INTO stored VALUES (${values.map(({ literal }) => literal).join(', ')})`,
  invalidText: { text: "SELECT CAST(x'ff41c3' AS text)", rows: [['\uFFFDA\uFFFD']] },
  makeTable: (name) =>
    `CREATE TABLE ${dialect.quoteIdentifier(name)} (id integer, note text); INSERT INTO ${dialect.quoteIdentifier(name)} VALUES (1, 'one')`,
  shop: `
    CREATE TABLE customers (region text NOT NULL, no integer NOT NULL, email text UNIQUE, "näme 🦆" text, PRIMARY KEY (region, no));
    CREATE TABLE "Customer Orders" (id integer PRIMARY KEY, customer_region text, customer_no integer, "select" text, amount numeric(10,2),
      doubled numeric GENERATED ALWAYS AS (amount * 2) STORED, status text NOT NULL DEFAULT 'open',
      FOREIGN KEY (customer_region, customer_no) REFERENCES customers (region, no));
    CREATE INDEX orders_by_status ON "Customer Orders" (status, amount);
    CREATE VIEW open_orders AS SELECT id, status FROM "Customer Orders" WHERE status = 'open';
    INSERT INTO customers VALUES ('north', 1, 'a@example.com', 'Ann');
    INSERT INTO "Customer Orders" (id, customer_region, customer_no, "select", amount) VALUES (1, 'north', 1, 'x', 12.50);`,
  manyTables: (n) => {
    const columns = Array.from({ length: 20 }, (_, i) => `c${i} integer`).join(', ');
    return Array.from({ length: n }, (_, i) => `CREATE TABLE t${i} (${columns})`).join(';\n');
  },
  dropTables: (n) => Array.from({ length: n }, (_, i) => `DROP TABLE t${i}`).join('; '),
  countCatalogueQueries: async (database) => {
    const direct = new Database(path.join(folder, (database.config as SqliteConfig).file), { readonly: true });
    direct.defaultSafeIntegers(true);
    const asked: string[] = [];
    await introspect(async (text, params) => {
      asked.push(text);
      return direct
        .prepare(text)
        .raw(true)
        .all(...params) as RawValue[][];
    });
    direct.close();
    // Counting rows, 200 tables at a time, reads the tables themselves.
    return asked.filter((text) => /pragma_|sqlite_schema/.test(text)).length;
  },
  selectColumns: (table, columns) => `SELECT ${columns.join(', ')} FROM ${table}`,

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
};
