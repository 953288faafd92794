import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { closeDb } from '../db';
import type { Clock } from '../kernel/clock';
import { checkPools, createSource, drainPools, poolStats, updateSource } from '../sources';
import { createTestOrganization, type TestOrganization } from '../testing/organization';
import { type PrivatePostgres, startPrivatePostgres } from '../testing/private-postgres';
import { until } from '../testing/source-database';
import { runQuery } from '.';

class TestClock implements Clock {
  ahead = 0;
  now = () => Date.now() + this.ahead;
  date = () => new Date(this.now());
}

const clock = new TestClock();
let org: TestOrganization;
let primary: PrivatePostgres;
let replica: PrivatePostgres;
let id: string;

beforeAll(async () => {
  org = await createTestOrganization({ clock });
  primary = await startPrivatePostgres();
  await primary.query('CREATE TABLE t AS SELECT 1 AS n');
  replica = await primary.replicate();
  const source = await createSource(org.ctx, {
    name: 'Replicated',
    type: 'postgres',
    connection: primary.connection,
    replica: { host: '127.0.0.1', port: replica.port, maxLagS: 10 },
  });
  id = source.id;
}, 60_000);

afterAll(async () => {
  await drainPools(0);
  await replica?.remove();
  await primary?.remove();
  await org.drop();
  await closeDb();
});

/** What the source answers now, and who. */
async function ask() {
  const query = 'SELECT pg_is_in_recovery() AS replica, max(n) AS n FROM t';
  const { rows, server, warnings } = await runQuery(org.ctx, { dataSourceId: id, query, cache: 'bypass' });
  return { rows, server, warnings };
}

/** A lag is believed for five seconds. */
const laterOn = () => {
  clock.ahead += 5_000;
};
const replicaPool = () => poolStats(org.ctx).find((pool) => pool.role === 'replica');

describe('[J6] a read replica', () => {
  it('answers reads while it is near, and says so', async () => {
    // One that has only just started may still be connecting to its primary, and is some milliseconds behind.
    const answered = await until(ask, ({ server }) => server === 'replica');
    expect(answered).toEqual({ rows: [[true, 1]], server: 'replica', warnings: [] });
    const found = replicaPool();
    expect(found).toMatchObject({ dataSourceId: id, health: { state: 'up' } });
    expect(found?.health.lagS).toBeLessThan(10);
    expect(poolStats(org.ctx).map((pool) => pool.role)).toEqual(['primary', 'replica']);
  });

  it('leaves the answer to the primary while it is too far behind, and takes over again when it has caught up', async () => {
    await updateSource(org.ctx, id, { replica: { host: '127.0.0.1', port: replica.port, maxLagS: 0.01 } });
    await replica.query('SELECT pg_wal_replay_pause()');
    await primary.query('INSERT INTO t VALUES (2)');
    await until(
      () => replica.query('SELECT pg_last_wal_receive_lsn() > pg_last_wal_replay_lsn() AS behind'),
      ([row]) => row?.behind === true,
    );
    laterOn();
    const answered = await ask();
    expect(answered).toMatchObject({ rows: [[false, 2]], server: 'primary' });
    expect(answered.warnings).toEqual([expect.stringMatching(/^The read replica is \d+ s behind \(at most 0.01 s is allowed\)/)]);
    await replica.query('SELECT pg_wal_replay_resume()');
    await until(
      () => {
        laterOn();
        return ask();
      },
      ({ server }) => server === 'replica',
    );
    expect(await ask()).toMatchObject({ rows: [[true, 2]], warnings: [] });
  });

  it('is measured by the health monitor too', async () => {
    await replica.query('SELECT pg_wal_replay_pause()');
    await primary.query('INSERT INTO t VALUES (3)');
    await until(
      async () => {
        await checkPools(clock);
        return replicaPool()?.health.lagS;
      },
      (lag) => (lag ?? 0) > 0.01,
    );
    expect(await ask()).toMatchObject({ server: 'primary' });
    await replica.query('SELECT pg_wal_replay_resume()');
  });

  it('falls back when the replica is down, and comes back with it', async () => {
    await until(
      () => {
        laterOn();
        return ask();
      },
      ({ server }) => server === 'replica',
    );
    await replica.stop();
    const down = await until(ask, ({ server }) => server === 'primary');
    expect(down).toMatchObject({ rows: [[false, 3]], warnings: ["The read replica can't be reached, so the primary answered."] });
    await replica.start();
    clock.ahead += 120_000;
    await checkPools(clock);
    await until(
      () => {
        clock.ahead += 61_000;
        return ask();
      },
      ({ server }) => server === 'replica',
    );
  });

  it('must be a replica, and can be taken away', async () => {
    const change = updateSource(org.ctx, id, { replica: { host: '127.0.0.1', port: primary.port, maxLagS: 10 } });
    await expect(change).rejects.toMatchObject({ code: 'input.invalid', message: expect.stringContaining("doesn't replicate") });
    await updateSource(org.ctx, id, { replica: null });
    expect(await ask()).toEqual({ rows: [[false, 3]], server: undefined, warnings: [] });
    await until(replicaPool, (pool) => pool === undefined);
  });
});

describe('[E6] the health monitor', () => {
  it('sees a server stop and come back, without a restart, and lets nobody wait meanwhile', async () => {
    const server = await startPrivatePostgres();
    try {
      const { id: source } = await createSource(org.ctx, {
        name: randomUUID(),
        type: 'postgres',
        connection: server.connection,
      });
      const health = () => poolStats(org.ctx).find((pool) => pool.dataSourceId === source)?.health;
      const run = () => runQuery(org.ctx, { dataSourceId: source, query: 'SELECT 1 AS n', cache: 'bypass' });
      await checkPools(clock);
      expect(health()).toMatchObject({ state: 'up', latencyMs: expect.any(Number) });
      await server.stop();
      await until(
        async () => {
          await checkPools(clock);
          return health()?.state;
        },
        (state) => state === 'down',
      );
      expect(health()).toMatchObject({ reason: expect.stringMatching(/\.$/), nextTryAt: expect.any(String) });
      for (let i = 0; i < 2; i += 1) await run().catch(() => undefined);
      await expect(run()).rejects.toMatchObject({ code: 'source.unreachable', message: expect.stringContaining('down since') });
      await server.start();
      await until(
        async () => {
          clock.ahead += 61_000;
          await checkPools(clock);
          return health()?.state;
        },
        (state) => state === 'up',
      );
      expect((await run()).rows).toEqual([[1]]);
    } finally {
      await drainPools(0);
      await server.remove();
    }
  }, 60_000);
});
