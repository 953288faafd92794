/**
 * Owns what is remembered for a while: one cache contract with three back ends (memory, a SQLite file, Redis), and the joining of equal
 * concurrent work within a process and across instances. Promises: bounded bytes, expiry by the injected clock, a back end that fails
 * never fails a request (memory stands in, and figures say so), and a waiter who leaves takes nobody else's work along.
 * Callers build keys that start with the organisation and hold everything that the value depends on.
 */
export type { Cache, CacheStats } from './cache';
export {
  type CacheBackend,
  type CacheFigures,
  type CacheOptions,
  cacheHealth,
  cleanCaches,
  createCache,
  forgetCached,
  type NamedCache,
} from './create-cache';
export { type FlightWork, SharedFlight } from './shared-flight';
export { SingleFlight } from './single-flight';
