import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type RedisServer, startRedisServer } from '../testing/redis-server';
import { until } from '../testing/source-database';

const PASSWORD = 'canary-of-redis';
let server: RedisServer;

beforeAll(async () => {
  server = await startRedisServer({ password: PASSWORD });
  // Before anything reads a setting.
  vi.stubEnv('REDIS_URL', server.url);
  // Loading it takes a while, which isn't what is waited for below.
  await import('@/app/api/ready/route');
});
afterAll(async () => {
  const [{ closeRedis }, { closeDb }] = await Promise.all([import('../redis'), import('../db')]);
  await Promise.all([closeRedis(), closeDb()]);
  vi.unstubAllEnvs();
  await server.remove();
});

async function ready() {
  const { GET } = await import('@/app/api/ready/route');
  const answer = await GET(new Request('http://quarry.test/api/ready', { headers: { host: 'quarry.test' } }));
  return { http: answer.status, ...(await answer.json()) };
}
const becomes = (status: string) => until(ready, (answer) => answer.status === status);

describe('[F5] GET /api/ready', () => {
  it('is ready with Redis, yellow without, and ready again by itself', async () => {
    expect(await becomes('ready')).toMatchObject({
      http: 200,
      checks: { cache: { ok: true, detail: 'redis' }, queue: { ok: true } },
    });
    await server.stop();
    const yellow = await becomes('degraded');
    expect(yellow).toMatchObject({ http: 200, checks: { database: { ok: true }, cache: { ok: false }, queue: { ok: false } } });
    expect(yellow.checks.cache.detail).toMatch(/^Redis .*memory/);
    expect(JSON.stringify(yellow)).not.toMatch(/canary|127\.0\.0\.1/);
    await server.start();
    expect(await becomes('ready')).toMatchObject({ http: 200 });
  });
});
