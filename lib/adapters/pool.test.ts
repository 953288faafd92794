import { describe, expect, it } from 'vitest';
import { QuarryError } from '../kernel/errors';
import type { OpenLimits } from './contract';
import { ConnectionPool } from './pool';

/** A connection that only counts; what the pool does with real ones is in contract-suite.ts. */
interface Fake {
  id: number;
  open: boolean;
  usable: boolean;
}

function makePool(limits: Partial<OpenLimits> = {}) {
  const made: Fake[] = [];
  const state = { now: 0, failNext: false, mostOpen: 0 };
  const pool = new ConnectionPool<Fake>(
    {
      connect: async () => {
        await Promise.resolve();
        if (state.failNext) {
          state.failNext = false;
          throw new QuarryError('source.unreachable', 'no');
        }
        const fake = { id: made.length + 1, open: true, usable: true };
        made.push(fake);
        state.mostOpen = Math.max(state.mostOpen, made.filter((each) => each.open).length);
        return fake;
      },
      settle: (fake) => fake.usable,
      close: async (fake) => {
        fake.open = false;
      },
      interrupt: () => {},
    },
    { max: 2, min: 0, waitMs: 1_000, connectTimeoutMs: 1_000, recycleMs: 1_000, allowWrites: false, ...limits },
    () => state.now,
  );
  return { pool, made, state };
}

describe('the connection pool', () => {
  it('never opens more than max, however many ask at once, and serves all', async () => {
    const { pool, made, state } = makePool({ max: 3 });
    const served = await Promise.all(
      Array.from({ length: 50 }, async () => {
        const fake = await pool.acquire();
        expect(pool.stats().active).toBeLessThanOrEqual(3);
        await new Promise((resolve) => setImmediate(resolve));
        pool.release(fake);
        return fake.id;
      }),
    );
    expect(served).toHaveLength(50);
    expect(made).toHaveLength(3);
    expect(state.mostOpen).toBe(3);
    expect(pool.stats()).toMatchObject({ active: 0, idle: 3, waiting: 0, opened: 3 });
  });

  it('serves those who wait in the order in which they came', async () => {
    const { pool } = makePool({ max: 1 });
    const first = await pool.acquire();
    const order: number[] = [];
    const waiting = [1, 2, 3].map((n) =>
      pool.acquire().then((fake) => {
        order.push(n);
        pool.release(fake);
      }),
    );
    pool.release(first);
    await Promise.all(waiting);
    expect(order).toEqual([1, 2, 3]);
  });

  it('gives the place of a broken connection to the next who waits', async () => {
    const { pool, made } = makePool({ max: 1 });
    const first = await pool.acquire();
    const waiting = pool.acquire();
    pool.release(first, true);
    expect((await waiting).id).toBe(2);
    expect(made[0]?.open).toBe(false);
    expect(pool.stats()).toMatchObject({ active: 1, idle: 0, waiting: 0 });
  });

  it('tells a failed connection to its own caller and goes on', async () => {
    const { pool, state } = makePool({ max: 1 });
    state.failNext = true;
    await expect(pool.acquire()).rejects.toMatchObject({ code: 'source.unreachable' });
    expect(pool.stats()).toMatchObject({ active: 0, errors: 1 });
    pool.release(await pool.acquire());
    expect(pool.stats()).toMatchObject({ idle: 1, opened: 1 });
  });

  it('does not leave the queue hanging when the connection it hoped for fails', async () => {
    const { pool, state } = makePool({ max: 1 });
    state.failNext = true;
    const [failed, served] = await Promise.allSettled([pool.acquire(), pool.acquire()]);
    expect(failed.status).toBe('rejected');
    expect(served.status).toBe('fulfilled');
  });

  it('replaces what has become too old, when taken and when given back', async () => {
    const { pool, made, state } = makePool();
    const first = await pool.acquire();
    pool.release(first);
    state.now = 1_000;
    const second = await pool.acquire();
    expect(second.id).toBe(2);
    state.now = 2_000;
    pool.release(second);
    expect(pool.stats().idle).toBe(0);
    expect(made.every((fake) => !fake.open)).toBe(true);
  });

  it('replaces what turns out unusable', async () => {
    const { pool } = makePool({ max: 1 });
    const first = await pool.acquire();
    pool.release(first);
    first.usable = false;
    expect((await pool.acquire()).id).toBe(2);
    expect(pool.stats()).toMatchObject({ active: 1, idle: 0 });
  });

  it('ends with nothing open, and refuses who waits', async () => {
    const { pool, made } = makePool({ max: 1 });
    await pool.acquire();
    const waiting = pool.acquire();
    waiting.catch(() => {});
    await pool.drain(0);
    await expect(waiting).rejects.toMatchObject({ code: 'source.unreachable' });
    expect(made.every((fake) => !fake.open)).toBe(true);
    expect(pool.stats()).toMatchObject({ active: 0, idle: 0, waiting: 0 });
  });
});
