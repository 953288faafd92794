import { type ByteStore, StoreAway } from './byte-store';
import type { Cache, CacheEvents } from './cache';
import { pack, unpack } from './pack';

/** How a value becomes text and again a value. What is read came from outside: decode checks it. */
export interface Codec<V> {
  encode(value: V): string;
  /** Undefined when the text is no such value: a miss. */
  decode(text: string): V | undefined;
}

/** Beyond so many prefixes that a store which is away still has to forget, it forgets all. */
const MOST_OWED = 1_000;

/**
 * A cache in a store of bytes, with memory in its place while the store is away.
 *
 * What was to be forgotten while the store was away is owed: this process reads nothing from it until that is done. Another process
 * could still read it before, and a process that ends takes its debts along. So nobody relies on clearing: keys hold all that a value
 * depends on (credential version, fingerprints of schema and policy, and the epoch which "clear the cache" moves in the builder
 * database), and what has changed is never asked for again. Clearing only frees the space sooner.
 */
export function storedCache<V>(options: {
  store: ByteStore;
  memory: Cache<V>;
  codec: Codec<V>;
  maxEntryBytes: number;
  events: CacheEvents;
}): Cache<V> {
  const { store, memory, codec, events } = options;
  let owed = new Set<string>();
  let memoryHolds = false;

  const payDebts = async () => {
    while (owed.size > 0) {
      for (const prefix of [...owed]) {
        await store.clearPrefix(prefix);
        owed.delete(prefix);
      }
    }
  };
  const owe = (prefix: string) => {
    owed.add(prefix);
    if (owed.size > MOST_OWED) owed = new Set(['']);
  };
  /** In the store, or what memory does in its place. */
  const attempt = async <T>(key: string, inStore: () => Promise<T>, inMemory: () => Promise<T>): Promise<T> => {
    try {
      await payDebts();
      const outcome = await inStore();
      // It works again: what stood in has done its duty.
      if (memoryHolds) await memory.clearPrefix('');
      memoryHolds = false;
      return outcome;
    } catch (error) {
      if (!(error instanceof StoreAway)) throw error;
      events.failed(key);
      return inMemory();
    }
  };
  const decode = async (key: string, bytes: Buffer): Promise<V | undefined> => {
    const text = await unpack(bytes);
    const value = text === undefined ? undefined : codec.decode(text);
    // Another version's bytes, or somebody else's: they are in the way.
    if (value === undefined) await store.delete(key);
    return value;
  };

  return {
    get: (key) =>
      attempt(
        key,
        async () => {
          const bytes = await store.get(key);
          return bytes === undefined ? undefined : decode(key, bytes);
        },
        () => memory.get(key),
      ),
    set: (key, value, { ttlMs, bytes }) =>
      attempt(
        key,
        async () => {
          // Weighed before it is encoded: what is too big as text isn't worth the work.
          const payload = bytes > options.maxEntryBytes || ttlMs <= 0 ? null : await pack(codec.encode(value));
          if (payload === null || payload.length > options.maxEntryBytes) {
            await store.delete(key);
            return false;
          }
          for (const one of await store.set(key, payload, ttlMs)) events.evicted(one);
          return true;
        },
        () => {
          memoryHolds = true;
          return memory.set(key, value, { ttlMs, bytes });
        },
      ),
    delete: (key) =>
      attempt(
        key,
        () => store.delete(key),
        async () => {
          owe(key);
          await memory.delete(key);
        },
      ),
    clearPrefix: (prefix) =>
      attempt(
        prefix,
        () => store.clearPrefix(prefix),
        async () => {
          owe(prefix);
          await memory.clearPrefix(prefix);
        },
      ),
    stats: (prefix) =>
      attempt(
        '',
        () => store.stats(prefix),
        () => memory.stats(prefix),
      ),
    clean: () =>
      attempt(
        '',
        () => store.clean(),
        () => memory.clean(),
      ),
  };
}
