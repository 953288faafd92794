import path from 'node:path';
import { type Clock, processClock } from '../kernel/clock';
import { quarryHome } from '../kernel/paths';
import { settings } from '../kernel/settings';
import { singleton } from '../kernel/singleton';
import { type RedisLink, redisLink } from '../redis';
import type { ByteStore } from './byte-store';
import { type Cache, type CacheStats, maxEntryBytesOf } from './cache';
import { type CacheCounts, Counters, countedCache } from './counted-cache';
import { memoryCache } from './memory';
import { redisStore } from './redis-store';
import { sqliteStore } from './sqlite-store';
import { type Codec, storedCache } from './stored-cache';

export type CacheBackend = 'memory' | 'sqlite' | 'redis';

/** Figures of one cache for one organisation: entries and bytes of the back end, counts of this process since it started. */
export interface CacheFigures extends CacheCounts, CacheStats {
  name: string;
  backend: CacheBackend;
  /** `degraded`: the back end is away and memory stands in. */
  state: 'ok' | 'degraded';
  detail?: string;
}

export interface CacheOptions<V> extends Partial<Codec<V>> {
  /** Part of every key, and shown in figures. */
  name: string;
  maxBytes: number;
  /** Default: what CACHE_BACKEND says. */
  backend?: CacheBackend;
  link?: RedisLink;
  /** Of the SQLite back end; default $QUARRY_HOME/cache/<name>.db. */
  file?: string;
  clock?: Clock;
}

/** A cache with its figures. Keys start with `<organisation id>:`. */
export interface NamedCache<V> extends Cache<V> {
  readonly name: string;
  readonly backend: CacheBackend;
  figures(organizationId: string): Promise<CacheFigures>;
  /** get without being counted: for a second look on behalf of the same request. */
  peek(key: string): Promise<V | undefined>;
  /** Notes that a look-up which missed was answered by equal work that was under way. */
  joined(key: string): void;
  /** A sentence when the back end is away; null when all is well. */
  trouble(): string | null;
}

/** A value in a store of bytes is encoded and decoded on this thread, 10,000 rows of 8 columns in 8 ms: bigger ones would hold up others. */
const MOST_BYTES = 32 * 1024 * 1024;

/** The caches of this process, by name. */
const made = () => singleton('cache.made', () => new Map<string, NamedCache<unknown>>());

/**
 * A cache in the back end that the installation chose. Make it once per process (lib/kernel/singleton).
 * @param options.encode @param options.decode how values become text; JSON unless told. decode checks: the text came from outside
 * @throws QuarryError settings.invalid
 */
export function createCache<V>(options: CacheOptions<V>): NamedCache<V> {
  const clock = options.clock ?? { now: () => processClock().now(), date: () => processClock().date() };
  const backend = options.backend ?? chosenBackend();
  const counters = new Counters();
  const memory = memoryCache<V>({ maxBytes: options.maxBytes, clock, events: counters.events });
  const store = makeStore(options, backend, clock);
  const stored = store && {
    store,
    memory,
    codec: codecOf(options),
    maxEntryBytes: Math.min(MOST_BYTES, maxEntryBytesOf(options.maxBytes)),
    events: counters.events,
  };
  const plain = stored ? storedCache(stored) : memory;
  const cache = countedCache(plain, counters);
  const trouble = () => store?.trouble() ?? null;
  const named: NamedCache<V> = {
    ...cache,
    name: options.name,
    backend,
    trouble,
    peek: (key) => plain.get(key),
    joined: (key) => counters.add(key, 'joined'),
    async figures(organizationId) {
      const held = await cache.stats(`${organizationId}:`);
      const detail = trouble();
      const state = detail === null ? ({ state: 'ok' } as const) : ({ state: 'degraded', detail } as const);
      return { name: options.name, backend, ...state, ...counters.of(organizationId), ...held };
    },
  };
  made().set(options.name, named);
  return named;
}

/** Removes what has expired, in every cache of this process. @returns how many entries */
export async function cleanCaches(): Promise<number> {
  const counts = await Promise.all([...made().values()].map((cache) => cache.clean()));
  return counts.reduce((sum, count) => sum + count, 0);
}

/** Forgets what every cache holds for an organisation, or for one of its sources (their keys go on with its id). */
export async function forgetCached(organizationId: string, dataSourceId?: string): Promise<void> {
  const prefix = dataSourceId === undefined ? `${organizationId}:` : `${organizationId}:${dataSourceId}:`;
  await Promise.all([...made().values()].map((cache) => cache.clearPrefix(prefix)));
}

/** Where caches are kept, and a sentence when that is away just now. */
export function cacheHealth(): { backend: CacheBackend; trouble: string | null } {
  const backend = chosenBackend();
  const state = redisLink().state();
  if (backend === 'redis')
    return { backend, trouble: state.state === 'up' ? null : (state.reason ?? 'Redis cannot be reached.') };
  const troubled = [...made().values()].map((cache) => cache.trouble()).find((trouble) => trouble !== null);
  return { backend, trouble: troubled ?? null };
}

function chosenBackend(): CacheBackend {
  const { cacheBackend, redisUrl } = settings();
  if (cacheBackend === 'auto') return redisUrl === undefined ? 'memory' : 'redis';
  return cacheBackend;
}

function makeStore<V>(options: CacheOptions<V>, backend: CacheBackend, clock: Clock): ByteStore | null {
  const { name, maxBytes } = options;
  if (backend === 'redis') return redisStore({ link: options.link ?? redisLink(), name, maxBytes, clock });
  if (backend === 'memory') return null;
  const file = options.file ?? path.join(/* turbopackIgnore: true */ quarryHome(), 'cache', `${name}.db`);
  return sqliteStore({ file, maxBytes, clock });
}

function codecOf<V>({ encode, decode }: Partial<Codec<V>>): Codec<V> {
  return { encode: encode ?? JSON.stringify, decode: decode ?? parseJson<V> };
}

function parseJson<V>(text: string): V | undefined {
  try {
    return JSON.parse(text) as V;
  } catch {
    return undefined;
  }
}
