import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Lease } from '../adapters/contract';
import { closeDb } from '../db';
import type { Clock } from '../kernel/clock';
import { createTestOrganization, type TestOrganization } from '../testing/organization';
import { createSourceDatabase, type SourceDatabase, until } from '../testing/source-database';
import { createSource, drainPools, openSource, poolStats, sweepPools } from '.';

// Read once, before anything else asks for the settings: connections live for half a second here instead of an hour.
vi.stubEnv('DB_POOL_RECYCLE', '0.5');

class TestClock implements Clock {
  ahead = 0;
  now = () => Date.now() + this.ahead;
  date = () => new Date(this.now());
}

const clock = new TestClock();
let org: TestOrganization;
let other: TestOrganization;
const made: SourceDatabase[] = [];

beforeAll(async () => {
  org = await createTestOrganization({ clock });
  other = await createTestOrganization({ clock });
});

afterAll(async () => {
  await drainPools(0);
  await Promise.all(made.map((database) => database.drop()));
  await org.drop();
  await other.drop();
  await closeDb();
});

async function connected(pool = {}, where = org) {
  const database = await createSourceDatabase('CREATE TABLE t (id int)');
  made.push(database);
  const { id, name } = await createSource(where.ctx, {
    name: randomUUID(),
    type: 'postgres',
    connection: database.connection,
    pool,
  });
  return { database, id, name };
}

const leases = async (id: string, count: number): Promise<Lease[]> => {
  const open = await openSource(org.ctx, id);
  return Promise.all(Array.from({ length: count }, () => open.lease()));
};
const statsOf = (id: string) => poolStats(org.ctx).find((pool) => pool.dataSourceId === id);

describe('pools', () => {
  it('[E1] a hundred parallel first uses make one pool within its maximum', async () => {
    const { database, id } = await connected({ max: 5 });
    await drainPools(0);
    expect(poolStats(org.ctx)).toEqual([]);
    let most = 0;
    await Promise.all(
      Array.from({ length: 100 }, async () => {
        const lease = await (await openSource(org.ctx, id)).lease();
        most = Math.max(most, (await database.backends()).length);
        lease.release();
      }),
    );
    expect(poolStats(org.ctx)).toHaveLength(1);
    expect(most).toBeLessThanOrEqual(5);
    expect(most).toBeGreaterThan(1);
  });

  it('[E2 E7] never exceeds the maximum, lets the next one wait, and tells what the server sees', async () => {
    const { database, id, name } = await connected({ max: 3 });
    const held = await leases(id, 3);
    const waiting = openSource(org.ctx, id).then((open) => open.lease());
    await until(
      () => statsOf(id)?.waiting,
      (count) => count === 1,
    );
    expect(statsOf(id)).toMatchObject({ name, min: 0, max: 3, active: 3, idle: 0, waiting: 1 });
    expect((await database.backends()).sort()).toEqual(held.map((lease) => lease.backendId).sort());
    held[0]?.release();
    const fourth = await waiting;
    expect(statsOf(id)).toMatchObject({ active: 3, waiting: 0 });
    fourth.release();
    for (const lease of held) lease.release();
    const after = statsOf(id);
    expect(after?.active).toBe(0);
    expect((await database.backends()).length).toBe(after?.idle);
  });

  it('[E3] gives up waiting with the number of those who wait', async () => {
    const { id } = await connected({ max: 1, waitMs: 150 });
    const [held] = await leases(id, 1);
    const outcomes = await Promise.allSettled([leases(id, 1), leases(id, 1)]);
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({
        status: 'rejected',
        reason: { code: 'pool.timeout', details: { waiting: expect.any(Number) } },
      });
    }
    held?.release();
    (await leases(id, 1))[0]?.release();
  });

  it('[E4] closes an idle pool, not a leased one; the next query opens it again', async () => {
    const idle = await connected();
    const busy = await connected();
    const [lease] = await leases(busy.id, 1);
    clock.ahead += 29 * 60_000;
    await sweepPools(clock);
    expect(statsOf(idle.id)).toBeDefined();
    clock.ahead += 2 * 60_000;
    expect(await sweepPools(clock)).toBeGreaterThanOrEqual(1);
    expect(statsOf(idle.id)).toBeUndefined();
    await until(idle.database.backends, (pids) => pids.length === 0);
    expect(statsOf(busy.id)).toMatchObject({ active: 1 });
    lease?.release();
    const [again] = await leases(idle.id, 1);
    expect(await idle.database.backends()).toEqual([again?.backendId]);
    again?.release();
  });

  it('[E5] replaces a connection that is too old', async () => {
    const { database, id } = await connected();
    const [first] = await database.backends();
    const pid = async () => {
      const [lease] = await leases(id, 1);
      lease?.release();
      return lease?.backendId;
    };
    expect(await until(pid, (current) => current !== first)).not.toBe(first);
    await until(database.backends, (pids) => pids.length === 1 && pids[0] !== first);
  });

  it('[E7] counts what went wrong, and shows an organisation only its own pools', async () => {
    const { database, id } = await connected({}, org);
    const theirs = await connected({}, other);
    expect(poolStats(other.ctx).map((pool) => pool.dataSourceId)).toEqual([theirs.id]);
    expect(statsOf(theirs.id)).toBeUndefined();
    const before = statsOf(id)?.errors ?? 0;
    await database.admin.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1', [
      database.connection.username,
    ]);
    await until(
      () => statsOf(id)?.errors,
      (errors) => (errors ?? 0) > before,
    );
    const [lease] = await leases(id, 1);
    expect(statsOf(id)).toMatchObject({ active: 1, idle: 0 });
    lease?.release();
  });

  it('[E8] drains everything', async () => {
    const { database, id } = await connected();
    const [lease] = await leases(id, 1);
    const drained = drainPools(5_000);
    lease?.release();
    await drained;
    expect(poolStats(org.ctx)).toEqual([]);
    await until(database.backends, (pids) => pids.length === 0);
  });
});
