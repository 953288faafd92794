import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { closeDb } from '../db';
import type { Clock } from '../kernel/clock';
import { checkPools, createSource, drainPools, poolStats, updateSource } from '../sources';
import { createTestOrganization, type TestOrganization } from '../testing/organization';
import { type PrivateMariaDb, startPrivateMariaDb } from '../testing/private-mariadb';
import { until } from '../testing/source-database';
import { runQuery } from '.';

class TestClock implements Clock {
  ahead = 0;
  now = () => Date.now() + this.ahead;
  date = () => new Date(this.now());
}

const clock = new TestClock();
let org: TestOrganization;
let primary: PrivateMariaDb;
let replica: PrivateMariaDb;
let id: string;

beforeAll(async () => {
  org = await createTestOrganization({ clock });
  primary = await startPrivateMariaDb();
  await primary.query('CREATE TABLE t AS SELECT 1 AS n');
  replica = await primary.replicate();
  const source = await createSource(org.ctx, {
    name: 'Replicated',
    type: 'mysql',
    connection: primary.connection,
    replica: { host: '127.0.0.1', port: replica.port, maxLagS: 0.5 },
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
  const { rows, server, warnings } = await runQuery(org.ctx, {
    dataSourceId: id,
    query: 'SELECT max(n) AS n FROM t',
    cache: 'bypass',
  });
  return { rows, server, warnings };
}

/** A lag is believed for five seconds. */
const laterOn = () => {
  clock.ahead += 5_000;
};
const askLater = () => {
  laterOn();
  return ask();
};
const replicaPool = () => poolStats(org.ctx).find((pool) => pool.role === 'replica');
const fromReplica = ({ server }: { server?: string }) => server === 'replica';

describe('[J6] a read replica of MariaDB', () => {
  it('answers reads while it is near', async () => {
    expect(await ask()).toEqual({ rows: [[1]], server: 'replica', warnings: [] });
    expect(replicaPool()).toMatchObject({ dataSourceId: id, health: { state: 'up', lagS: 0 } });
  });

  it('leaves the answer to the primary while it is too far behind, and takes over again when it has caught up', async () => {
    await replica.query('STOP SLAVE; CHANGE MASTER TO MASTER_DELAY=3600; START SLAVE');
    await primary.query('INSERT INTO t VALUES (2)');
    await until(
      () => replica.query('SHOW SLAVE STATUS'),
      ([status]) => Number(status?.Seconds_Behind_Master) > 0,
    );
    const answered = await askLater();
    expect(answered).toMatchObject({ rows: [[2]], server: 'primary' });
    expect(answered.warnings).toEqual([expect.stringMatching(/^The read replica is \d+ s behind \(at most 0.5 s is allowed\)/)]);
    await checkPools(clock);
    expect(replicaPool()?.health.lagS).toBeGreaterThan(0);
    await replica.query('STOP SLAVE; CHANGE MASTER TO MASTER_DELAY=0; START SLAVE');
    // Until it replays the first change after its start, MariaDB says that it is 0 s behind.
    const caughtUp = await until(askLater, ({ server, rows }) => server === 'replica' && rows[0]?.[0] === 2);
    expect(caughtUp.warnings).toEqual([]);
  });

  it.each(['SQL_THREAD', 'IO_THREAD'])('gets no question while its %s stands still, however near it was', async (thread) => {
    await replica.query(`STOP SLAVE ${thread}`);
    const answered = await askLater();
    expect(answered).toMatchObject({ server: 'primary', warnings: [expect.stringContaining("isn't replicating")] });
    await replica.query(`START SLAVE ${thread}`);
    expect((await until(askLater, fromReplica)).warnings).toEqual([]);
  });

  it('falls back when the replica is down, and comes back with it', async () => {
    await replica.stop();
    const down = await until(ask, ({ server }) => server === 'primary');
    expect(down).toMatchObject({ rows: [[2]], warnings: ["The read replica can't be reached, so the primary answered."] });
    await replica.start();
    await until(() => {
      clock.ahead += 61_000;
      return ask();
    }, fromReplica);
  });

  it('must be a replica', async () => {
    const change = updateSource(org.ctx, id, { replica: { host: '127.0.0.1', port: primary.port, maxLagS: 10 } });
    await expect(change).rejects.toMatchObject({ code: 'input.invalid', message: expect.stringContaining("doesn't replicate") });
  });
});
