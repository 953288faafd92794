import type { CacheStats } from './cache';

/** A back end that keeps bytes. Every method throws StoreAway when the store can't do it now. */
export interface ByteStore {
  get(key: string): Promise<Buffer | undefined>;
  /** @returns the keys that were pushed out alive */
  set(key: string, value: Buffer, ttlMs: number): Promise<string[]>;
  delete(key: string): Promise<void>;
  clearPrefix(prefix: string): Promise<void>;
  stats(prefix: string): Promise<CacheStats>;
  clean(): Promise<number>;
  /** A sentence when it doesn't work just now. */
  trouble(): string | null;
}

/** The store can't be used just now. */
export class StoreAway extends Error {}
