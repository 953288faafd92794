import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { settableClock } from '../testing/clock';
import type { CacheBackend, CacheOptions, NamedCache } from './create-cache';

/** What a back end needs from its test: how to make a cache of its own, and what that leaves behind. */
export interface CacheFixture {
  backend: CacheBackend;
  /** Options beside clock, size and codec that make a cache which nobody else uses; called twice for the same place by `again`. */
  place(): Promise<{ options: Partial<CacheOptions<Value>>; remove(): Promise<void> }>;
  create(options: CacheOptions<Value>): NamedCache<Value>;
}

export interface Value {
  text: string;
}

/** A text that compressing doesn't make smaller, so that each entry weighs the same in every back end. */
const filler = () => ({ text: randomBytes(600).toString('base64') });
const WEIGHT = 800;
const MINUTE = 60_000;

/** What every back end promises, whichever it is. */
export function cacheContract(fixture: CacheFixture): void {
  describe(`cache in ${fixture.backend}`, () => {
    const clock = settableClock();
    let place: Awaited<ReturnType<CacheFixture['place']>>;
    beforeEach(async () => {
      place = await fixture.place();
    });
    afterEach(() => place.remove());

    const make = (maxBytes = 1_000_000, more: Partial<CacheOptions<Value>> = {}) =>
      fixture.create({ name: 'suite', maxBytes, clock, backend: fixture.backend, ...place.options, ...more });
    const put = (cache: NamedCache<Value>, key: string, value: Value = filler(), ttlMs = MINUTE) =>
      cache.set(key, value, { ttlMs, bytes: WEIGHT });

    it('gives back what was set until it expires by the injected clock', async () => {
      const cache = make();
      const exact = { text: 'ä€𝄞 "\\ \u0000 18446744073709551615 0.30000000000000004' };
      expect(await put(cache, 'o1:a', exact, 500)).toBe(true);
      clock.advance(499);
      expect(await cache.get('o1:a')).toEqual(exact);
      clock.advance(1);
      expect(await cache.get('o1:a')).toBeUndefined();
      expect(await cache.stats('')).toEqual({ entries: 0, bytes: 0 });
    });

    it('keeps a long value whole', async () => {
      const cache = make();
      const long = { text: 'row of a result, again and again; '.repeat(2_000) };
      expect(await put(cache, 'o1:long', long)).toBe(true);
      expect(await cache.get('o1:long')).toEqual(long);
    });

    it('stays within its bytes, least recently used first out', async () => {
      const scales = make();
      await put(scales, 'size', filler());
      const { bytes } = await scales.stats('');
      const cache = make(bytes * 8 + 7);
      await cache.clearPrefix('');
      for (let i = 0; i < 8; i += 1) await put(cache, `o1:k${i}`);
      expect(await cache.get('o1:k0')).toBeDefined();
      await put(cache, 'o1:k8');
      expect(await cache.get('o1:k0')).toBeDefined();
      expect(await cache.get('o1:k1')).toBeUndefined();
      expect((await cache.stats('o1:k')).entries).toBe(8);
      expect((await cache.stats('o1:k')).bytes).toBeLessThanOrEqual(bytes * 8 + 7);
      expect((await cache.figures('o1')).evictions).toBe(1);
    });

    it('does not keep what is too big, and forgets the older value under the same key', async () => {
      const cache = make(WEIGHT * 8);
      await put(cache, 'o1:k', { text: 'old' });
      const big = { text: randomBytes(6_000).toString('base64') };
      expect(await cache.set('o1:k', big, { ttlMs: MINUTE, bytes: 8_000 })).toBe(false);
      expect(await cache.get('o1:k')).toBeUndefined();
    });

    it('keeps nothing when it may use no bytes or no time', async () => {
      const cache = make(0);
      expect(await put(cache, 'o1:k')).toBe(false);
      expect(await cache.get('o1:k')).toBeUndefined();
      expect(await put(make(), 'o1:k', filler(), 0)).toBe(false);
    });

    it('replaces a value without counting it twice', async () => {
      const cache = make();
      await put(cache, 'o1:k', filler());
      const once = await cache.stats('o1:');
      const second = filler();
      await put(cache, 'o1:k', second);
      expect(await cache.get('o1:k')).toEqual(second);
      expect(await cache.stats('o1:')).toEqual(once);
    });

    it('clears, counts and deletes one prefix only', async () => {
      const cache = make();
      for (let i = 0; i < 30; i += 1) await put(cache, `o1:s1:${i}`);
      await put(cache, 'o1:s2:a');
      await put(cache, 'o2:a');
      expect((await cache.stats('o1:')).entries).toBe(31);
      await cache.clearPrefix('o1:s1:');
      expect((await cache.stats('o1:')).entries).toBe(1);
      await cache.delete('o1:s2:a');
      expect(await cache.get('o1:s2:a')).toBeUndefined();
      expect(await cache.stats('o1:')).toEqual({ entries: 0, bytes: 0 });
      expect(await cache.get('o2:a')).toBeDefined();
    });

    it('clears and counts more entries than one page of it', async () => {
      const cache = make(10_000_000);
      await Promise.all(Array.from({ length: 1_201 }, (_, i) => put(cache, `o1:${i}`, { text: 'x' })));
      expect((await cache.stats('o1:')).entries).toBe(1_201);
      await cache.clearPrefix('o1:');
      expect((await cache.stats('')).entries).toBe(0);
    });

    it('cleans away what has expired, and nothing else', async () => {
      const cache = make();
      await put(cache, 'o1:short', filler(), 1_000);
      await put(cache, 'o1:long', filler(), 2_000);
      clock.advance(1_500);
      expect(await cache.clean()).toBe(1);
      expect(await cache.clean()).toBe(0);
      expect(await cache.get('o1:long')).toBeDefined();
    });

    it('counts look-ups and stores for each organisation, and not what is only peeked at', async () => {
      const cache = make();
      await cache.get('o1:a');
      await put(cache, 'o1:a');
      await cache.get('o1:a');
      await cache.get('o1:a');
      await cache.peek('o1:a');
      await cache.get('o2:a');
      cache.joined('o2:a');
      const figures = { backend: fixture.backend, state: 'ok', evictions: 0, errors: 0 };
      expect(await cache.figures('o1')).toMatchObject({ ...figures, hits: 2, misses: 1, joined: 0, stores: 1, entries: 1 });
      expect(await cache.figures('o2')).toMatchObject({ ...figures, hits: 0, misses: 1, joined: 1, stores: 0, entries: 0 });
    });
  });
}
