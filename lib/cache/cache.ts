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
   * @param options.bytes what it weighs about, in memory; back ends that store bytes weigh those. Too big a value is not kept
   * @returns whether it was kept
   */
  set(key: string, value: V, options: { ttlMs: number; bytes: number }): Promise<boolean>;
  delete(key: string): Promise<void>;
  /** Forgets every key that starts with the prefix. */
  clearPrefix(prefix: string): Promise<void>;
  /** Entries that are alive and what they weigh, of the keys that start with the prefix. */
  stats(prefix: string): Promise<CacheStats>;
  /** Removes what has expired. @returns how many entries */
  clean(): Promise<number>;
}

/** What a cache tells about itself while it works; the counters listen. */
export interface CacheEvents {
  /** Pushed out while it was alive, by what came after it. */
  evicted(key: string): void;
  /** The back end could not do what was asked; memory did, or nothing was kept. */
  failed(key: string): void;
}

export const SILENT: CacheEvents = { evicted: () => undefined, failed: () => undefined };

/** A bound of one value, so that one result can't push out all others. */
export const maxEntryBytesOf = (maxBytes: number) => Math.floor(maxBytes / 8);
