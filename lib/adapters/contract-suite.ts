import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { QuarryError } from '../kernel/errors';
import type { Adapter, Cell, ColumnType, ExecuteOptions, Lease, OpenLimits, Pool, Row } from './contract';

/** A database of its own for one run of the suite, reached past the adapter as well: what the adapter says is compared with that. */
export interface TestDatabase {
  /** What the adapter is given to connect. */
  config: unknown;
  /** Runs statements as the owner, without the adapter. */
  exec(sql: string): Promise<void>;
  /** One value, without the adapter. */
  scalar(sql: string): Promise<unknown>;
  /** Whether the server process behind a lease still works on a statement. A process that is gone doesn't. */
  isRunning(backendId: string): Promise<boolean>;
  /** Whether the server process or connection behind a lease exists. */
  isAlive(backendId: string): Promise<boolean>;
  /** Ends the server process behind a lease from outside, as a crash would. */
  killBackend(backendId: string): Promise<void>;
  drop(): Promise<void>;
}

/** What differs between engines in a test of the same promise. */
export interface EngineFixture {
  adapter: Adapter;
  create(): Promise<TestDatabase>;
  /** A query of n rows with one column of whole numbers counting from 1. */
  series(n: number): string;
  /** n rows of ten columns of several types. */
  wideSeries(n: number): string;
  /** A query that would run for minutes without giving a row. */
  endless: string;
  /** A query of n rows with `bytes` bytes of text each. */
  fatRows(n: number, bytes: number): string;
  placeholder(n: number): string;
  /** Each literal comes out exactly so (C20). */
  values: { sql: string; type: ColumnType; cell: Cell }[];
  /** The shop of the introspection tests in the engine's own words, see SHOP below. */
  shop: string;
  /** Statements that would change something, or reach outside; run with the parser bypassed. */
  attacks: string[];
  /** Attacks that the parser must refuse although they begin like a query. */
  sneaky: string[];
  /** How a missing table is reported: part of the sentence. */
  missingTable: RegExp;
}

const LIMITS: OpenLimits = { max: 3, min: 0, waitMs: 10_000, connectTimeoutMs: 10_000, recycleMs: 3_600_000, allowWrites: false };

/** Runs what an adapter promises against a real server or file. The definition of done for an engine. */
export function contractSuite(name: string, fixture: EngineFixture): void {
  describe(`${name}: the adapter contract`, () => {
    const { adapter } = fixture;
    const { dialect } = adapter;
    let database: TestDatabase;
    let pool: Pool;
    const pools: Pool[] = [];

    const open = (limits: Partial<OpenLimits> = {}) => {
      const opened = adapter.open(database.config, { ...LIMITS, ...limits });
      pools.push(opened);
      return opened;
    };

    beforeAll(async () => {
      database = await fixture.create();
      await database.exec('CREATE TABLE ledger (id integer PRIMARY KEY, note text)');
      await database.exec("INSERT INTO ledger VALUES (1, 'one'), (2, 'two')");
      pool = open();
    });

    afterAll(async () => {
      await Promise.all(pools.map((opened) => opened.drain(0)));
      await database?.drop();
    });

    describe('values', () => {
      it.each(fixture.values.map((value) => [value.sql, value.type, value.cell] as const))(
        '%s is %s',
        async (sql, type, cell) => {
          const result = await read(pool, `SELECT ${sql} AS v`);
          expect(result.rows).toEqual([[cell]]);
          expect(result.columns).toMatchObject([{ name: 'v', type }]);
        },
      );

      it('keeps NULL, duplicate column names and names of any kind', async () => {
        const odd = dialect.quoteIdentifier('Ünïcode "quoted" 🦆 select');
        const { columns, rows } = await read(pool, `SELECT NULL AS a, 1 AS a, 2 AS ${odd}`);
        expect(columns.map((column) => column.name)).toEqual(['a', 'a', 'Ünïcode "quoted" 🦆 select']);
        expect(rows).toEqual([[null, '1', '2']]);
      });

      it('gives columns for a result without rows', async () => {
        const { columns, rows } = await read(pool, 'SELECT id, note FROM ledger WHERE id < 0');
        expect(columns.map((column) => column.name)).toEqual(['id', 'note']);
        expect(rows).toEqual([]);
      });
    });

    describe('parameters', () => {
      it('binds by position and never reads a value as SQL', async () => {
        const evil = "x'); DROP TABLE ledger; --";
        const { rows } = await read(
          pool,
          `SELECT id FROM ledger WHERE note = ${fixture.placeholder(1)} OR note = ${fixture.placeholder(2)}`,
          {
            params: ['two', evil],
          },
        );
        expect(rows).toEqual([['2']]);
        expect(Number(await database.scalar('SELECT count(*) FROM ledger'))).toBe(2);
      });

      it('turns names into positions outside strings and comments', async () => {
        const bound = dialect.bindNamed(
          "SELECT note FROM ledger WHERE note <> ':no' /* :no */ AND id = :id AND id = :id -- :no",
          { id: 2 },
        );
        const { rows } = await read(pool, bound.text, { params: bound.params });
        expect(rows).toEqual([['two']]);
      });

      it('says which name has no value', () => {
        expect(() => dialect.bindNamed('SELECT :missing', {})).toThrow(/missing/);
      });
    });

    describe('walls, with the parser bypassed', () => {
      it('refuses a second statement', async () => {
        await expectCode(read(pool, 'SELECT 1; DELETE FROM ledger'), 'query.invalid', 'query.refused');
        expect(Number(await database.scalar('SELECT count(*) FROM ledger'))).toBe(2);
      });

      it.each(fixture.attacks)('changes nothing: %s', async (attack) => {
        const before = await snapshot(database);
        const failure = await read(pool, attack).then(
          () => null,
          (error: unknown) => error,
        );
        if (failure !== null) expect(failure).toBeInstanceOf(QuarryError);
        // The next user of the same connection is behind the same walls.
        await expectCode(read(pool, "INSERT INTO ledger VALUES (3, 'three')"), 'query.refused', 'query.invalid');
        expect(await snapshot(database)).toEqual(before);
      });

      it('has no write without permission, even when asked for one', async () => {
        await expectCode(read(pool, "INSERT INTO ledger VALUES (3, 'three')", { write: true }), 'query.refused');
      });

      it('writes and counts where the source allows it', async () => {
        await database.exec('CREATE TABLE written (id integer PRIMARY KEY, note text)');
        const writable = open({ allowWrites: true });
        const result = await read(writable, "INSERT INTO written VALUES (1, 'a'), (2, 'b')", { write: true });
        expect(result.outcome.affectedRows).toBe(2);
        expect(Number(await database.scalar('SELECT count(*) FROM written'))).toBe(2);
        await expectCode(read(writable, 'DELETE FROM written'), 'query.refused', 'query.invalid');
        await expectCode(read(writable, "INSERT INTO written VALUES (3, 'c'), (1, 'a')", { write: true }), 'query.failed');
        expect(Number(await database.scalar('SELECT count(*) FROM written'))).toBe(2);
      });
    });

    describe('parser', () => {
      it.each(fixture.attacks)('does not call it reading: %s', async (attack) => {
        const effect = await dialect.parse(attack).then(
          (facts) => facts.effect,
          (error: QuarryError) => error.code,
        );
        expect(effect).not.toBe('read');
      });

      it.each(fixture.sneaky)('refuses although it begins like a query: %s', async (attack) => {
        const facts = await dialect.parse(attack);
        expect(facts.effect).not.toBe('read');
      });

      it('tells an empty text, several statements and a syntax error', async () => {
        for (const text of ['', '  -- nothing\n', 'SELECT 1; SELECT 2', 'SELECT FROM WHERE', "SELECT 'open"]) {
          await expectCode(dialect.parse(text), 'query.invalid');
        }
      });

      it('takes CTE names out of the tables, in their scope only', async () => {
        const facts = await dialect.parse(
          'WITH a AS (SELECT * FROM b) SELECT * FROM a JOIN c ON true WHERE x IN (SELECT y FROM d)',
        );
        expect(facts.tables.map((table) => table.name).sort()).toEqual(['b', 'c', 'd']);
        const inner = await dialect.parse('SELECT * FROM a WHERE x IN (WITH a AS (SELECT 1 AS y) SELECT y FROM a)');
        expect(inner.tables).toEqual([{ name: 'a' }]);
      });

      it('normalises space and comments but no literal', async () => {
        const [one, two, three] = await Promise.all(
          [
            "SELECT  note -- c\nFROM ledger WHERE note = 'a  b' ;",
            "SELECT note FROM /* c */ ledger WHERE note = 'a  b'",
            "SELECT note FROM ledger WHERE note = 'a b'",
          ].map(async (text) => (await dialect.parse(text)).normalised),
        );
        expect(one).toBe(two);
        expect(one).not.toBe(three);
      });

      it('limits without touching order, a lower limit, or the names of columns', async () => {
        const cases: [string, number][] = [
          ['SELECT id FROM ledger ORDER BY id DESC -- last', 1],
          ['SELECT id FROM ledger ORDER BY id DESC LIMIT 10;', 1],
          ['SELECT id FROM ledger ORDER BY id DESC LIMIT 1', 5],
          ['SELECT 2 AS id UNION ALL SELECT 1 ORDER BY 1 DESC', 1],
          ['WITH l AS (SELECT id FROM ledger LIMIT 50) SELECT id FROM l ORDER BY id DESC', 1],
          ['SELECT id FROM ledger ORDER BY id DESC LIMIT 5 OFFSET 0', 1],
        ];
        for (const [text, rows] of cases) {
          const limited = dialect.limit(text, await dialect.parse(text), rows);
          expect((await read(pool, limited)).rows, text).toEqual([['2']]);
        }
      });

      it('knows what may change from call to call', async () => {
        expect((await dialect.parse('SELECT count(*) FROM ledger')).deterministic).toBe(true);
        expect((await dialect.parse('SELECT random()')).deterministic).toBe(false);
        expect((await dialect.parse('SELECT CURRENT_TIMESTAMP')).deterministic).toBe(false);
      });
    });

    describe('caps and streams', () => {
      it('cuts at the row limit and says so', async () => {
        const { rows, outcome } = await read(pool, fixture.series(1_000), { maxRows: 7 });
        expect(rows).toHaveLength(7);
        expect(outcome.truncated).toEqual({ by: 'rows', limit: 7 });
      });

      it('does not claim a cut when the result has exactly as many rows', async () => {
        const { rows, outcome } = await read(pool, fixture.series(7), { maxRows: 7 });
        expect(rows).toHaveLength(7);
        expect(outcome.truncated).toBeNull();
      });

      it('cuts at the byte limit and says so', async () => {
        const { rows, outcome } = await read(pool, fixture.fatRows(1_000, 10_000), { maxBytes: 100_000 });
        expect(rows.length).toBeGreaterThan(0);
        expect(rows.length).toBeLessThan(20);
        expect(outcome.truncated).toEqual({ by: 'bytes', limit: 100_000 });
      });

      it('streams 1,000,000 rows in bounded memory, all of them in order', async () => {
        const lease = await pool.lease();
        try {
          const result = await lease.execute(
            { text: fixture.wideSeries(1_000_000) },
            options({ maxRows: Number.MAX_SAFE_INTEGER, maxBytes: Number.MAX_SAFE_INTEGER, timeoutMs: 120_000 }),
          );
          let rows = 0;
          let peak = 0;
          let start = 0;
          for await (const batch of result.rows) {
            expect(batch[0]?.[0]).toBe(String(rows + 1));
            rows += batch.length;
            const { rss } = process.memoryUsage();
            // What the first rows allocate once (buffers, compiled code) is not growth of the stream.
            if (start === 0 && rows > 50_000) start = rss;
            if (start > 0) peak = Math.max(peak, rss);
          }
          expect(rows).toBe(1_000_000);
          expect((peak - start) / 1024 / 1024).toBeLessThan(64);
        } finally {
          lease.release();
        }
      }, 180_000);

      it('is usable again after a result was left in the middle, or never read', async () => {
        const lease = await pool.lease();
        const left = await lease.execute({ text: fixture.series(200_000) }, options({ maxRows: 1_000_000 }));
        for await (const batch of left.rows) {
          expect(batch.length).toBeGreaterThan(0);
          break;
        }
        expect(await drainRows(await lease.execute({ text: 'SELECT 41 + 1' }, options()))).toEqual([['42']]);
        await lease.execute({ text: fixture.series(200_000) }, options({ maxRows: 1_000_000 }));
        lease.release();
        expect((await read(pool, 'SELECT 42')).rows).toEqual([['42']]);
      });
    });

    describe('errors', () => {
      it("passes on what the database says of the caller's own query", async () => {
        const error = await expectCode(read(pool, 'SELECT * FROM no_such_table'), 'query.failed');
        expect(error.message).toMatch(fixture.missingTable);
      });

      it('leaves the connection usable', async () => {
        const lease = await pool.lease();
        try {
          await expectCode(lease.execute({ text: 'SELECT * FROM no_such_table' }, options()), 'query.failed');
          expect(await drainRows(await lease.execute({ text: 'SELECT 1' }, options()))).toEqual([['1']]);
        } finally {
          lease.release();
        }
      });
    });

    describe('time-out, cancel, failure', () => {
      it('stops at the time-out, on the server too', async () => {
        const lease = await pool.lease();
        const { backendId } = lease;
        await expectCode(collect(lease, fixture.endless, { timeoutMs: 300 }), 'query.timeout');
        await until(async () => !(await database.isRunning(backendId)));
        lease.release();
        expect((await read(pool, 'SELECT 1')).rows).toEqual([['1']]);
      });

      it('stops when cancelled, on the server too', async () => {
        const lease = await pool.lease();
        const { backendId } = lease;
        const controller = new AbortController();
        const running = collect(lease, fixture.endless, { signal: controller.signal });
        const outcome = expectCode(running, 'query.cancelled');
        await until(() => database.isRunning(backendId));
        controller.abort();
        await outcome;
        await until(async () => !(await database.isRunning(backendId)));
        lease.release();
        expect((await read(pool, 'SELECT 1')).rows).toEqual([['1']]);
      });

      it('does not start what was cancelled before', async () => {
        await expectCode(read(pool, 'SELECT 1', { signal: AbortSignal.abort() }), 'query.cancelled');
      });

      it('reports a server process that dies in the middle, and recovers', async () => {
        const own = open();
        const lease = await own.lease();
        const { backendId } = lease;
        const outcome = expectCode(collect(lease, fixture.endless, {}), 'source.unreachable');
        await until(() => database.isRunning(backendId));
        await database.killBackend(backendId);
        await outcome;
        lease.release();
        expect((await read(own, 'SELECT 1')).rows).toEqual([['1']]);
        expect(own.stats()).toMatchObject({ active: 0, idle: 1, opened: 2 });
        expect(own.stats().errors).toBeGreaterThan(0);
      });

      it('drops an idle connection that died', async () => {
        const own = open();
        const { backendId } = await read(own, 'SELECT 1');
        await database.killBackend(backendId);
        await until(async () => own.stats().idle === 0);
        expect((await read(own, 'SELECT 1')).rows).toEqual([['1']]);
      });
    });

    describe('pool', () => {
      it('hands the same connection to the next, and counts', async () => {
        const own = open();
        expect(own.stats()).toEqual({ min: 0, max: 3, active: 0, idle: 0, waiting: 0, opened: 0, errors: 0 });
        const first = await own.lease();
        await first.validate();
        expect(own.stats()).toMatchObject({ active: 1, idle: 0 });
        first.release();
        first.release();
        expect(own.stats()).toMatchObject({ active: 0, idle: 1 });
        const second = await own.lease();
        expect(second.backendId).toBe(first.backendId);
        second.release();
        expect(own.stats().opened).toBe(1);
      });

      it('never has more than its maximum; the next one waits', async () => {
        const own = open({ max: 2 });
        const [one, two] = await Promise.all([own.lease(), own.lease()]);
        const third = own.lease();
        await until(async () => own.stats().waiting === 1);
        expect(own.stats()).toMatchObject({ active: 2, idle: 0, waiting: 1 });
        one.release();
        const lease = await third;
        expect(lease.backendId).toBe(one.backendId);
        expect(own.stats()).toMatchObject({ active: 2, waiting: 0 });
        lease.release();
        two.release();
      });

      it('says how many wait when none gets free in time', async () => {
        const own = open({ max: 1, waitMs: 50 });
        const lease = await own.lease();
        const [first, second] = await Promise.allSettled([own.lease(), own.lease()]);
        expect(first.status === 'rejected' && first.reason).toMatchObject({
          code: 'pool.timeout',
          details: { waiting: 2, max: 1 },
        });
        expect(second.status).toBe('rejected');
        expect(own.stats().waiting).toBe(0);
        lease.release();
        (await own.lease()).release();
      });

      it('leaves the queue when the caller goes away', async () => {
        const own = open({ max: 1 });
        const lease = await own.lease();
        const controller = new AbortController();
        const waiting = expectCode(own.lease({ signal: controller.signal }), 'query.cancelled');
        await until(async () => own.stats().waiting === 1);
        controller.abort();
        await waiting;
        expect(own.stats().waiting).toBe(0);
        lease.release();
      });

      it('replaces a connection that is too old', async () => {
        const own = open({ recycleMs: 1 });
        const first = await read(own, 'SELECT 1');
        // two reads may fall into the same millisecond
        await until(async () => (await read(own, 'SELECT 1')).backendId !== first.backendId);
        await until(async () => !(await database.isAlive(first.backendId)));
      });

      it('destroys a connection that is given back as broken', async () => {
        const own = open();
        const lease = await own.lease();
        lease.release(true);
        await until(async () => !(await database.isAlive(lease.backendId)));
        expect(own.stats().idle).toBe(0);
      });

      it('drains: running queries end or are stopped, and nothing is left', async () => {
        const own = open();
        const idle = await own.lease();
        const lease = await own.lease();
        idle.release();
        const running = expectCode(collect(lease, fixture.endless, {}), 'query.cancelled', 'source.unreachable').finally(() =>
          lease.release(),
        );
        await until(() => database.isRunning(lease.backendId));
        await own.drain(50);
        await running;
        expect(own.stats()).toMatchObject({ active: 0, idle: 0, waiting: 0 });
        await until(async () => !(await database.isAlive(lease.backendId)) && !(await database.isAlive(idle.backendId)));
        await expectCode(own.lease(), 'source.unreachable');
      });
    });

    describe('connection report and plan', () => {
      it('tells version, database, tables and latency', async () => {
        const lease = await pool.lease();
        const report = await lease.validate();
        lease.release();
        expect(report.serverVersion).toMatch(/\d+\.\d+/);
        expect(report.database).not.toBe('');
        expect(report.tableCount).toBeGreaterThanOrEqual(1);
        expect(report.tls).toBe('off');
        expect(report.latencyMs).toBeGreaterThan(0);
      });

      it('explains without running', async () => {
        const lease = await pool.lease();
        const { plan } = await lease.explain({ text: 'SELECT * FROM ledger' }, options());
        lease.release();
        expect(JSON.stringify(plan)).toMatch(/ledger/);
      });
    });

    describe('introspection', () => {
      it('is empty for an empty database', async () => {
        const empty = await fixture.create();
        const own = adapter.open(empty.config, LIMITS);
        try {
          const lease = await own.lease();
          expect((await lease.introspect(new AbortController().signal)).tables).toEqual([]);
          expect((await lease.validate()).tableCount).toBe(0);
          lease.release();
        } finally {
          await own.drain(0);
          await empty.drop();
        }
      });

      it('sees keys, views, generated columns and odd names the same on every engine', async () => {
        const shop = await fixture.create();
        const own = adapter.open(shop.config, LIMITS);
        try {
          await shop.exec(fixture.shop);
          const lease = await own.lease();
          const { tables } = await lease.introspect(new AbortController().signal);
          lease.release();
          expect(tables.map(normaliseTable).sort((a, b) => a.name.localeCompare(b.name))).toEqual(SHOP);
          for (const table of tables) {
            const text = `SELECT ${table.columns.map((column) => dialect.quoteIdentifier(column.name)).join(', ')} FROM ${dialect.qualify(table)}`;
            expect(
              (await dialect.parse(text)).tables.map((found) => found.name),
              text,
            ).toEqual([table.name]);
            await read(own, text);
          }
        } finally {
          await own.drain(0);
          await shop.drop();
        }
      });

      it('reads 200 tables with as many queries as 1', async () => {
        const wide = await fixture.create();
        const own = adapter.open(wide.config, LIMITS);
        try {
          const columns = Array.from({ length: 20 }, (_, i) => `c${i} integer`).join(', ');
          await wide.exec(Array.from({ length: 200 }, (_, i) => `CREATE TABLE t${i} (${columns})`).join(';\n'));
          const lease = await own.lease();
          const { tables } = await lease.introspect(new AbortController().signal);
          lease.release();
          expect(tables).toHaveLength(200);
          expect(tables.every((table) => table.columns.length === 20)).toBe(true);
        } finally {
          await own.drain(0);
          await wide.drop();
        }
      });
    });
  });
}

/** The shop after normalising: what every engine must see in its own version of it. */
const SHOP = [
  {
    name: 'Customer Orders',
    kind: 'table',
    columns: [
      'id NOT NULL',
      'customer_region',
      'customer_no',
      'select',
      'amount',
      'doubled GENERATED',
      'status NOT NULL DEFAULT',
    ],
    primaryKey: ['id'],
    foreignKeys: ['customer_region,customer_no -> customers(region,no)'],
    uniqueKeys: [],
    rowEstimate: 0,
  },
  {
    name: 'customers',
    kind: 'table',
    columns: ['region NOT NULL', 'no NOT NULL', 'email', 'näme 🦆'],
    primaryKey: ['region', 'no'],
    foreignKeys: [],
    uniqueKeys: ['email'],
    rowEstimate: 0,
  },
  {
    name: 'open_orders',
    kind: 'view',
    columns: ['id', 'status'],
    primaryKey: [],
    foreignKeys: [],
    uniqueKeys: [],
    rowEstimate: null,
  },
];

type CatalogueTable = Awaited<ReturnType<Lease['introspect']>>['tables'][number];

function normaliseTable(table: CatalogueTable) {
  return {
    name: table.name,
    kind: table.kind,
    columns: table.columns.map((column) => {
      const marks = [
        column.nullable ? '' : ' NOT NULL',
        column.default === undefined ? '' : ' DEFAULT',
        column.generated ? ' GENERATED' : '',
      ];
      return column.name + marks.join('');
    }),
    primaryKey: table.primaryKey,
    foreignKeys: table.foreignKeys.map(
      (key) => `${key.columns.join()} -> ${key.referencedTable.name}(${key.referencedColumns.join()})`,
    ),
    uniqueKeys: table.uniqueKeys.map((key) => key.columns.join()),
    rowEstimate: table.rowEstimate,
  };
}

// ------------------------------------------------------------ what tests of adapters share

export function options(overrides: Partial<ExecuteOptions> = {}): ExecuteOptions {
  return { signal: new AbortController().signal, timeoutMs: 30_000, maxRows: 10_000, maxBytes: 100_000_000, ...overrides };
}

type ReadOptions = Partial<ExecuteOptions> & { params?: readonly unknown[] };

/** Runs one statement on a connection of the pool and gives it back. */
export async function read(pool: Pool, text: string, { params, ...overrides }: ReadOptions = {}) {
  const lease = await pool.lease();
  try {
    return { ...(await collect(lease, text, overrides, params)), backendId: lease.backendId };
  } finally {
    lease.release();
  }
}

export async function collect(lease: Lease, text: string, overrides: Partial<ExecuteOptions>, params?: readonly unknown[]) {
  const result = await lease.execute({ text, params }, options(overrides));
  const rows = await drainRows(result);
  return { columns: result.columns, rows, outcome: result.outcome() };
}

async function drainRows(result: { rows: AsyncIterable<Row[]> }): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const batch of result.rows) rows.push(...batch);
  return rows;
}

/** The QuarryError that something fails with; its code is one of those given. */
export async function expectCode(work: Promise<unknown>, ...codes: string[]): Promise<QuarryError> {
  const error = await work.then(
    () => null,
    (failure: unknown) => failure,
  );
  expect(error).toBeInstanceOf(QuarryError);
  expect(codes).toContain((error as QuarryError).code);
  return error as QuarryError;
}

/** Waits until something is so, for 10 s at most. */
export async function until(isSo: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error('waited 10 s in vain');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** What could have been changed: the rows, and the tables that exist. */
async function snapshot(database: TestDatabase): Promise<unknown[]> {
  return [
    await database.scalar('SELECT count(*) FROM ledger'),
    await database.scalar('SELECT max(note) FROM ledger'),
    await database.scalar(SENTINEL),
  ];
}

/** Every engine's fixture answers this with the number of its tables, large objects and the like. */
export const SENTINEL = 'SENTINEL';
