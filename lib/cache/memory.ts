import { LRUCache } from 'lru-cache';
import { type Clock, systemClock } from '../kernel/clock';

export interface CacheStats {
  entries: number;
  bytes: number;
}

/** What every back end offers. Asynchronous, because others are reached over a network. */
export interface Cache<V> {
  /** The value, or undefined when it was never set, has expired or was pushed out. */
  get(key: string): Promise<V | undefined>;
  /**
   * Keeps a value.
   * @param options.ttlMs after which it is gone
   * @param options.bytes what it weighs against the cache's bound; a value too big for the cache is not kept
   */
  set(key: string, value: V, options: { ttlMs: number; bytes: number }): Promise<void>;
  delete(key: string): Promise<void>;
  /** Forgets every key that starts with the prefix. */
  clearPrefix(prefix: string): Promise<void>;
  /** Entries that are alive and what they weigh, of the keys that start with the prefix. */
  stats(prefix: string): Promise<CacheStats>;
}

export interface MemoryCacheOptions {
  /** Bound of the whole cache; 0 keeps nothing. */
  maxBytes: number;
  /** Bound of one value; default an eighth of the whole, so that one result can't push out all others. */
  maxEntryBytes?: number;
  clock?: Clock;
}

interface Entry<V> {
  value: V;
  bytes: number;
  expiresAt: number;
}

/** In this process, least recently used first out. */
export function memoryCache<V>(options: MemoryCacheOptions): Cache<V> {
  const clock = options.clock ?? systemClock;
  const maxEntryBytes = options.maxEntryBytes ?? Math.floor(options.maxBytes / 8);
  const store = new LRUCache<string, Entry<V>>({
    maxSize: Math.max(1, options.maxBytes),
    sizeCalculation: (entry) => entry.bytes,
  });
  const alive = (entry: Entry<V>) => clock.now() < entry.expiresAt;

  return {
    async get(key) {
      const entry = store.get(key);
      if (entry && alive(entry)) return entry.value;
      if (entry) store.delete(key);
      return undefined;
    },
    async set(key, value, { ttlMs, bytes }) {
      if (bytes > maxEntryBytes || ttlMs <= 0) {
        // What was there is older than what the caller has now.
        store.delete(key);
        return;
      }
      store.set(key, { value, bytes: Math.max(1, bytes), expiresAt: clock.now() + ttlMs });
    },
    async delete(key) {
      store.delete(key);
    },
    async clearPrefix(prefix) {
      for (const key of [...store.keys()]) if (key.startsWith(prefix)) store.delete(key);
    },
    async stats(prefix) {
      let entries = 0;
      let bytes = 0;
      for (const [key, entry] of store.entries()) {
        if (!key.startsWith(prefix) || !alive(entry)) continue;
        entries += 1;
        bytes += entry.bytes;
      }
      return { entries, bytes };
    },
  };
}
