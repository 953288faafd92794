import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../kernel/clock';
import { readEnv } from '../kernel/env';
import { logger } from '../kernel/log';
import { RedisLink } from '../redis';
import { type RedisServer, startRedisServer } from '../testing/redis-server';
import { until } from '../testing/source-database';
import { cacheContract, type Value } from './contract-suite';
import { createCache, type NamedCache } from './index';

async function linkTo(url: string, prefix = `test:${randomUUID()}:`): Promise<RedisLink> {
  const link = new RedisLink({ url, prefix, log: logger(), clock: systemClock });
  await until(
    () => link.state().state,
    (state) => state === 'up',
  );
  return link;
}

let shared: RedisLink;
beforeAll(async () => {
  const url = readEnv('TEST_REDIS_URL');
  if (!url) throw new Error('TEST_REDIS_URL is not set: run the tests through `npm test`.');
  shared = await linkTo(url);
});
afterAll(() => shared.close());

cacheContract({
  backend: 'redis',
  create: createCache,
  async place() {
    const name = randomUUID();
    const remove = async () => {
      const keys = await shared.client?.keys(`${shared.prefix}cache:${name}:*`);
      if (keys?.length) await shared.client?.del(keys);
    };
    return { options: { link: shared, name }, remove };
  },
});

describe('the cache while Redis goes and comes', () => {
  const stay = { ttlMs: 60_000, bytes: 100 };
  let server: RedisServer;
  let link: RedisLink;
  let cache: NamedCache<Value>;
  const isUp = (up: boolean) =>
    until(
      () => link.state().state === 'up',
      (now) => now === up,
    );
  beforeEach(async () => {
    server = await startRedisServer();
    link = await linkTo(server.url);
    cache = createCache({ name: 'outage', backend: 'redis', maxBytes: 1_000_000, link });
  });
  afterEach(async () => {
    await link.close();
    await server.remove();
  });

  it('misses at once, lets memory take over and counts it, and uses Redis again when it is back', async () => {
    await cache.set('o:a', { text: 'in redis' }, stay);
    await server.stop();
    expect(await cache.get('o:a')).toBeUndefined();
    expect(await cache.set('o:b', { text: 'in memory' }, stay)).toBe(true);
    expect(await cache.get('o:b')).toEqual({ text: 'in memory' });
    expect(await cache.figures('o')).toMatchObject({ state: 'degraded', backend: 'redis', errors: 3, hits: 1, misses: 1 });
    await server.start();
    await isUp(true);
    expect(await cache.get('o:b')).toBeUndefined();
    await cache.set('o:c', { text: 'in redis again' }, stay);
    expect(await link.attempt((client) => client.exists(`${link.prefix}cache:outage:v:o:c`))).toEqual({ value: 1 });
    expect(await cache.figures('o')).toMatchObject({ state: 'ok', entries: 1, errors: 3 });
  });

  it('does not bring back what was forgotten while Redis could not be reached', async () => {
    await cache.set('o:s1:a', { text: 'stale' }, stay);
    await cache.set('o:s2:a', { text: 'good' }, stay);
    server.freeze();
    await cache.clearPrefix('o:s1:');
    await isUp(false);
    server.thaw();
    await isUp(true);
    expect(await cache.get('o:s1:a')).toBeUndefined();
    expect(await cache.get('o:s2:a')).toEqual({ text: 'good' });
  });

  it('asks a Redis that hangs once, not for every request', async () => {
    await cache.set('o:a', { text: 'x' }, stay);
    server.freeze();
    await Promise.all(Array.from({ length: 20 }, () => cache.get('o:a')));
    expect(link.state()).toMatchObject({ state: 'down' });
    // Were each of these to wait for its own time-out, the test would not end in time.
    for (let i = 0; i < 1_000; i += 1) expect(await cache.get('o:a')).toBeUndefined();
    server.thaw();
    await isUp(true);
    expect(await cache.get('o:a')).toEqual({ text: 'x' });
  });

  it('treats bytes of another version, and of nobody, as absent', async () => {
    await cache.set('o:a', { text: 'x' }, stay);
    await link.attempt((client) => client.set(`${link.prefix}cache:outage:v:o:a`, 'nothing of ours'));
    expect(await cache.get('o:a')).toBeUndefined();
    expect(await cache.stats('')).toEqual({ entries: 0, bytes: 0 });
  });

  it('finds everything by its books: no command walks the database', async () => {
    await cache.set('o:a', { text: 'x' }, stay);
    await cache.stats('o:');
    await cache.clearPrefix('o:');
    await cache.clean();
    const stats = (await link.attempt((client) => client.info('commandstats')))?.value ?? '';
    expect(stats).toContain('cmdstat_eval');
    expect(stats).not.toMatch(/cmdstat_(keys|scan):/);
  });
});
