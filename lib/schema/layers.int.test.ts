import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { closeDb } from '../db';
import { createSource, drainPools } from '../sources';
import { Instance } from '../testing/instance';
import { createTestOrganization, type TestOrganization } from '../testing/organization';
import { type RedisServer, startRedisServer } from '../testing/redis-server';
import { createSourceDatabase, type SourceDatabase, until } from '../testing/source-database';
import type { InstanceReply, InstanceRequest } from './instance.fixture';

type SchemaInstance = Instance<InstanceRequest, InstanceReply>;

let org: TestOrganization;
let server: RedisServer;
let one: SchemaInstance;
let two: SchemaInstance;
const made: SourceDatabase[] = [];

beforeAll(async () => {
  [org, server] = await Promise.all([createTestOrganization(), startRedisServer()]);
  const env = { REDIS_URL: server.url };
  const start = () => Instance.start<InstanceRequest, InstanceReply>('lib/schema/instance.fixture.ts', env);
  [one, two] = await Promise.all([start(), start()]);
  await Promise.all([isConnected(one), isConnected(two)]);
});

afterAll(async () => {
  await Promise.all([one.stop(), two.stop()]);
  await drainPools(0);
  await Promise.all(made.map((database) => database.drop()));
  await server.remove();
  await org.drop();
  await closeDb();
});

async function connected(setupSql = 'CREATE TABLE customers (id int PRIMARY KEY, name text)') {
  const database = await createSourceDatabase(setupSql);
  made.push(database);
  const { id } = await createSource(org.ctx, { name: randomUUID(), type: 'postgres', connection: database.connection });
  return { ...database, id };
}

const tell = (instance: SchemaInstance, what: InstanceRequest['do'], dataSourceId = '') =>
  instance.tell({ do: what, organizationId: org.organization.id, dataSourceId });

const isConnected = (instance: SchemaInstance) =>
  until(
    () => tell(instance, 'state'),
    ({ state }) => state === 'up',
  );

const layerOf = async (instance: SchemaInstance, id: string) => (await tell(instance, 'get', id)).layer;

describe('[D3] the layers of two instances', () => {
  it('answer in turn: memory, Redis when memory is gone, the builder database when Redis is flushed', async () => {
    const { id } = await connected();
    expect(await layerOf(one, id)).toBe('database');
    expect(await layerOf(one, id)).toBe('memory');
    expect(await layerOf(two, id)).toBe('redis');
    await tell(one, 'forget');
    expect(await layerOf(one, id)).toBe('redis');
    await tell(one, 'forget');
    await server.stop();
    await server.start();
    await Promise.all([isConnected(one), isConnected(two)]);
    expect(await layerOf(one, id)).toBe('database');
    await tell(two, 'forget');
    expect(await layerOf(two, id)).toBe('redis');
  });

  it('go on without Redis, and with it again when it is back', async () => {
    const { id } = await connected();
    await server.stop();
    expect(await layerOf(one, id)).toBe('database');
    expect(await layerOf(one, id)).toBe('memory');
    expect(await layerOf(two, id)).toBe('database');
    await server.start();
    await Promise.all([isConnected(one), isConnected(two)]);
    const other = await connected();
    expect(await layerOf(one, other.id)).toBe('database');
    expect(await layerOf(two, other.id)).toBe('redis');
  });

  it('[D4] show another instance’s refresh with the next request, and let go of the old copy by message', async () => {
    const { id, run } = await connected();
    await Promise.all([tell(one, 'get', id), tell(two, 'get', id)]);
    const before = (await tell(two, 'state')).remembered ?? 0;
    await run('ALTER TABLE customers ADD COLUMN city text');
    expect((await tell(two, 'get', id)).columns).toEqual(['id', 'name']);
    expect(await tell(one, 'refresh', id)).toMatchObject({ layer: 'source', version: 2 });
    await until(
      () => tell(two, 'state'),
      ({ remembered = 0 }) => remembered < before,
    );
    expect(await tell(two, 'get', id)).toMatchObject({ layer: 'redis', version: 2, columns: ['id', 'name', 'city'] });
  });

  it('[D4] show it also when no message comes, because Redis is away', async () => {
    const { id, run } = await connected();
    await Promise.all([tell(one, 'get', id), tell(two, 'get', id)]);
    await server.stop();
    await run('ALTER TABLE customers ADD COLUMN city text');
    await tell(one, 'refresh', id);
    expect(await tell(two, 'get', id)).toMatchObject({ layer: 'database', columns: ['id', 'name', 'city'] });
    await server.start();
    await Promise.all([isConnected(one), isConnected(two)]);
  });

  it('[D7] show what a person wrote elsewhere', async () => {
    const { id } = await connected();
    await Promise.all([tell(one, 'get', id), tell(two, 'get', id)]);
    await tell(one, 'describe', id);
    expect((await tell(two, 'get', id)).descriptions).toEqual({ 'public.customers': 'People who paid us' });
  });

  it('[D4] read a source again once a minute for an unknown name, whichever is asked', async () => {
    const { id, run } = await connected();
    await run('ALTER TABLE customers ADD COLUMN city text');
    await Promise.all([one, two, one, two].map((instance) => tell(instance, 'recheck', id)));
    const read = await Promise.all([one, two].map(async (instance) => (await tell(instance, 'stats')).remembered ?? 0));
    expect(read.reduce((sum, count) => sum + count, 0)).toBe(1);
    expect((await tell(two, 'get', id)).columns).toContain('city');
  });
});

describe('1,000 tables of 20 columns', () => {
  it('[D3 D9] are packed into what a second reader gets without the source, from Redis and from memory', async () => {
    const columns = Array.from({ length: 19 }, (_, i) => `column_number_${i} int`).join(', ');
    const { id } = await connected(
      `DO $$ BEGIN FOR i IN 1..1000 LOOP EXECUTE format('CREATE TABLE t%s (id int PRIMARY KEY, ${columns})', i); END LOOP; END $$`,
    );
    const first = await tell(one, 'get', id);
    const shared = await tell(two, 'get', id);
    const again = await tell(two, 'get', id);
    expect([first.layer, shared.layer, again.layer]).toEqual(['database', 'redis', 'memory']);
    expect(shared.columns).toEqual(first.columns);
    const refreshed = await tell(one, 'refresh', id);
    const ms = [first, shared, again, refreshed].map(({ durationMs = 0 }) => durationMs.toFixed(1));
    console.log(`schema of 1,000 x 20: database ${ms[0]} ms, Redis ${ms[1]} ms, memory ${ms[2]} ms, read again ${ms[3]} ms`);
  });
});
