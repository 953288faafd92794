import { LRUCache } from 'lru-cache';
import type { Cache, CacheEvents } from './cache';

/** What a cache did for one organisation since this process started. */
export interface CacheCounts {
  /** Look-ups that found something, and that didn't. */
  hits: number;
  misses: number;
  /** Look-ups counted as misses whose callers then got the outcome of equal work that was under way. */
  joined: number;
  stores: number;
  /** Values pushed out alive, because the cache was full. */
  evictions: number;
  /** What the back end could not do: memory did it, or it was dropped. */
  errors: number;
}

/** Organisations whose counts a process keeps; beyond them the longest unused start from zero. */
const MOST_ORGANIZATIONS = 10_000;
const ZERO: CacheCounts = { hits: 0, misses: 0, joined: 0, stores: 0, evictions: 0, errors: 0 };

/** Counts by organisation: the part of a key before the first colon. */
export class Counters {
  readonly #counts = new LRUCache<string, CacheCounts>({ max: MOST_ORGANIZATIONS });

  readonly events: CacheEvents = {
    evicted: (key) => this.add(key, 'evictions'),
    failed: (key) => this.add(key, 'errors'),
  };

  add(key: string, what: keyof CacheCounts): void {
    const organizationId = key.split(':', 1)[0] ?? '';
    if (organizationId === '') return;
    const counts = this.#counts.get(organizationId) ?? { ...ZERO };
    counts[what] += 1;
    this.#counts.set(organizationId, counts);
  }

  of(organizationId: string): CacheCounts {
    return { ...(this.#counts.get(organizationId) ?? ZERO) };
  }
}

/** The cache, with each look-up and each store counted. */
export function countedCache<V>(cache: Cache<V>, counters: Counters): Cache<V> {
  return {
    ...cache,
    async get(key) {
      const value = await cache.get(key);
      counters.add(key, value === undefined ? 'misses' : 'hits');
      return value;
    },
    async set(key, value, options) {
      const kept = await cache.set(key, value, options);
      if (kept) counters.add(key, 'stores');
      return kept;
    },
  };
}
