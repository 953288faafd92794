import { randomBytes } from 'node:crypto';
import type { Adapter } from '../contract';
import {
  type EngineFixture,
  type ServerFixture,
  type StoredExample,
  type TestDatabase,
  type TestLogin,
  until,
} from '../contract-suite';
import { mysql } from './index';
import { createMysqlDatabase } from './test-database';
import { startMariaDbServer } from './test-server';

const { dialect } = mysql;

async function create(): Promise<TestDatabase> {
  const database = await createMysqlDatabase();
  const sessions = async (id: string, condition = 'TRUE') =>
    Number(await database.scalar(`SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE ID = ${id} AND ${condition}`));
  /** What an attack could have changed beside the rows of the ledger: tables, accounts, variables of the server. */
  const traces = `
    SELECT CONCAT_WS(' ', (SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = '${database.name}'),
      (SELECT COUNT(*) FROM mysql.global_priv WHERE User LIKE '%${database.name}%' OR User = 'stolen'),
      (SELECT COUNT(*) FROM mysql.db WHERE Db = '${database.name}'), @@GLOBAL.long_query_time, @@GLOBAL.read_only, @@GLOBAL.div_precision_increment,
      LOAD_FILE('${OUTFILE}') IS NULL)`;
  return {
    config: database.config,
    connection: database.connection,
    exec: (text) => database.exec(text),
    count: async (table) => Number(await database.scalar(`SELECT COUNT(*) FROM ${table}`)),
    snapshot: async () => [
      await database.scalar("SELECT GROUP_CONCAT(id, ' ', note ORDER BY id) FROM ledger"),
      await database.scalar(traces),
    ],
    isRunning: async (id) => (await sessions(id, "COMMAND IN ('Query', 'Execute')")) === 1,
    isAlive: async (id) => (await sessions(id)) === 1,
    killBackend: (id) => database.exec(`KILL ${id}`),
    drop: () => database.drop(),
  };
}

/** The suite's odd name without its emoji, which no name may hold here, and with a backtick. */
const QUOTED_NAME = 'Ünïcode "quoted" `select`';

/** A file of the server's that nobody has. */
const OUTFILE = `/tmp/quarry-stolen-${randomBytes(6).toString('hex')}`;

async function createLogin(
  database: TestDatabase,
  { password, connectionLimit = 0 }: { password: string; connectionLimit?: number },
): Promise<TestLogin> {
  const username = `login_${randomBytes(6).toString('hex')}`;
  await database.exec(
    `CREATE USER ${username}@'%' IDENTIFIED BY '${password}' WITH MAX_USER_CONNECTIONS ${connectionLimit};
     GRANT SELECT ON ${database.connection?.database}.* TO ${username}@'%'`,
  );
  return loginOf(database, username, password);
}

function loginOf(database: TestDatabase, username: string, password: string): TestLogin {
  return {
    connection: { ...database.connection, username, password },
    setPassword: (next) => database.exec(`ALTER USER ${username}@'%' IDENTIFIED BY '${next}'`),
    drop: async () => {
      await until(async () => (await database.count(`information_schema.PROCESSLIST WHERE USER = '${username}'`)) === 0);
      await database.exec(`DROP USER ${username}@'%'`);
    },
  };
}

const server: ServerFixture = {
  createLogin,
  tooManyConnections: /no free connection slot/,
  runReadOnlyUserSql: async (database, text) => {
    const username = `reader_${randomBytes(6).toString('hex')}`;
    await database.exec(text.replaceAll('quarry_reader', username));
    await database.exec(`ALTER USER ${username}@'%' IDENTIFIED BY 'only-reads'; ALTER USER ${username}@'%' ACCOUNT UNLOCK`);
    return loginOf(database, username, 'only-reads');
  },
  startServer: startMariaDbServer,
};

/** Every type of both servers that MariaDB has too, at its limits. */
const STORED: StoredExample[] = [
  ['tinyint', '-128', 'integer', '-128'],
  ['tinyint unsigned', '255', 'integer', '255'],
  ['boolean', 'TRUE', 'integer', '1'],
  ['smallint', '-32768', 'integer', '-32768'],
  ['smallint unsigned', '65535', 'integer', '65535'],
  ['mediumint', '-8388608', 'integer', '-8388608'],
  ['mediumint unsigned', '16777215', 'integer', '16777215'],
  ['int', '-2147483648', 'integer', '-2147483648'],
  ['int unsigned', '4294967295', 'bigint', '4294967295'],
  ['bigint', '-9223372036854775808', 'bigint', '-9223372036854775808'],
  ['bigint', '9007199254740993', 'bigint', '9007199254740993'],
  ['bigint unsigned', '18446744073709551615', 'bigint', '18446744073709551615'],
  ['decimal(38,10)', '1234567890123456789012345678.0123456789', 'decimal', '1234567890123456789012345678.0123456789'],
  ['decimal(65,30)', '-0.000000000000000000000000000001', 'decimal', '-0.000000000000000000000000000001'],
  ['float', '0.1', 'double', 0.1],
  ['float', '16777216', 'double', 16777216],
  ['float', '-1.17549435e-38', 'double', -1.1754944e-38],
  ['double', '0.30000000000000004', 'double', 0.30000000000000004],
  ['double', '-2.2250738585072014e-308', 'double', -2.2250738585072014e-308],
  ['double', '1.7976931348623157e308', 'double', 1.7976931348623157e308],
  ['date', "'1000-01-01'", 'date', '1000-01-01'],
  ['date', "'0000-00-00'", 'date', '0000-00-00'],
  ['date', "'2024-02-00'", 'date', '2024-02-00'],
  ['time', "'838:59:59'", 'time', '838:59:59'],
  ['time(6)', "'-838:59:59.999999'", 'time', '-838:59:59.999999'],
  ['time(3)', "'00:00:00'", 'time', '00:00:00.000'],
  ['datetime', "'9999-12-31 23:59:59'", 'timestamp', '9999-12-31T23:59:59'],
  ['datetime(6)', "'2024-12-31 23:59:59.000001'", 'timestamp', '2024-12-31T23:59:59.000001'],
  ['datetime(6)', "'2024-12-31 00:00:00'", 'timestamp', '2024-12-31T00:00:00.000000'],
  ['datetime', "'0000-00-00 00:00:00'", 'timestamp', '0000-00-00T00:00:00'],
  ['timestamp(3) NULL', "'2024-03-31 01:30:00.5'", 'timestamptz', '2024-03-31T01:30:00.500Z'],
  ['year', '2024', 'year', '2024'],
  ['year', "'0000'", 'year', '0000'],
  ['bit(1)', "b'1'", 'bit', '1'],
  ['bit(12)', "b'101'", 'bit', '000000000101'],
  ['bit(64)', "x'8000000000000001'", 'bit', `1${'0'.repeat(62)}1`],
  ['char(4)', "'ab'", 'text', 'ab'],
  ['varchar(10)', "''", 'text', ''],
  ['varchar(20)', "'é 🦆'", 'text', 'é 🦆'],
  ['varchar(20) character set latin1', "'é'", 'text', 'é'],
  ['longtext', "REPEAT('a🦆', 40000)", 'text', 'a🦆'.repeat(40_000)],
  ['binary(4)', "x'00ff'", 'binary', 'AP8AAA=='],
  ['varbinary(10)', "x'00ff80'", 'binary', 'AP+A'],
  ['longblob', "x'c328'", 'binary', 'wyg='],
  ["enum('small','it''s')", "'it''s'", 'enum', "it's"],
  ["set('a','b','c')", "'c,a'", 'text', 'a,c'],
  ['json', `'{"b": 1, "a": [9007199254740993, 1.50]}'`, 'json', { b: 1, a: ['9007199254740993', 1.5] }],
  ['uuid', "'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'", 'uuid', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'],
  ['inet4', "'192.168.0.1'", 'inet', '192.168.0.1'],
  ['inet6', "'2001:db8::1'", 'inet', '2001:db8::1'],
  ['point', 'POINT(1.5, -2)', 'geometry', 'POINT(1.5 -2)'],
  [
    'geometry',
    "ST_GeomFromText('POLYGON((0 0,4 0,4 4,0 0),(1 1,2 1,2 2,1 1))')",
    'geometry',
    'POLYGON((0 0,4 0,4 4,0 0),(1 1,2 1,2 2,1 1))',
  ],
  ['geometry', "ST_GeomFromText('MULTIPOINT(1 2,3 4)')", 'geometry', 'MULTIPOINT(1 2,3 4)'],
  ['geometry', "ST_GeomFromText('MULTIPOLYGON(((0 0,1 0,1 1,0 0)))')", 'geometry', 'MULTIPOLYGON(((0 0,1 0,1 1,0 0)))'],
  [
    'geometry',
    "ST_GeomFromText('GEOMETRYCOLLECTION(POINT(1 2),LINESTRING(0 0,1 1))')",
    'geometry',
    'GEOMETRYCOLLECTION(POINT(1 2),LINESTRING(0 0,1 1))',
  ],
].map(([declaration, literal, type, cell]) => ({ declaration, literal, type, cell }) as StoredExample);

/** MariaDB's words for the contract suite. */
export const fixture: EngineFixture = {
  label: 'MySQL / MariaDB',
  adapter: mysql as Adapter,
  create,
  queries: {
    makeLedger: "CREATE TABLE ledger (id integer PRIMARY KEY, note text); INSERT INTO ledger VALUES (1, 'one'), (2, 'two')",
    one: { text: 'SELECT 41 + 1', rows: [['42']] },
    literal: (expression) => `SELECT ${expression} AS v`,
    noRows: { text: 'SELECT id, note FROM ledger WHERE id < 0', rows: [] },
    oddNames: {
      text: `SELECT NULL AS a, 2 AS ${dialect.quoteIdentifier(QUOTED_NAME)}`,
      columns: ['a', QUOTED_NAME],
      rows: [[null, '2']],
    },
    duplicateColumns: { text: 'SELECT NULL AS a, 1 AS a', columns: ['a', 'a'], rows: [[null, '1']] },
    idsByNote: 'SELECT id FROM ledger WHERE note = ? OR note = ?',
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
    invalid: [
      '',
      '  -- nothing\n',
      'SELECT 1; SELECT 2',
      'SELECT FROM WHERE',
      "SELECT 'open",
      'SELECT (1',
      'SELEC 1',
      'SELECT 1 /* open',
    ],
    tables: [
      {
        text: 'WITH a AS (SELECT * FROM b) SELECT * FROM a JOIN c ON true WHERE x IN (SELECT y FROM d)',
        tables: ['b', 'c', 'd'],
      },
      { text: 'SELECT * FROM a WHERE x IN (WITH a AS (SELECT 1 AS y) SELECT y FROM a)', tables: ['a'] },
    ],
    normalised: {
      same: ["SELECT  note -- c\nFROM ledger WHERE note = 'a  b' ;", "select note FROM /* c */ ledger # d\n WHERE note = 'a  b'"],
      other: "SELECT note FROM ledger WHERE note = 'a b'",
    },
    limited: [
      { text: 'SELECT id FROM ledger ORDER BY id DESC -- last', rows: 1 },
      { text: 'SELECT id FROM ledger ORDER BY id DESC LIMIT 10;', rows: 1 },
      { text: 'SELECT id FROM ledger ORDER BY id DESC LIMIT 1', rows: 5 },
      { text: 'SELECT 2 AS id UNION ALL SELECT 1 ORDER BY 1 DESC', rows: 1 },
      { text: 'WITH l AS (SELECT id FROM ledger LIMIT 50) SELECT id FROM l ORDER BY id DESC', rows: 1 },
      { text: 'SELECT id FROM ledger ORDER BY id DESC LIMIT 5 OFFSET 0', rows: 1 },
      { text: 'SELECT id FROM ledger ORDER BY id DESC LIMIT 0, 5', rows: 1 },
      { text: '(SELECT id FROM ledger ORDER BY id DESC LIMIT 5)', rows: 1 },
      { text: 'SELECT MAX(id) FROM ledger GROUP BY 1 + 1', rows: 1 },
      { text: 'SELECT id FROM ledger ORDER BY id DESC FETCH FIRST 5 ROWS ONLY', rows: 1 },
    ],
    deterministic: ['SELECT count(*) FROM ledger', 'SELECT UNIX_TIMESTAMP(d) FROM ledger'],
    volatile: [
      'SELECT rand()',
      'SELECT CURRENT_TIMESTAMP',
      'SELECT NOW()',
      'SELECT UNIX_TIMESTAMP()',
      'SELECT @a',
      'SELECT UUID()',
    ],
    missingTable: { text: 'SELECT * FROM no_such_table', message: /no_such_table/ },
    readLedger: 'SELECT * FROM ledger',
    readStored: (columns) => `SELECT ${Array.from({ length: columns }, (_, i) => `c${i}`).join(', ')} FROM stored`,

    series: (n) => `SELECT seq FROM seq_1_to_${n}`,
    wideSeries: (n) =>
      `SELECT seq, seq * 7, CAST(seq / 7.0 AS DECIMAL(12,3)), CONCAT('name ', seq), DATE_ADD(DATE '2020-01-01', INTERVAL seq % 1000 DAY), DATE_ADD(TIMESTAMP '2020-01-01 00:00:00', INTERVAL seq SECOND), seq % 2 = 0, seq * 1.5e0, 'some longer text that stays', NULL FROM seq_1_to_${n}`,
    endless: 'SELECT SLEEP(60)',
    fatRows: (n, bytes) => `SELECT REPEAT('x', ${bytes}) FROM seq_1_to_${n}`,
  },
  values: [
    { literal: '42', type: 'integer', cell: '42' },
    { literal: '2147483648', type: 'bigint', cell: '2147483648' },
    { literal: '9223372036854775807', type: 'bigint', cell: '9223372036854775807' },
    { literal: '18446744073709551615', type: 'bigint', cell: '18446744073709551615' },
    { literal: '12.50', type: 'decimal', cell: '12.50' },
    { literal: '123456789012345678901234567890.123456789', type: 'decimal', cell: '123456789012345678901234567890.123456789' },
    { literal: '1 / 3', type: 'decimal', cell: '0.3333' },
    { literal: '0.1e0', type: 'double', cell: 0.1 },
    { literal: '1e308 / 3', type: 'double', cell: 1e308 / 3 },
    { literal: 'TRUE', type: 'integer', cell: '1' },
    { literal: "'it''s \\'é\\' 🦆'", type: 'text', cell: "it's 'é' 🦆" },
    { literal: "DATE '2024-02-29'", type: 'date', cell: '2024-02-29' },
    { literal: "TIME '03:04:05.123456'", type: 'time', cell: '03:04:05.123456' },
    { literal: "TIMESTAMP '2024-01-02 03:04:05.6'", type: 'timestamp', cell: '2024-01-02T03:04:05.6' },
    { literal: "TIMEDIFF('2024-01-03 00:00:00', '2024-01-01 01:00:00')", type: 'time', cell: '47:00:00' },
    { literal: "CAST('24:00:01' AS TIME)", type: 'time', cell: '24:00:01' },
    { literal: "x'00ff'", type: 'binary', cell: 'AP8=' },
    { literal: "CAST('a' AS BINARY)", type: 'binary', cell: 'YQ==' },
    { literal: "_latin1'abc'", type: 'text', cell: 'abc' },
    { literal: "JSON_OBJECT('a', 9007199254740993)", type: 'json', cell: { a: '9007199254740993' } },
    { literal: "ST_GeomFromText('POINT(1 2)')", type: 'geometry', cell: 'POINT(1 2)' },
    { literal: "CAST('2001:db8::1' AS INET6)", type: 'inet', cell: '2001:db8::1' },
    { literal: 'NULL', type: 'unknown', cell: null },
  ],
  stored: STORED,
  makeStored: (values) =>
    `SET SESSION sql_mode = 'NO_ENGINE_SUBSTITUTION', time_zone = '+00:00';
     CREATE TABLE stored (${values.map(({ declaration }, i) => `c${i} ${declaration}`).join(', ')});
     INSERT INTO stored VALUES (${values.map(({ literal }) => literal).join(', ')})`,
  invalidText: {
    // A column of text can't hold it: bytes that are no text are binary, and stay exact.
    setUp: "CREATE TABLE bytes (t varbinary(10)); INSERT INTO bytes VALUES (x'ff41c3')",
    text: 'SELECT CONVERT(CONVERT(t USING latin1) USING utf8mb4) FROM bytes',
    rows: [['ÿAÃ']],
  },
  makeTable: (name) =>
    `CREATE TABLE ${dialect.quoteIdentifier(name)} (id integer, note text); INSERT INTO ${dialect.quoteIdentifier(name)} VALUES (1, 'one')`,
  partitioned: `
    CREATE TABLE measurements (id integer, day date, degrees decimal(5,2)) PARTITION BY RANGE (YEAR(day))
      (PARTITION p2024 VALUES LESS THAN (2025), PARTITION p2025 VALUES LESS THAN (2026));
    INSERT INTO measurements VALUES (1, '2024-05-01', 20.5), (2, '2025-05-01', 21.5)`,
  server,
  shop: `
    CREATE TABLE customers (region varchar(20), no integer, email varchar(100) UNIQUE COMMENT 'For invoices', \`näme\` text, PRIMARY KEY (region, no)) COMMENT 'Who buys';
    CREATE TABLE \`Customer Orders\` (id integer PRIMARY KEY, customer_region varchar(20), customer_no integer, \`select\` text, amount decimal(10,2),
      doubled decimal(10,2) GENERATED ALWAYS AS (amount * 2) STORED, status varchar(20) NOT NULL DEFAULT 'open',
      FOREIGN KEY (customer_region, customer_no) REFERENCES customers (region, no));
    CREATE INDEX orders_by_status ON \`Customer Orders\` (status, amount);
    CREATE VIEW open_orders AS SELECT id, status FROM \`Customer Orders\` WHERE status = 'open';
    INSERT INTO customers VALUES ('north', 1, 'a@example.com', 'Ann');
    INSERT INTO \`Customer Orders\` (id, customer_region, customer_no, \`select\`, amount) VALUES (1, 'north', 1, 'x', 12.50)`,
  manyTables: (n) => {
    const columns = Array.from({ length: 20 }, (_, i) => `c${i} integer`).join(', ');
    return Array.from({ length: n }, (_, i) => `CREATE TABLE t${i} (${columns})`).join(';\n');
  },
  dropTables: (n) => `DROP TABLE ${Array.from({ length: n }, (_, i) => `t${i}`).join(', ')}`,
  selectColumns: (table, columns) => `SELECT ${columns.join(', ')} FROM ${table}`,

  attacks: [
    'DELETE FROM ledger',
    'DELETE FROM ledger RETURNING id',
    "INSERT INTO ledger VALUES (9, 'x') RETURNING id",
    "REPLACE INTO ledger VALUES (1, 'x')",
    "UPDATE ledger SET note = 'x'",
    'WITH d AS (SELECT 1 AS id) DELETE FROM ledger',
    'TRUNCATE ledger',
    'CREATE TABLE stolen AS SELECT 1',
    'CREATE TEMPORARY TABLE stolen AS SELECT 1',
    'CREATE OR REPLACE VIEW stolen AS SELECT 1',
    'ALTER TABLE ledger ADD COLUMN stolen integer',
    'RENAME TABLE ledger TO stolen',
    'DROP TABLE ledger',
    "CREATE USER stolen IDENTIFIED BY 'x'",
    "GRANT SELECT ON ledger TO stolen IDENTIFIED BY 'x'",
    "SET PASSWORD = PASSWORD('x')",
    `SELECT 'x' INTO OUTFILE '${OUTFILE}'`,
    `SELECT 'x' INTO DUMPFILE '${OUTFILE}'`,
    'SELECT note INTO @stolen FROM ledger LIMIT 1',
    'SET SESSION TRANSACTION READ WRITE',
    'SET SESSION tx_read_only = 0',
    'SET GLOBAL long_query_time = 99',
    'SET GLOBAL read_only = 1',
    'SET STATEMENT tx_read_only = 0 FOR DELETE FROM ledger',
    'START TRANSACTION READ WRITE',
    'COMMIT',
    'ROLLBACK',
    'BEGIN NOT ATOMIC DELETE FROM ledger; END',
    'LOCK TABLES ledger WRITE',
    'FLUSH TABLES WITH READ LOCK',
    'HANDLER ledger OPEN',
    'DO GET_LOCK(1, 0)',
    'DO RELEASE_ALL_LOCKS()',
    'CALL no_such_procedure()',
    "PREPARE p FROM 'DELETE FROM ledger'",
    "EXECUTE IMMEDIATE 'DELETE FROM ledger'",
    "XA START 'stolen'",
    "LOAD DATA LOCAL INFILE '/etc/hostname' INTO TABLE ledger",
    "LOAD DATA INFILE '/etc/hostname' INTO TABLE ledger",
    'KILL CONNECTION_ID()',
    'ANALYZE TABLE ledger',
    'CHECK TABLE ledger',
    'OPTIMIZE TABLE ledger',
    'REPAIR TABLE ledger',
    '/*!50000 DELETE FROM ledger */',
    '/*M! DELETE FROM ledger */',
    'SELECT 1; DELETE FROM ledger',
    'USE mysql',
    'CREATE FUNCTION stolen() RETURNS integer RETURN 1',
    'CREATE SEQUENCE stolen',
    "INSTALL SONAME 'no_such'",
    'PURGE BINARY LOGS BEFORE NOW()',
    'RESET QUERY CACHE',
    'SHOW WARNINGS',
    'SHOW GRANTS',
    'SHOW FULL PROCESSLIST',
    'EXPLAIN DELETE FROM ledger',
    'ANALYZE DELETE FROM ledger',
  ],
  sneaky: [
    "SELECT LOAD_FILE('/etc/passwd')",
    "SELECT load_file /* x */ ('/etc/passwd')",
    "SELECT GET_LOCK('a', 1)",
    "SELECT RELEASE_LOCK('a')",
    "SELECT MASTER_POS_WAIT('a', 1)",
    'SELECT NEXTVAL(s)',
    'SELECT NEXT VALUE FOR s',
    'SELECT SETVAL(s, 1)',
    'SELECT @a := 1',
    'SELECT * FROM ledger PROCEDURE ANALYSE()',
    'SELECT * FROM ledger FOR UPDATE',
    'SELECT * FROM ledger LOCK IN SHARE MODE',
    'SELECT * FROM ledger FOR SHARE SKIP LOCKED',
    "SELECT * FROM ledger INTO OUTFILE '/tmp/x' FIELDS TERMINATED BY ','",
    "SELECT * INTO OUTFILE '/tmp/x' FROM ledger",
    "(SELECT 1) UNION (SELECT 2) INTO DUMPFILE '/tmp/x'",
    'SELECT id FROM ledger INTO @a',
    'SELECT * FROM mysql.user',
    'SELECT * FROM `MySQL`.global_priv',
    'SELECT * FROM performance_schema.events_statements_history',
    'SELECT * FROM sys.session',
    'SELECT * FROM information_schema.processlist',
    'SELECT * FROM INFORMATION_SCHEMA.user_variables',
    'SELECT * FROM information_schema.COLUMN_STATISTICS',
    'SELECT * FROM information_schema.INNODB_TRX',
    'WITH `user` AS (SELECT 1) SELECT * FROM mysql.`user`',
    'SELECT (SELECT a FROM (SELECT LOAD_FILE(1) AS a) x)',
    'SELECT 1 ORDER BY LOAD_FILE(1)',
    'SELECT * FROM ledger WHERE note = (SELECT Password FROM mysql.user LIMIT 1)',
    'SELECT /*! LOAD_FILE(1), */ 1',
    'SELECT 1 /*!50000 INTO @a */',
    'SELECT 1 FROM ledger /*M!100000 FOR UPDATE */',
    'SELECT /*+ SET_VAR(sql_mode = 0) */ 1',
    'SELECT sys_exec(1)',
    'EXPLAIN FOR CONNECTION 1',
    'SHOW CREATE USER root',
    'SHOW ENGINE INNODB STATUS',
    'SHOW BINLOG EVENTS',
    "SELECT `load_file`('/etc/passwd')",
    'SELECT * FROM ledger JOIN mysql.db USING (id)',
    'TABLE mysql.user',
    'VALUES ROW(LOAD_FILE(1))',
    'SELECT CASE WHEN 1 THEN LOAD_FILE(1) END',
    'SELECT CAST(LOAD_FILE(1) AS CHAR)',
    "SELECT GROUP_CONCAT(note ORDER BY LOAD_FILE(1) SEPARATOR ',') FROM ledger",
    'SELECT SUM(id) OVER (ORDER BY LOAD_FILE(1)) FROM ledger',
    "SELECT * FROM JSON_TABLE(LOAD_FILE(1), '$[*]' COLUMNS (a int PATH '$')) t",
    'SELECT * FROM ledger, LATERAL (SELECT * FROM mysql.user) u',
    'SELECT 1e0FROM mysql.user',
    'SELECT 1.FROM mysql.user',
    'SELECT{x LOAD_FILE(1)}',
  ],
};
