/**
 * One instance per process. Next.js bundles instrumentation, pages and route handlers separately, so a module-level variable
 * may exist several times in one process; what must be unique (pools, caches, database clients) goes through here.
 */
const holder = globalThis as unknown as { __quarry?: Map<string, unknown> };

export function singleton<T>(name: string, make: () => T): T {
  holder.__quarry ??= new Map();
  const store = holder.__quarry;
  if (!store.has(name)) store.set(name, make());
  return store.get(name) as T;
}

/** Forgets the instance and returns it, for closing. */
export function dropSingleton<T>(name: string): T | undefined {
  const instance = holder.__quarry?.get(name) as T | undefined;
  holder.__quarry?.delete(name);
  return instance;
}
