import { existsSync } from 'node:fs';
import { copyFile, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { quarryHome } from '../kernel/paths';
import { dropSingleton } from '../kernel/singleton';
import { Instance } from '../testing/instance';
import { createTestOrganization, type TestOrganization } from '../testing/organization';
import { createQuerySource, type QuerySource } from '../testing/query-source';
import { type RedisServer, startRedisServer } from '../testing/redis-server';
import { until } from '../testing/source-database';
import type { InstanceReply, InstanceRequest } from './instance.fixture';

/** Each variable about caches and streaming changes what Quarry does. [J3] */

type QueryInstance = Instance<InstanceRequest, InstanceReply>;

let org: TestOrganization;
let source: QuerySource;
let redis: RedisServer;
let home: string;

beforeAll(async () => {
  [org, redis, home] = await Promise.all([
    createTestOrganization(),
    startRedisServer(),
    mkdtemp(path.join(tmpdir(), 'quarry-home-')),
  ]);
  // The keys that open the source's connection, where they aren't in the environment.
  const secrets = path.join(quarryHome(), 'secrets.json');
  if (existsSync(secrets)) await copyFile(secrets, path.join(home, 'secrets.json'));
  source = await createQuerySource(org.ctx, 'CREATE TABLE customers AS SELECT 1 AS x');
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.resetModules();
});
afterAll(async () => {
  const [{ drainPools }, { closeDb }] = await Promise.all([import('../sources'), import('../db')]);
  await drainPools(0);
  await source.drop();
  await Promise.all([org.drop(), redis.remove(), rm(home, { recursive: true, force: true })]);
  await closeDb();
});

const tell = (instance: QueryInstance, what: InstanceRequest['do']) =>
  instance.tell({
    do: what,
    organizationId: org.organization.id,
    dataSourceId: source.id,
    query: 'SELECT x FROM customers',
    times: 1,
  });

/** What a process with these settings says to the same query twice, and where it kept it. */
async function twiceWith(settings: Record<string, string>): Promise<{ states: string; backend?: string }> {
  const env = { QUARRY_HOME: home, ...settings };
  const instance: QueryInstance = await Instance.start('lib/query/instance.fixture.ts', env);
  try {
    if (settings.REDIS_URL) {
      await until(
        () => tell(instance, 'state'),
        ({ state }) => state === 'up',
      );
    }
    const states: string[] = [];
    for (let i = 0; i < 2; i += 1) {
      await tell(instance, 'start');
      states.push(...Object.keys((await tell(instance, 'collect')).states ?? {}));
    }
    const { figures } = await tell(instance, 'figures');
    return { states: states.join(), ...(figures ? { backend: figures.backend } : {}) };
  } finally {
    await instance.stop();
  }
}

// Each starts processes of its own.
describe('settings of the caches', { timeout: 90_000 }, () => {
  it('without any, results are kept in memory', async () => {
    expect(await twiceWith({})).toEqual({ states: 'miss,hit', backend: 'memory' });
  });

  it('CACHE_ENABLED=false keeps none', async () => {
    expect((await twiceWith({ CACHE_ENABLED: 'false' })).states).toBe('bypass,bypass');
  });

  it('CACHE_QUERY_TTL is how long', async () => {
    expect((await twiceWith({ CACHE_QUERY_TTL: '0.001' })).states).toBe('miss,miss');
  });

  it('CACHE_MAX_BYTES is how much', async () => {
    expect((await twiceWith({ CACHE_MAX_BYTES: '0' })).states).toBe('miss,miss');
  });

  it('CACHE_BACKEND=sqlite keeps them in a file, which the next process finds', async () => {
    expect(await twiceWith({ CACHE_BACKEND: 'sqlite' })).toEqual({ states: 'miss,hit', backend: 'sqlite' });
    expect(await readdir(path.join(home, 'cache'))).toContain('query.db');
    expect((await twiceWith({ CACHE_BACKEND: 'sqlite' })).states).toBe('hit,hit');
  });

  it('REDIS_URL keeps them in Redis, under REDIS_PREFIX, unless CACHE_BACKEND says otherwise', async () => {
    expect(await twiceWith({ REDIS_URL: redis.url })).toEqual({ states: 'miss,hit', backend: 'redis' });
    const [same, other, memory] = await Promise.all([
      twiceWith({ REDIS_URL: redis.url }),
      twiceWith({ REDIS_URL: redis.url, REDIS_PREFIX: 'other:' }),
      twiceWith({ REDIS_URL: redis.url, CACHE_BACKEND: 'memory' }),
    ]);
    expect([same.states, other.states]).toEqual(['hit,hit', 'miss,hit']);
    expect(memory).toEqual({ states: 'miss,hit', backend: 'memory' });
  });

  it('CACHE_BACKEND=redis without REDIS_URL, and what is no Redis, are refused with their names', async () => {
    const { readSettings } = await import('../kernel/settings');
    const reading = (values: Record<string, string>) => () => readSettings((name) => values[name]);
    expect(reading({ CACHE_BACKEND: 'redis' })).toThrow('CACHE_BACKEND=redis needs REDIS_URL');
    expect(reading({ REDIS_URL: 'http://127.0.0.1' })).toThrow(/REDIS_URL is not valid: It must start with redis:/);
    expect(reading({ CACHE_BACKEND: 'disk' })).toThrow(/CACHE_BACKEND is not valid/);
    expect(reading({ REDIS_PREFIX: 'with space' })).toThrow(/REDIS_PREFIX is not valid/);
  });
});

/** This process with other settings: modules that are loaded anew read them again. */
async function anew(settings: Record<string, string>) {
  for (const [name, value] of Object.entries(settings)) vi.stubEnv(name, value);
  vi.resetModules();
  for (const kept of ['query.cache', 'agent.answers']) dropSingleton(kept);
  const [{ ask, streamAnswer }, { streamQuery, ndjsonStream }, { getSchema }] = await Promise.all([
    import('../agent'),
    import('.'),
    import('../schema'),
  ]);
  return { ask, streamAnswer, streamQuery, ndjsonStream, getSchema };
}

describe('settings of answers and schemas', () => {
  it('CACHE_LLM_TTL is how long an answer is reused', async () => {
    const question = { dataSourceId: source.id, question: 'How many customers?' };
    const second = async (settings: Record<string, string>) => {
      const { ask } = await anew(settings);
      await ask(org.ctx, question);
      return (await ask(org.ctx, question)).cache.answer;
    };
    expect(await second({})).toBe('hit');
    expect(await second({ CACHE_LLM_TTL: '0.001' })).toBe('miss');
  });

  it('CACHE_SCHEMA_TTL is how long a schema is believed', async () => {
    const second = async (settings: Record<string, string>) => {
      const { getSchema } = await anew(settings);
      await getSchema(org.ctx, source.id);
      return (await getSchema(org.ctx, source.id)).layer;
    };
    expect(await second({})).toBe('memory');
    expect(await second({ CACHE_SCHEMA_TTL: '0.001' })).toBe('source');
  });

  it('ENABLE_STREAMING=false sends answers in one piece', async () => {
    const chunksOf = async (body: ReadableStream<Uint8Array> | null) => {
      const chunks: string[] = [];
      if (body) for await (const chunk of body) chunks.push(Buffer.from(chunk).toString());
      return chunks;
    };
    const both = async (settings: Record<string, string>) => {
      const { streamAnswer, streamQuery, ndjsonStream } = await anew(settings);
      const answer = await streamAnswer(org.ctx, { dataSourceId: source.id, question: 'How many customers?', stream: true });
      const rows = await streamQuery(org.ctx, { dataSourceId: source.id, query: 'SELECT x FROM customers' });
      return { answer: await chunksOf(answer.body), rows: await chunksOf(ndjsonStream(org.ctx, rows)) };
    };
    const parts = await both({});
    expect(parts.answer.length).toBeGreaterThan(5);
    expect(parts.rows).toHaveLength(3);
    const whole = await both({ ENABLE_STREAMING: 'false' });
    expect([whole.answer.length, whole.rows.length]).toEqual([1, 1]);
    const events = [...(whole.answer[0] ?? '').matchAll(/^event: (\w+)$/gm)].map(([, event]) => event);
    expect(events).toEqual(['result', 'done']);
    const lines = (whole.rows[0] ?? '')
      .trim()
      .split('\n')
      .map((line) => Object.keys(JSON.parse(line)));
    expect(lines).toEqual([['queryId', 'columns'], ['rows'], ['end']]);
    expect(JSON.parse((whole.rows[0] ?? '').split('\n')[1] ?? '')).toEqual({ rows: [[1]] });
  });

  it('ENABLE_STREAMING=false keeps streams of rows under MAX_RESULT_ROWS', async () => {
    const { streamQuery } = await anew({ ENABLE_STREAMING: 'false', MAX_RESULT_ROWS: '3' });
    const query = 'SELECT n FROM generate_series(1, 10) n';
    const stream = await streamQuery(org.ctx, { dataSourceId: source.id, query });
    const rows: unknown[] = [];
    for await (const batch of stream.batches) rows.push(...batch);
    expect(rows).toHaveLength(3);
    expect(stream.end().truncated).toEqual({ by: 'rows', limit: 3 });
  });
});
