import { afterEach, describe, expect, it, vi } from 'vitest';
import { QuarryError } from '../kernel/errors';
import type { OpenLimits } from './contract';
import { ConnectionPool } from './pool';

/** A connection that only counts; what the pool does with real ones is in contract-suite. */
interface Fake {
  id: number;
  open: boolean;
  usable: boolean;
}

function makePool(limits: Partial<OpenLimits> = {}) {
  const made: Fake[] = [];
  const state = { now: 0, failNext: false, failing: false, attempts: 0, connecting: 0, mostConnecting: 0, mostOpen: 0 };
  const pool = new ConnectionPool<Fake>(
    {
      connect: async () => {
        state.attempts += 1;
        state.connecting += 1;
        state.mostConnecting = Math.max(state.mostConnecting, state.connecting);
        await Promise.resolve();
        state.connecting -= 1;
        if (state.failNext || state.failing) {
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

afterEach(() => {
  vi.useRealTimers();
});

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

  it('asks a server that is not there once for all who wait, and serves the next who comes', async () => {
    const { pool, state } = makePool({ max: 10 });
    state.failing = true;
    const outcomes = await Promise.allSettled(Array.from({ length: 100 }, () => pool.acquire()));
    expect(new Set(outcomes.map((outcome) => outcome.status))).toEqual(new Set(['rejected']));
    expect(state.attempts).toBeLessThanOrEqual(4);
    expect(pool.stats()).toMatchObject({ active: 0, idle: 0, waiting: 0 });
    state.failing = false;
    pool.release(await pool.acquire());
    expect(pool.stats()).toMatchObject({ idle: 1 });
  });

  it('keeps those waiting whom a server that serves others refuses one connection more', async () => {
    const { pool, state } = makePool({ max: 10 });
    const held = await pool.acquire();
    state.failing = true;
    const waiting = [pool.acquire(), pool.acquire()];
    await new Promise((resolve) => setImmediate(resolve));
    const asked = state.attempts;
    expect(pool.stats()).toMatchObject({ active: 1, waiting: 2 });
    pool.release(held);
    const second = await waiting[0];
    expect(second).toBe(held);
    if (second) pool.release(second);
    expect(await waiting[1]).toBe(held);
    expect(state.attempts).toBe(asked);
  });

  it('says who lets nobody more in to those who wait in vain: the server, until it has let one in again', async () => {
    vi.useFakeTimers();
    const { pool, state } = makePool({ max: 3 });
    const held = await pool.acquire();
    state.failing = true;
    const refused = expect(pool.acquire()).rejects.toMatchObject({
      code: 'pool.timeout',
      message:
        'The 1 connection to this source stayed busy for 1 s, with 1 request waiting; it may have 3, but its server lets nobody more in: no',
      details: { active: 1, max: 3, waiting: 1, refusal: 'no' },
    });
    await vi.advanceTimersByTimeAsync(1_000);
    await refused;
    expect(pool.stats()).toMatchObject({ refusal: 'no' });
    state.failing = false;
    state.now += 1_000;
    const others = await Promise.all([pool.acquire(), pool.acquire()]);
    expect(pool.stats()).not.toHaveProperty('refusal');
    const full = expect(pool.acquire()).rejects.toThrow(
      'All 3 connections to this source stayed busy for 1 s, with 1 request waiting. Try again, or raise the pool size',
    );
    await vi.advanceTimersByTimeAsync(1_000);
    await full;
    for (const one of [held, ...others]) pool.release(one);
  });

  it('opens at most four at the same time', async () => {
    const { pool, state } = makePool({ max: 30 });
    const got = await Promise.all(Array.from({ length: 30 }, () => pool.acquire()));
    expect(new Set(got.map((fake) => fake.id)).size).toBe(30);
    expect(state.mostConnecting).toBe(4);
  });

  it('[E2] closes what is above the base soon after its last use, and nothing of the base', async () => {
    vi.useFakeTimers();
    const { pool, made, state } = makePool({ max: 5, base: 2, recycleMs: 3_600_000 });
    const got = await Promise.all(Array.from({ length: 5 }, () => pool.acquire()));
    for (const fake of got.slice(0, 4)) pool.release(fake);
    expect(pool.stats()).toMatchObject({ active: 1, idle: 4 });
    state.now += 5_000;
    await vi.advanceTimersByTimeAsync(5_000);
    expect(pool.stats()).toMatchObject({ active: 1, idle: 1 });
    for (const fake of got.slice(4)) pool.release(fake);
    state.now += 60_000;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(pool.stats()).toMatchObject({ active: 0, idle: 2 });
    expect(made.filter((fake) => fake.open)).toHaveLength(2);
  });

  it('[E2] keeps the minimum open, however long nobody comes, and no more', async () => {
    vi.useFakeTimers();
    const { pool, state } = makePool({ max: 5, min: 1, recycleMs: 3_600_000 });
    for (const fake of await Promise.all(Array.from({ length: 5 }, () => pool.acquire()))) pool.release(fake);
    state.now += 600_000;
    await vi.advanceTimersByTimeAsync(600_000);
    expect(pool.stats()).toMatchObject({ active: 0, idle: 1 });
    await pool.drain(0);
  });

  it('closes idle connections when asked, the longest idle first', async () => {
    const { pool, made } = makePool({ max: 3 });
    for (const fake of await Promise.all([pool.acquire(), pool.acquire(), pool.acquire()])) pool.release(fake);
    expect(await pool.closeIdle(2)).toBe(2);
    expect(made.map((fake) => fake.open)).toEqual([false, false, true]);
    expect(await pool.closeIdle(5)).toBe(1);
  });

  it('[E3] gives up after the wait with the number of those who wait', async () => {
    vi.useFakeTimers();
    const { pool } = makePool({ max: 1, waitMs: 30_000 });
    await pool.acquire();
    const waiting = [pool.acquire(), pool.acquire(), pool.acquire()];
    const outcomes = Promise.allSettled(waiting);
    await vi.advanceTimersByTimeAsync(29_999);
    expect(pool.stats().waiting).toBe(3);
    await vi.advanceTimersByTimeAsync(1);
    expect((await outcomes)[0]).toMatchObject({
      reason: { code: 'pool.timeout', details: { waiting: 3, max: 1, active: 1 }, message: expect.stringContaining('for 30 s') },
    });
    expect(pool.stats().waiting).toBe(0);
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
