/**
 * Owns what is remembered for a while: the cache contract with its memory back end, and the joining of equal concurrent work.
 * Promises: bounded bytes, expiry by the injected clock, and that a waiter who leaves takes nobody else's work along.
 * Callers build keys that start with the organisation and hold everything that the value depends on.
 */
export { type Cache, type CacheStats, type MemoryCacheOptions, memoryCache } from './memory';
export { SingleFlight } from './single-flight';
