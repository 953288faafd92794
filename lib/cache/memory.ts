import { LRUCache } from 'lru-cache';
import { type Clock, systemClock } from '../kernel/clock';
import { type Cache, type CacheEvents, maxEntryBytesOf, SILENT } from './cache';

export interface MemoryCacheOptions {
  /** Bound of the whole cache; 0 keeps nothing. */
  maxBytes: number;
  /** Bound of one value; default an eighth of the whole. */
  maxEntryBytes?: number;
  clock?: Clock;
  events?: CacheEvents;
}

interface Entry<V> {
  value: V;
  bytes: number;
  expiresAt: number;
}

/** In this process, least recently used first out. */
export function memoryCache<V>(options: MemoryCacheOptions): Cache<V> {
  const clock = options.clock ?? systemClock;
  const events = options.events ?? SILENT;
  const maxEntryBytes = options.maxEntryBytes ?? maxEntryBytesOf(options.maxBytes);
  const alive = (entry: Entry<V>) => clock.now() < entry.expiresAt;
  const store = new LRUCache<string, Entry<V>>({
    maxSize: Math.max(1, options.maxBytes),
    sizeCalculation: (entry) => entry.bytes,
    dispose: (entry, key, reason) => {
      if (reason === 'evict' && alive(entry)) events.evicted(key);
    },
  });

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
        return false;
      }
      store.set(key, { value, bytes: Math.max(1, bytes), expiresAt: clock.now() + ttlMs });
      return true;
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
    async clean() {
      const dead = [...store.entries()].filter(([, entry]) => !alive(entry));
      for (const [key] of dead) store.delete(key);
      return dead.length;
    },
  };
}
