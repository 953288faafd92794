import { describe, expect, it } from 'vitest';
import { memoryCache } from './index';

function clockAt(start: number) {
  let now = start;
  return { now: () => now, date: () => new Date(now), advance: (ms: number) => (now += ms) };
}

describe('memoryCache', () => {
  it('gives back what was set until it expires by the injected clock', async () => {
    const clock = clockAt(1_000);
    const cache = memoryCache<string>({ maxBytes: 1_000, clock });
    await cache.set('o1:a', 'x', { ttlMs: 500, bytes: 10 });
    clock.advance(499);
    expect(await cache.get('o1:a')).toBe('x');
    clock.advance(1);
    expect(await cache.get('o1:a')).toBeUndefined();
    expect(await cache.stats('')).toEqual({ entries: 0, bytes: 0 });
  });

  it('stays within its bytes, least recently used first out', async () => {
    const cache = memoryCache<number>({ maxBytes: 80 });
    for (let i = 0; i < 8; i += 1) await cache.set(`k${i}`, i, { ttlMs: 1_000, bytes: 10 });
    await cache.get('k0');
    await cache.set('k8', 8, { ttlMs: 1_000, bytes: 10 });
    expect(await cache.get('k0')).toBe(0);
    expect(await cache.get('k1')).toBeUndefined();
    expect(await cache.stats('k')).toEqual({ entries: 8, bytes: 80 });
  });

  it('does not keep what is too big, and forgets the older value under the same key', async () => {
    const cache = memoryCache<string>({ maxBytes: 80 });
    await cache.set('k', 'old', { ttlMs: 1_000, bytes: 10 });
    await cache.set('k', 'new and too big', { ttlMs: 1_000, bytes: 11 });
    expect(await cache.get('k')).toBeUndefined();
  });

  it('keeps nothing when it may use no memory', async () => {
    const cache = memoryCache<string>({ maxBytes: 0 });
    await cache.set('k', 'v', { ttlMs: 1_000, bytes: 1 });
    expect(await cache.get('k')).toBeUndefined();
  });

  it('clears and counts one prefix only', async () => {
    const cache = memoryCache<number>({ maxBytes: 1_000 });
    await cache.set('o1:a', 1, { ttlMs: 1_000, bytes: 10 });
    await cache.set('o2:a', 2, { ttlMs: 1_000, bytes: 20 });
    expect(await cache.stats('o2:')).toEqual({ entries: 1, bytes: 20 });
    await cache.clearPrefix('o1:');
    expect(await cache.get('o1:a')).toBeUndefined();
    expect(await cache.get('o2:a')).toBe(2);
    await cache.delete('o2:a');
    expect(await cache.get('o2:a')).toBeUndefined();
  });
});
