import { createServer } from 'node:net';
import { describe, expect } from 'vitest';
import { QuarryError } from '../../kernel/errors';
import type { ConnectionInput } from '../contract';
import type { ServerFixture, TestDatabase, TestLogin } from './fixture';
import { collect, expectCode, read, until } from './probes';
import { LIMITS, type Suite } from './suite';
import { countWire } from './wire-counter';

/** Logins, limits and addresses of an engine with a server (A9, D9, C18). */
export function server(suite: Suite): void {
  const { adapter, dialect, fixture, queries } = suite;
  const parse = (input: ConnectionInput) => adapter.manifest.parseConnection(input);

  describe('server and logins', () => {
    suite.offered('server', 'says that the password is wrong, without repeating it', async () => {
      await withLogin(suite, { password: 'right-secret' }, async (login) => {
        const wrong = parse({ ...login.connection, password: 'wrong-secret' });
        const error = await expectCode(suite.open({}, wrong).lease(), 'source.auth_failed');
        expect(JSON.stringify([error.message, error.details, error.hints])).not.toContain('wrong-secret');
        expect((await read(suite.open({}, parse(login.connection)), queries.one.text)).rows).toEqual(queries.one.rows);
      });
    });

    suite.offered('server', 'keeps what is connected when a password changes, and lets nobody in with the old one', async () => {
      await withLogin(suite, { password: 'first-secret' }, async (login) => {
        const pool = suite.open({}, parse(login.connection));
        const held = await pool.lease();
        await login.setPassword('second-secret');
        expect((await collect(held, queries.one.text)).rows).toEqual(queries.one.rows);
        await expectCode(suite.open({}, parse(login.connection)).lease(), 'source.auth_failed');
        held.release(true);
        const changed = suite.open({}, parse({ ...login.connection, password: 'second-secret' }));
        expect((await read(changed, queries.one.text)).rows).toEqual(queries.one.rows);
        await pool.drain(0);
        await changed.drain(0);
      });
    });

    suite.offered('server', 'says that the server lets nobody more in', async () => {
      await withLogin(suite, { password: 'narrow-secret', connectionLimit: 1 }, async (login) => {
        const pool = suite.open({ max: 2 }, parse(login.connection));
        const lease = await pool.lease();
        const error = await expectCode(suite.open({}, parse(login.connection)).lease(), 'source.unreachable');
        expect(error.message).toMatch(serverOf(suite).tooManyConnections);
        // Whoever waits in the same pool gets the connection that there is.
        const waiting = read(pool, queries.one.text);
        await until(async () => pool.stats().errors > 0);
        lease.release();
        expect((await waiting).rows).toEqual(queries.one.rows);
        await pool.drain(0);
      });
    });

    suite.offered('server', 'names the address where nothing listens', async () => {
      const port = await closedPort();
      const config = parse({ ...suite.database.connection, host: '127.0.0.1', port, password: 'hush-hush' });
      const error = await expectCode(suite.open({ connectTimeoutMs: 5_000 }, config).lease(), 'source.unreachable');
      expect(error.message).toContain(`127.0.0.1:${port}`);
      expect(error.message).not.toContain('hush-hush');
    });

    suite.offered('server', 'gives up on an address that never answers, naming host and port but not the password', async () => {
      const silent = createServer(() => {});
      await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
      const { port } = silent.address() as { port: number };
      try {
        const config = parse({ ...suite.database.connection, host: '127.0.0.1', port, password: 'hush-hush' });
        const error = await expectCode(suite.open({ connectTimeoutMs: 300 }, config).lease(), 'source.unreachable');
        expect(error.message).toContain(`127.0.0.1:${port}`);
        expect(JSON.stringify([error.message, error.details])).not.toContain('hush-hush');
      } finally {
        silent.close();
      }
    });

    suite.offered('server', 'connects to the address that the network guard chose, and passes its refusal on', async () => {
      const asked: string[] = [];
      const { connection } = suite.database;
      const config = parse({ ...connection, host: 'db.example.test' });
      const guarded = suite.open(
        {
          resolveHost: async (host, port) => {
            asked.push(`${host}:${port}`);
            return connection?.host === 'localhost' ? '127.0.0.1' : (connection?.host ?? '');
          },
        },
        config,
      );
      expect((await read(guarded, queries.one.text)).rows).toEqual(queries.one.rows);
      expect(new Set(asked)).toEqual(new Set([`db.example.test:${connection?.port}`]));
      const refusing = suite.open(
        {
          resolveHost: async () => {
            throw new QuarryError('source.host_refused', 'This address is inside.');
          },
        },
        config,
      );
      await expectCode(refusing.lease(), 'source.host_refused');
    });

    suite.offered('server', 'offers text that makes a login which only reads', async () => {
      await suite.withDatabase(async (database, pool) => {
        await database.exec(queries.makeLedger);
        const owner = await pool.lease();
        const ownerReport = await owner.validate();
        owner.release();
        expect(ownerReport.canWrite).toBe(true);
        const login = await serverOf(suite).runReadOnlyUserSql(database, ownerReport.readOnlyUserSql ?? '');
        try {
          const reader = suite.open({ allowWrites: true }, parse(login.connection));
          const lease = await reader.lease();
          const report = await lease.validate();
          lease.release();
          expect(report).toMatchObject({ canWrite: false });
          expect(report.readOnlyUserSql).toBeUndefined();
          expect((await read(reader, queries.idsByNote, { params: ['two', 'none'] })).rows).toEqual([['2']]);
          await expectCode(read(reader, queries.insertThree, { write: true }), 'query.refused', 'query.failed');
          expect(await database.count('ledger')).toBe(2);
          await reader.drain(0);
        } finally {
          await login.drop();
        }
      });
    });

    suite.offered('server', 'asks the server for no more than the limit and one row', async () => {
      await throughCounter(suite, suite.database, async (open, wire) => {
        const text = queries.fatRows(100_000, 10_000);
        const limited = dialect.limit(text, await dialect.parse(text), 8);
        const pool = open();
        await read(pool, queries.one.text);
        wire.reset();
        const { rows, outcome } = await read(pool, limited, { maxRows: 7 });
        expect(rows).toHaveLength(7);
        expect(outcome.truncated).toEqual({ by: 'rows', limit: 7 });
        expect(wire.count.received).toBeLessThan(8 * 10_000 * 1.5);
        await pool.drain(0);
      });
    });

    suite.offered('server', 'stops the server soon after the byte limit, however much there is', async () => {
      await throughCounter(suite, suite.database, async (open, wire) => {
        const pool = open();
        await read(pool, queries.one.text);
        wire.reset();
        // One gigabyte, of which a tenth of a megabyte is wanted.
        const text = queries.fatRows(100_000, 10_000);
        const { outcome, backendId } = await read(pool, text, { maxBytes: 100_000, maxRows: 1_000_000 });
        expect(outcome.truncated).toEqual({ by: 'bytes', limit: 100_000 });
        await until(async () => !(await suite.database.isRunning(backendId)));
        expect((await read(pool, queries.one.text)).rows).toEqual(queries.one.rows);
        expect(wire.count.received).toBeLessThan(64 * 1024 * 1024);
        await pool.drain(0);
      });
    });

    suite.offered(
      'catalogueQueries',
      'reads 1,000 tables of 20 columns in as many round trips as one table',
      async () => {
        await suite.withDatabase(async (database) => {
          await database.exec(fixture.manyTables(1));
          const one = await countCatalogueQueries(suite, database, 1);
          await database.exec(fixture.dropTables(1));
          await database.exec(fixture.manyTables(1_000));
          expect(await countCatalogueQueries(suite, database, 1_000)).toBe(one);
          expect(one).toBeGreaterThan(0);
          expect(one).toBeLessThan(12);
        });
      },
      120_000,
    );
  });
}

/** Round trips, or statements of an engine that is a file. */
async function countCatalogueQueries(suite: Suite, database: TestDatabase, tableCount: number): Promise<number> {
  if (suite.fixture.countCatalogueQueries) return suite.fixture.countCatalogueQueries(database);
  let found = 0;
  await throughCounter(suite, database, async (open, wire) => {
    const lease = await open().lease();
    wire.reset();
    const { tables } = await lease.introspect(new AbortController().signal);
    found = wire.count.roundTrips;
    lease.release();
    expect(tables).toHaveLength(tableCount);
    expect(tables.every((table) => table.columns.length === 20)).toBe(true);
  });
  return found;
}

export function serverOf(suite: Suite): ServerFixture {
  if (!suite.fixture.server) throw new Error('The fixture lacks `server`.');
  return suite.fixture.server;
}

async function withLogin(
  suite: Suite,
  options: { password: string; connectionLimit?: number },
  work: (login: TestLogin) => Promise<void>,
): Promise<void> {
  const login = await serverOf(suite).createLogin(suite.database, options);
  try {
    await work(login);
  } finally {
    await suite.drainOthers();
    await login.drop();
  }
}

/** Pools of a database whose connections go through something that counts. */
async function throughCounter(
  suite: Suite,
  database: TestDatabase,
  work: (open: () => ReturnType<Suite['open']>, wire: Awaited<ReturnType<typeof countWire>>) => Promise<void>,
): Promise<void> {
  const { host = '', port = 0 } = database.connection ?? {};
  const wire = await countWire(host, port);
  try {
    const config = suite.adapter.manifest.parseConnection({ ...database.connection, host: '127.0.0.1', port: wire.port });
    await work(() => suite.open({ max: LIMITS.max }, config), wire);
  } finally {
    await suite.drainOthers();
    await wire.close();
  }
}

async function closedPort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as { port: number };
  await new Promise<void>((resolve) => probe.close(() => resolve()));
  return port;
}
