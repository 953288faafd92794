import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Lease, OpenLimits, Pool } from '../contract';
import { collect, expectCode, options, read, until } from '../contract-suite';
import { CORPUS_TABLES, READS } from './corpus.fixture';
import { mysql } from './index';
import { lagOf } from './replica-lag';
import { createMysqlDatabase, type MysqlTestDatabase, testServerUrl } from './test-database';

const LIMITS: OpenLimits = { max: 3, min: 0, waitMs: 5_000, connectTimeoutMs: 5_000, recycleMs: 3_600_000, allowWrites: false };

let database: MysqlTestDatabase;
let pool: Pool;
const pools: Pool[] = [];

/** An administrator's name and password: who may use any database is told that there is none. */
function administrator() {
  const { username, password } = new URL(testServerUrl());
  return { username: decodeURIComponent(username), password: decodeURIComponent(password) };
}

const open = (config = database.config, limits: Partial<OpenLimits> = {}): Pool => {
  const opened = mysql.open(config, { ...LIMITS, ...limits });
  pools.push(opened);
  return opened;
};

beforeAll(async () => {
  database = await createMysqlDatabase();
  await database.exec(CORPUS_TABLES);
  pool = open();
});

afterAll(async () => {
  await Promise.all(pools.map((opened) => opened.drain(0)));
  await database?.drop();
});

async function withLease<T>(work: (lease: Lease) => Promise<T>, from = pool): Promise<T> {
  const lease = await from.lease();
  try {
    return await work(lease);
  } finally {
    lease.release();
  }
}

/** What the dialect lets through, run as lib/query does. */
async function run(text: string) {
  const facts = await mysql.dialect.parse(text);
  expect(facts.effect).toBe('read');
  return read(pool, mysql.dialect.limit(text, facts, 100), { verifyFunctions: facts.unverifiedFunctions });
}

describe('reads that analysts write', () => {
  it.each(READS)('runs: %s', async (text) => {
    const { columns } = await run(text);
    expect(columns.length).toBeGreaterThan(0);
  });
});

describe('a session between two users', () => {
  it('keeps nothing of the last one: variables, locks, temporary tables, limits', async () => {
    const own = open(database.config, { max: 1 });
    const first = await read(own, "SELECT @left := 'x', GET_LOCK('quarry', 0), @@SESSION.max_statement_time", {
      timeoutMs: 5_000,
    });
    expect(first.rows).toEqual([['x', '1', 5]]);
    const second = await read(own, "SELECT @left, IS_FREE_LOCK('quarry'), @@SESSION.max_statement_time");
    expect(second.backendId).toBe(first.backendId);
    expect(second.rows).toEqual([[null, '1', 30]]);
  });

  it('has its walls and its formats, whatever the server is set to', async () => {
    const { rows } = await read(
      pool,
      'SELECT @@SESSION.tx_read_only, @@SESSION.autocommit, @@SESSION.time_zone, @@SESSION.character_set_results, @@SESSION.sql_mode, @@in_transaction',
    );
    expect(rows[0]?.slice(0, 4)).toEqual(['1', '1', '+00:00', 'utf8mb4']);
    expect(String(rows[0]?.[4])).not.toMatch(/ANSI|ORACLE|BACKSLASH|PIPES|IGNORE_SPACE/);
    expect(rows[0]?.[5]).toBe('1');
  });

  it('sees what was committed since its last query', async () => {
    const own = open(database.config, { max: 1 });
    await withLease(async (lease) => {
      const count = async () => (await collect(lease, 'SELECT COUNT(*) FROM employees', {})).rows[0]?.[0];
      const before = Number(await count());
      await database.exec("INSERT INTO employees VALUES (100, NULL, 'New', 1)");
      expect(Number(await count())).toBe(before + 1);
      await database.exec('DELETE FROM employees WHERE id = 100');
    }, own);
  });
});

describe('walls of the protocol', () => {
  it.each([
    ["SELECT 1 INTO OUTFILE '/tmp/x'", /gives no rows/],
    ["GRANT SELECT ON *.* TO 'x'", /gives no rows/],
    ['SET SESSION tx_read_only = 0', /gives no rows/],
    ['OPTIMIZE TABLE orders', /maintains tables/],
  ])('refuses %s before it runs', async (text, reason) => {
    expect((await expectCode(read(pool, text), 'query.refused')).message).toMatch(reason);
  });

  it('counts parameters before it runs anything', async () => {
    await expectCode(read(pool, 'SELECT ?'), 'query.refused');
    await expectCode(read(pool, 'SELECT 1', { params: [1] }), 'query.refused');
  });

  it('does not let a stored function change anything', async () => {
    await database.exec(
      'CREATE FUNCTION sneaky() RETURNS integer MODIFIES SQL DATA BEGIN SET @@SESSION.tx_read_only = 0; INSERT INTO orders (id) VALUES (77); RETURN 1; END',
    );
    await expectCode(read(pool, 'SELECT sneaky()'), 'query.refused', 'query.failed');
    expect(Number(await database.scalar('SELECT COUNT(*) FROM orders WHERE id = 77'))).toBe(0);
  });
});

describe('the functions of a database', () => {
  it('run when they are declared to change nothing, and are refused when not', async () => {
    await database.exec(`
      CREATE FUNCTION orders_made() RETURNS integer READS SQL DATA RETURN (SELECT COUNT(*) FROM orders);
      CREATE FUNCTION says_nothing() RETURNS integer RETURN 1;
      CREATE FUNCTION writes() RETURNS integer DETERMINISTIC MODIFIES SQL DATA RETURN 1`);
    expect((await run('SELECT orders_made(), TWICE(2)')).rows).toEqual([['3', '4']]);
    expect((await run(`SELECT ${database.name}.twice(3)`)).rows).toEqual([['6']]);
    expect((await expectCode(run('SELECT says_nothing()'), 'query.refused')).message).toMatch(/not declared to change nothing/);
    await expectCode(run('SELECT writes()'), 'query.refused');
    expect((await expectCode(run('SELECT no_such_function()'), 'query.refused')).message).toMatch(/no function no_such_function/);
    expect((await run("SELECT JSON_DETAILED('[]')")).rows).toHaveLength(1);
  });
});

describe('values to bind', () => {
  it.each([
    [9_007_199_254_740_993n, '9007199254740993'],
    [2n ** 64n - 1n, '18446744073709551615'],
    [-5, '-5'],
    [0.1, '0.1'],
    [true, '1'],
    ["x' OR 1=1 --", "x' OR 1=1 --"],
    ['', ''],
    ['🦆'.repeat(300), '🦆'.repeat(300)],
    ['y'.repeat(70_000), 'y'.repeat(70_000)],
    [new Date('2024-02-29T12:00:00.5Z'), '2024-02-29 12:00:00.500'],
    [[1, 'a'], '[1,"a"]'],
    [null, null],
  ])('%s arrives exactly', async (value, text) => {
    expect((await read(pool, 'SELECT CAST(? AS CHAR)', { params: [value] })).rows).toEqual([[text]]);
  });

  it('keeps bytes and numbers what they are', async () => {
    const { rows } = await read(pool, 'SELECT HEX(?), ? + 1, ? = 1.1 FROM orders LIMIT ?', {
      params: [Uint8Array.of(0, 255), 2n ** 53n, 1.1, 1],
    });
    expect(rows).toEqual([['00FF', '9007199254740993', '1']]);
  });
});

describe('packed text', () => {
  it('says the same as cells, for every type', async () => {
    const text = `SELECT id, -id, CAST(id AS UNSIGNED) + 18446744073709551000, amount, placed_at, DATE(placed_at), TIME(placed_at), CAST(placed_at AS DATETIME(3)), DATE_ADD(placed_at, INTERVAL 42 MICROSECOND), FROM_UNIXTIME(id + 0.5), TIMESTAMP '2024-01-02 03:04:05.678901' - INTERVAL id DAY, status, note, NULL,
      CAST(0.1 AS FLOAT), 1e300 * id, 0.1e0 * id, YEAR(placed_at), b'101', x'00ff', POINT(id, 2), REPEAT('é', 100) FROM orders ORDER BY id`;
    const cells = (await read(pool, text)).rows.flat().map((cell) => (cell === null ? null : String(cell)));
    const packed: (string | null)[] = [];
    await withLease(async (lease) => {
      const stream = await lease.executeText?.({ text }, options());
      for await (const { bytes, ends } of stream?.batches ?? []) {
        let at = 0;
        for (const end of ends) {
          const stop = end < 0 ? ~end : end;
          packed.push(end < 0 ? null : Buffer.from(bytes.subarray(at, stop)).toString('utf8'));
          at = stop;
        }
      }
    });
    expect(packed).toEqual(cells);
    expect(cells).toHaveLength(3 * 22);
  });

  it('packs 1,000,000 rows in bounded memory, with the first before the last is read', async () => {
    await withLease(async (lease) => {
      const text = "SELECT seq, CONCAT('name ', seq), seq * 1.5, NOW(6), 'some longer text that stays' FROM seq_1_to_1000000";
      const stream = await lease.executeText?.({ text }, options({ maxRows: 2_000_000, maxBytes: 1e12, timeoutMs: 120_000 }));
      let rows = 0;
      let peak = 0;
      let start = 0;
      for await (const batch of stream?.batches ?? []) {
        expect(batch.rowCount).toBeLessThan(100_000);
        rows += batch.rowCount;
        const { rss } = process.memoryUsage();
        if (start === 0 && rows > 50_000) start = rss;
        if (start > 0) peak = Math.max(peak, rss);
      }
      expect(rows).toBe(1_000_000);
      expect((peak - start) / 1024 / 1024).toBeLessThan(64);
    });
  }, 120_000);

  it('cuts, fails and refuses like cells', async () => {
    await withLease(async (lease) => {
      const stream = await lease.executeText?.({ text: 'SELECT seq FROM seq_1_to_100000' }, options({ maxRows: 10 }));
      let rows = 0;
      for await (const batch of stream?.batches ?? []) rows += batch.rowCount;
      expect(rows).toBe(10);
      expect(stream?.outcome().truncated).toEqual({ by: 'rows', limit: 10 });
      await expectCode(Promise.resolve(lease.executeText?.({ text: 'SELECT * FROM nothing_here' }, options())), 'query.failed');
      await expectCode(Promise.resolve(lease.executeText?.({ text: 'COMMIT' }, options())), 'query.refused');
      expect(await lease.executeText?.({ text: 'DELETE FROM orders' }, options({ write: true }))).toBeNull();
    });
  });
});

describe('a slow reader', () => {
  it('stops the server instead of filling the memory', async () => {
    await withLease(async (lease) => {
      const result = await lease.execute(
        { text: "SELECT REPEAT('x', 1000) FROM seq_1_to_200000" },
        options({ maxRows: 1e9, maxBytes: 1e12, timeoutMs: 60_000 }),
      );
      const before = process.memoryUsage().rss;
      let batches = 0;
      for await (const batch of result.rows) {
        expect(batch.length).toBeGreaterThan(0);
        batches += 1;
        if (batches === 1) {
          await until(
            async () =>
              (await database.scalar(`SELECT STATE FROM information_schema.PROCESSLIST WHERE ID = ${lease.backendId}`)) ===
                'Writing to net' || process.memoryUsage().rss - before > 150e6,
          );
          expect((process.memoryUsage().rss - before) / 1024 / 1024).toBeLessThan(64);
        }
      }
    });
  }, 60_000);
});

describe('what a plan tells', () => {
  it.each([
    ['SELECT * FROM seq_1_to_100000', 100_000, 100_000],
    ['SELECT * FROM seq_1_to_100000 LIMIT 10', 10, 10],
    ['SELECT COUNT(*) FROM seq_1_to_100000 LIMIT 10', 1, 1],
    ['SELECT * FROM seq_1_to_1000 ORDER BY -seq LIMIT 3', 3, 1_000],
    ['SELECT * FROM seq_1_to_1000 a CROSS JOIN seq_1_to_1000 b', 1_000_000, 1_001_000],
    ['SELECT 1 UNION ALL SELECT seq FROM seq_1_to_10', 11, 11],
  ])('%s: %d rows, %d read', async (text, rows, readRows) => {
    const plan = await withLease((lease) => lease.explain({ text }, options()));
    expect(plan.estimatedRows).toBe(rows);
    expect(plan.estimatedRowsRead).toBe(readRows);
  });
});

describe('a replica', () => {
  it('is none where nothing is copied', async () => {
    expect(await withLease(async (lease) => lease.replicaLag?.(new AbortController().signal))).toBeNull();
  });

  it('is as far behind as the slowest of its sources, and says nothing when one has stopped', () => {
    const names = ['Connection_name', 'Seconds_Behind_Master'];
    expect(
      lagOf({
        names,
        rows: [
          ['a', '0'],
          ['b', '12'],
        ],
      }),
    ).toBe(12);
    expect(lagOf({ names: ['Source_Host', 'Seconds_Behind_Source'], rows: [['a', '3']] })).toBe(3);
    expect(
      lagOf({
        names,
        rows: [
          ['a', '0'],
          ['b', null],
        ],
      }),
    ).toBeNull();
    expect(lagOf({ names, rows: [] })).toBeNull();
  });
});

describe('connection report', () => {
  it('tells a login that can only read from others, column by column', async () => {
    const reader = { ...database.config, username: `${database.name}_r`.slice(0, 80), password: 'r' };
    const grant = (sql: string) => database.exec(sql.replaceAll('READER', `${reader.username}@'%'`));
    await grant(
      "CREATE USER READER IDENTIFIED BY 'r'; GRANT SELECT ON READER_DB.* TO READER; GRANT SELECT (id), SHOW VIEW ON READER_DB.orders TO READER".replaceAll(
        'READER_DB',
        database.name,
      ),
    );
    try {
      const canWrite = async () => {
        const own = open(reader);
        const report = await withLease((lease) => lease.validate(), own);
        await own.drain(0);
        return report;
      };
      expect(await canWrite()).toMatchObject({ canWrite: false, tableCount: 4 });
      await grant(`GRANT UPDATE (note) ON ${database.name}.orders TO READER`);
      const report = await canWrite();
      expect(report.canWrite).toBe(true);
      expect(report.readOnlyUserSql).toContain(`GRANT SELECT, SHOW VIEW ON \`${database.name.replaceAll('_', '\\_')}\`.* TO`);
    } finally {
      await grant('DROP USER READER');
    }
  });

  it('reads keys, indexes, labels, comments and JSON', async () => {
    const { tables, defaultSchema } = await withLease((lease) => lease.introspect(new AbortController().signal));
    expect(defaultSchema).toBe(database.name);
    const orders = tables.find((table) => table.name === 'orders');
    expect(orders?.columns.find((column) => column.name === 'status')).toMatchObject({
      type: 'enum',
      enumValues: ['open', 'paid'],
    });
    const customers = tables.find((table) => table.name === 'customers');
    expect(customers?.columns.find((column) => column.name === 'data')).toMatchObject({ type: 'json', nativeType: 'json' });
    const indexes = customers?.indexes.map(({ name, columns, unique }) => [name, columns.join(), unique].join(' ')).sort();
    expect(indexes).toEqual(['PRIMARY id true', 'by_region region false', 'name name false']);
    expect(customers?.primaryKey).toEqual(['id']);
  });
});

describe('pieces of SQL for the planner', () => {
  const { sql, cast } = mysql.dialect;
  if (!sql) throw new Error('MySQL has SQL.');
  const moment = sql.literalString('2024-08-15 23:59:59');

  it.each([
    [sql.truncateDate(moment, 'year', 'timestamp'), '2024-01-01'],
    [sql.truncateDate(moment, 'quarter', 'timestamp'), '2024-07-01'],
    [sql.truncateDate(moment, 'month', 'text'), '2024-08-01'],
    [sql.truncateDate(moment, 'week', 'timestamp'), '2024-08-12'],
    [sql.truncateDate(sql.literalDate('2024-08-11'), 'week', 'date'), '2024-08-05'],
    [sql.truncateDate(moment, 'day', 'timestamp'), '2024-08-15'],
    [sql.datePart(moment, 'hour', 'timestamp'), '23'],
    [sql.datePart(moment, 'month', 'timestamp'), '8'],
    [sql.equalsIgnoreCase("'ÉTÉ'", "'été'"), '1'],
    [sql.containsIgnoreCase(sql.literalString("a\\b 'x'% C"), sql.literalString("\\B 'X'%")), '1'],
    [sql.divide('1 + 1', '3'), '0.66666666666667'],
    [sql.divide('1', '0'), null],
    [cast("'12'", 'integer'), '12'],
    [cast("'12.5'", 'decimal'), '12.5000000000'],
    [cast("'0.1'", 'double'), 0.1],
    [cast("'2024-02-29'", 'date'), '2024-02-29'],
    [cast('12', 'text'), '12'],
    [cast("'2024-02-29'", 'timestamptz'), '2024-02-29T00:00:00.000000'],
  ])('%s is %s', async (expression, value) => {
    expect((await run(`SELECT ${expression}`)).rows).toEqual([[value]]);
  });

  it.each(['asc', 'desc'] as const)('puts NULL last when the order is %s', async (direction) => {
    const { rows } = await run(`SELECT manager_id FROM employees ORDER BY ${sql.nullsLast('manager_id', direction)}`);
    expect(rows.at(-1)).toEqual([null]);
    expect(rows[0]).toEqual([direction === 'asc' ? '1' : '2']);
  });
});

describe('samples of values', () => {
  it('gives the most frequent first', async () => {
    const text = mysql.dialect.sampleValues({ name: 'orders' }, 'status', { rowsRead: 100, values: 5, maxLength: 10 });
    expect((await run(text ?? '')).rows).toEqual([['paid'], ['open']]);
    const short = mysql.dialect.sampleValues({ name: 'customers' }, 'name', { rowsRead: 100, values: 5, maxLength: 3 });
    expect((await run(short ?? '')).rows).toEqual([['Bob']]);
  });
});

describe('connecting', () => {
  it.each([
    [{ password: 'wrong' }, 'source.auth_failed', /refused the user name or password/],
    [{ username: 'nobody_here' }, 'source.auth_failed', /nobody_here/],
    [{ database: 'no_such_database' }, 'source.auth_failed', /may not use database "no_such_database"/],
    [{ ...administrator(), database: 'no_such_database' }, 'source.database_missing', /no database "no_such_database"/],
    [{ port: 1 }, 'source.unreachable', /Nothing accepts connections/],
  ])('%j says what is wrong', async (change, code, message) => {
    const error = await expectCode(open({ ...database.config, ...change }).lease(), code);
    expect(error.message).toMatch(message);
    expect(error.message).not.toContain(database.config.password);
  });

  it('says that a server offers no TLS, and goes without it when nothing was asked', async () => {
    const asked = open({ ...database.config, tls: { mode: 'require' } });
    expect((await expectCode(asked.lease(), 'source.tls_failed')).message).toMatch(/does not offer TLS/);
    expect((await read(open({ ...database.config, tls: { mode: 'prefer' } }), 'SELECT 1')).rows).toEqual([['1']]);
  });

  it('gives up on a server that says nothing, naming host and port', async () => {
    const silent = createServer((socket) => socket.on('error', () => {}));
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as { port: number };
    try {
      const own = open({ ...database.config, host: '127.0.0.1', port }, { connectTimeoutMs: 200 });
      expect((await expectCode(own.lease(), 'source.unreachable')).message).toContain(`127.0.0.1:${port} did not answer in time`);
    } finally {
      silent.close();
    }
  });

  it('never sends a file, whatever the server asks for', async () => {
    // The contract suite's server can't be made to ask; LOCAL INFILE is refused at the handshake, and LOAD DATA gives no rows.
    expect((await read(pool, "SHOW SESSION STATUS LIKE 'Com_load'")).rows).toHaveLength(1);
    await expectCode(read(pool, "LOAD DATA LOCAL INFILE '/etc/hostname' INTO TABLE orders"), 'query.refused', 'query.failed');
  });
});
