import { describe, expect, it } from 'vitest';
import type { Lease, Pool } from '../adapters/contract';
import { ConnectionPool } from '../adapters/pool';
import type { Clock } from '../kernel/clock';
import type { MadePool, PoolOwner } from './pool-entry';
import { PoolRegistry } from './pool-registry';

/** The adapters' own pool over connections that go nowhere: what is tested is who gets which pool when. */
class LocalServer {
  open = 0;
  most = 0;
  made = 0;

  pool(max: number, waitMs = 30_000): Pool {
    this.made += 1;
    const connections = new ConnectionPool<{ id: number }>(
      {
        connect: async () => {
          this.open += 1;
          this.most = Math.max(this.most, this.open);
          return { id: this.open };
        },
        settle: async () => true,
        close: async () => {
          this.open -= 1;
        },
        interrupt: () => undefined,
      },
      { max, min: 0, waitMs, connectTimeoutMs: 1_000, recycleMs: 3_600_000, allowWrites: false },
    );
    return {
      stats: () => connections.stats(),
      drain: (graceMs) => connections.drain(graceMs),
      closeIdle: (count) => connections.closeIdle(count),
      lease: async (options) => {
        const connection = await connections.acquire(options?.signal);
        return {
          backendId: String(connection.id),
          release: (broken?: boolean) => connections.release(connection, broken),
        } as Lease;
      },
    };
  }
}

class TestClock implements Clock {
  ms = 1_000_000;
  now = () => this.ms;
  date = () => new Date(this.ms);
}

function setUp(limits = { maxPerOrganization: 100, maxTotal: 400 }) {
  const server = new LocalServer();
  const clock = new TestClock();
  const registry = new PoolRegistry(limits);
  const owner = (dataSourceId: string, organizationId = 'org'): PoolOwner => ({
    organizationId,
    environmentId: 'env',
    dataSourceId,
  });
  const maker =
    (credentialVersion = 1, max = 5, min = 0, waitMs = 30_000) =>
    async (): Promise<MadePool> => ({ credentialVersion, name: 'source', min, max, waitMs, pool: server.pool(max, waitMs) });
  const lease = (source: PoolOwner, version = 1, max = 5, waitMs = 30_000) =>
    registry.lease(source, version, maker(version, max, 0, waitMs), { clock });
  return { server, clock, registry, owner, maker, lease };
}

/** Until everything that is due in this turn of the loop has happened. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('PoolRegistry', () => {
  it('[E1] makes one pool for a hundred parallel first uses', async () => {
    const { server, registry, owner, lease } = setUp();
    const leases = await Promise.all(
      Array.from({ length: 100 }, async () => {
        const one = await lease(owner('a'));
        await settled();
        one.release();
      }),
    );
    expect(leases).toHaveLength(100);
    expect(server.made).toBe(1);
    expect(server.most).toBeLessThanOrEqual(5);
    expect(registry.figures('org')).toMatchObject([{ active: 0, waiting: 0, max: 5 }]);
  });

  it('gives each organisation a pool of its own and shows it only its own', async () => {
    const { server, registry, owner, lease } = setUp();
    (await lease(owner('a', 'one'))).release();
    (await lease(owner('a', 'two'))).release();
    expect(server.made).toBe(2);
    expect(registry.figures('one')).toHaveLength(1);
    expect(registry.figures('three')).toEqual([]);
  });

  it('tries again after the pool could not be made', async () => {
    const { registry, owner, lease, clock } = setUp();
    const failing = () => Promise.reject(new Error('no such host'));
    await expect(registry.lease(owner('a'), 1, failing, { clock })).rejects.toThrow('no such host');
    (await lease(owner('a'))).release();
  });

  it('[A13] replaces the pool of an older credential without disturbing its leases', async () => {
    const { server, registry, owner, lease } = setUp();
    const old = await lease(owner('a'), 1);
    const fresh = await lease(owner('a'), 2);
    expect(server.made).toBe(2);
    expect(server.open).toBe(2);
    expect(registry.figures('org')).toHaveLength(1);
    old.release();
    await settled();
    expect(server.open).toBe(1);
    fresh.release();
  });

  it('serves a caller who read the source before the change from the newer pool', async () => {
    const { server, owner, lease } = setUp();
    (await lease(owner('a'), 2)).release();
    (await lease(owner('a'), 1)).release();
    expect(server.made).toBe(1);
  });

  it('[E4] closes an idle pool, never a leased one, never one that is to stay warm', async () => {
    const { server, registry, owner, maker, lease, clock } = setUp();
    const idleMs = 30 * 60_000;
    (await lease(owner('idle'))).release();
    const leased = await lease(owner('leased'));
    (await registry.lease(owner('warm'), 1, maker(1, 5, 1), { clock })).release();
    clock.ms += idleMs - 1;
    expect(await registry.sweep(clock, idleMs)).toBe(0);
    clock.ms += 1;
    expect(await registry.sweep(clock, idleMs)).toBe(1);
    expect(server.open).toBe(2);
    leased.release();
    expect(await registry.sweep(clock, idleMs)).toBe(0);
    clock.ms += idleMs;
    expect(await registry.sweep(clock, idleMs)).toBe(1);
    (await lease(owner('idle'))).release();
    expect(server.made).toBe(4);
  });

  it("closes an organisation's idle pools before its cap is broken", async () => {
    const { server, registry, owner, lease } = setUp({ maxPerOrganization: 2, maxTotal: 400 });
    (await lease(owner('a'))).release();
    (await lease(owner('b'))).release();
    (await lease(owner('c'))).release();
    expect(server.most).toBe(2);
    expect(registry.figures('org').map((pool) => pool.dataSourceId)).toEqual(['b', 'c']);
  });

  it('waits at the cap, and says so when nothing came free', async () => {
    const { server, owner, lease } = setUp({ maxPerOrganization: 400, maxTotal: 2 });
    const first = await lease(owner('a'));
    const second = await lease(owner('b'));
    await expect(lease(owner('c'), 1, 5, 20)).rejects.toMatchObject({ code: 'pool.timeout', details: { limit: 2, waiting: 1 } });
    const third = lease(owner('c'));
    await settled();
    first.release();
    (await third).release();
    second.release();
    expect(server.most).toBe(2);
  });

  it('[E2] lets no flood of one organisation keep another waiting at the cap of the process', async () => {
    const { server, owner, lease } = setUp({ maxPerOrganization: 100, maxTotal: 4 });
    const order: string[] = [];
    const held: Lease[] = [];
    const use = async (organization: string) => {
      const one = await lease(owner('a', organization), 1, 10);
      order.push(organization);
      held.push(one);
    };
    const flood = Array.from({ length: 40 }, () => use('loud'));
    await settled();
    expect(order).toEqual(Array(4).fill('loud'));
    const quiet = [use('quiet'), use('quiet')];
    await settled();
    // Each place that comes free goes to whoever has fewest, though the flood's own pool has the connection.
    for (let i = 0; i < 2; i += 1) {
      held.shift()?.release();
      await settled();
    }
    expect(order.slice(4)).toEqual(['quiet', 'quiet']);
    await Promise.all(quiet);
    while (order.length < 42) {
      held.shift()?.release();
      await settled();
    }
    await Promise.all(flood);
    expect(server.most).toBe(4);
    for (const one of held) one.release();
  });

  it('[E2] shares the cap of an organisation among its sources', async () => {
    const { server, owner, lease } = setUp({ maxPerOrganization: 2, maxTotal: 100 });
    const first = [await lease(owner('busy'), 1, 10), await lease(owner('busy'), 1, 10)];
    const order: string[] = [];
    const waiting = ['busy', 'busy', 'calm'].map(async (source) => {
      const one = await lease(owner(source), 1, 10);
      order.push(source);
      return one;
    });
    await settled();
    first[0]?.release();
    await settled();
    expect(order).toEqual(['calm']);
    (await waiting[2])?.release();
    first[1]?.release();
    for (const one of waiting.slice(0, 2)) (await one).release();
    expect(server.most).toBe(2);
  });

  it('[E2 E3] admits no more than the pool may have, first come first served, and counts who waits', async () => {
    const { registry, owner, lease } = setUp();
    const held = await lease(owner('a'), 1, 1, 50);
    const late = lease(owner('a'), 1, 1, 50);
    await settled();
    expect(registry.figures('org')).toMatchObject([{ active: 1, waiting: 1, max: 1, role: 'primary' }]);
    await expect(late).rejects.toMatchObject({ code: 'pool.timeout', details: { waiting: 1, max: 1 } });
    const order: number[] = [];
    const waiting = [1, 2, 3].map(async (n) => {
      const one = await lease(owner('a'), 1, 1, 50);
      order.push(n);
      one.release();
    });
    await settled();
    held.release();
    await Promise.all(waiting);
    expect(order).toEqual([1, 2, 3]);
  });

  it('[E8] refuses who waits for a connection when everything is drained', async () => {
    const { registry, owner, lease } = setUp();
    const held = await lease(owner('a'), 1, 1);
    const waiting = lease(owner('a'), 1, 1);
    waiting.catch(() => undefined);
    await settled();
    const drained = registry.drain(5_000);
    await expect(waiting).rejects.toMatchObject({ code: 'source.unreachable' });
    await expect(lease(owner('b'))).rejects.toMatchObject({ code: 'source.unreachable' });
    held.release();
    await drained;
  });

  it('[E1] retires the pools that were made before a change which another process made', async () => {
    const { server, registry, owner, lease } = setUp();
    (await lease(owner('a'), 1)).release();
    (await lease(owner('b'), 1)).release();
    await registry.removeOlder('org', 'a', 2);
    expect(registry.figures('org').map((pool) => pool.dataSourceId)).toEqual(['b']);
    await registry.removeOlder('other', 'b', 2);
    await registry.removeOlder('org', 'b', 1);
    expect(server.open).toBe(1);
  });

  it('leaves the queue at the cap when its caller goes away', async () => {
    const { registry, owner, maker, lease, clock } = setUp({ maxPerOrganization: 1, maxTotal: 400 });
    const held = await lease(owner('a'));
    const controller = new AbortController();
    const waiting = registry.lease(owner('b'), 1, maker(), { clock, signal: controller.signal });
    await settled();
    controller.abort(new Error('gone'));
    await expect(waiting).rejects.toThrow('gone');
    held.release();
  });

  it('counts a lease given back twice once', async () => {
    const { registry, owner, lease, clock } = setUp();
    const first = await lease(owner('a'));
    const second = await lease(owner('a'));
    first.release();
    first.release();
    clock.ms += 10 ** 9;
    expect(await registry.sweep(clock, 1)).toBe(0);
    second.release();
    clock.ms += 1;
    expect(await registry.sweep(clock, 1)).toBe(1);
  });

  it('[E8] drains everything', async () => {
    const { server, registry, owner, lease } = setUp();
    const held = await lease(owner('a'));
    (await lease(owner('b'))).release();
    const drained = registry.drain(5_000);
    held.release();
    await drained;
    expect(server.open).toBe(0);
    expect(registry.figures('org')).toEqual([]);
  });
});
