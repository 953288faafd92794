import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { closeDb } from '../db';
import { newId } from '../kernel/ids';
import { clearSourceCache, drainPools } from '../sources';
import { Instance } from '../testing/instance';
import { createTestOrganization, type TestOrganization } from '../testing/organization';
import { createQuerySource, type QuerySource } from '../testing/query-source';
import { type RedisServer, startRedisServer } from '../testing/redis-server';
import { until } from '../testing/source-database';
import type { InstanceReply, InstanceRequest } from './instance.fixture';

type QueryInstance = Instance<InstanceRequest, InstanceReply>;

let org: TestOrganization;
let server: RedisServer;
let source: QuerySource;
let one: QueryInstance;
let two: QueryInstance;

const QUERY = 'SELECT count(*) AS n FROM gate';

beforeAll(async () => {
  [org, server] = await Promise.all([createTestOrganization(), startRedisServer()]);
});
beforeEach(async () => {
  source = await createQuerySource(org.ctx, 'CREATE TABLE gate AS SELECT 1 AS x');
  [one, two] = await Promise.all([start(), start()]);
  await Promise.all([isConnected(one), isConnected(two)]);
});
afterEach(async () => {
  await Promise.all([one.stop(), two.stop()]);
  await drainPools(0);
  await source.drop();
});
afterAll(async () => {
  await server.remove();
  await org.drop();
  await closeDb();
});

const start = () => Instance.start<InstanceRequest, InstanceReply>('lib/query/instance.fixture.ts', { REDIS_URL: server.url });
const tell = (instance: QueryInstance, what: InstanceRequest['do'], more: Partial<InstanceRequest> = {}) =>
  instance.tell({ do: what, organizationId: org.organization.id, dataSourceId: source.id, query: QUERY, times: 1, ...more });
const isConnected = (instance: QueryInstance) =>
  until(
    () => tell(instance, 'state'),
    ({ state }) => state === 'up',
  );
const isRunning = (instance: QueryInstance, times: number) =>
  until(
    () => tell(instance, 'running'),
    ({ running }) => running === times,
  );
/** Queries that wait at the closed gate. */
const atTheGate = (count: number) => until(source.activeQueries, (queries) => queries.length === count);
const close = () => source.admin.query('BEGIN; LOCK TABLE gate IN ACCESS EXCLUSIVE MODE');
const open = () => source.admin.query('COMMIT');
const once = async (instance: QueryInstance) => {
  await tell(instance, 'start');
  return tell(instance, 'collect');
};

describe('[F3] equal queries on two instances', { timeout: 60_000 }, () => {
  it('are one query: 100 at the same time, 50 on each', async () => {
    await close();
    await Promise.all([tell(one, 'start', { times: 50 }), tell(two, 'start', { times: 50 })]);
    await Promise.all([isRunning(one, 50), isRunning(two, 50)]);
    await atTheGate(1);
    await open();
    const [first, second] = await Promise.all([tell(one, 'collect'), tell(two, 'collect')]);
    expect([first.rows, second.rows]).toEqual([[[1]], [[1]]]);
    const sum = (state: string) => (first.states?.[state] ?? 0) + (second.states?.[state] ?? 0);
    expect([sum('miss'), sum('hit')]).toEqual([1, 99]);
    const figures = (await Promise.all([tell(one, 'figures'), tell(two, 'figures')])).map((reply) => reply.figures);
    const total = (what: 'hits' | 'misses' | 'joined' | 'stores') => figures.reduce((all, one) => all + (one?.[what] ?? 0), 0);
    expect({ stores: total('stores'), lookups: total('hits') + total('misses') }).toEqual({ stores: 1, lookups: 100 });
    expect(total('hits') + total('joined')).toBe(99);
    // What one has read, the other finds.
    expect(await once(two)).toMatchObject({ states: { hit: 1 } });
  });

  it('are taken over when the one that works is cancelled', async () => {
    await close();
    const queryId = newId();
    await tell(one, 'start', { queryId });
    await atTheGate(1);
    await tell(two, 'start', { times: 3 });
    await isRunning(two, 3);
    await tell(one, 'cancel', { queryId });
    expect(await tell(one, 'collect')).toMatchObject({ states: { 'query.cancelled': 1 } });
    await isRunning(two, 3);
    await atTheGate(1);
    await open();
    expect(await tell(two, 'collect')).toMatchObject({ states: { miss: 1, hit: 2 } });
  });

  it('are taken over when the instance that works dies', async () => {
    await close();
    await tell(one, 'start');
    await atTheGate(1);
    await tell(two, 'start');
    await isRunning(two, 1);
    await one.kill();
    // The server may not have noticed the death yet: then there are two.
    await until(source.activeQueries, (queries) => queries.length >= 1);
    await open();
    expect(await tell(two, 'collect')).toMatchObject({ states: { miss: 1 } });
  });

  it('go on when Redis stops in mid-flight, and are shared again when it is back', async () => {
    await close();
    await Promise.all([tell(one, 'start', { times: 5 }), tell(two, 'start', { times: 5 })]);
    await Promise.all([isRunning(one, 5), isRunning(two, 5)]);
    await atTheGate(1);
    await server.stop();
    // The one that waited for the other now works itself.
    await atTheGate(2);
    await open();
    const replies = await Promise.all([tell(one, 'collect'), tell(two, 'collect')]);
    expect(replies.map(({ states }) => (states?.miss ?? 0) + (states?.hit ?? 0))).toEqual([5, 5]);
    expect((await tell(one, 'figures')).figures?.state).toBe('degraded');
    // Memory stands in.
    expect(await once(one)).toMatchObject({ states: { hit: 1 } });
    await server.start();
    await Promise.all([isConnected(one), isConnected(two)]);
    expect(await once(one)).toMatchObject({ states: { miss: 1 } });
    expect(await once(two)).toMatchObject({ states: { hit: 1 } });
    expect((await tell(one, 'figures')).figures?.state).toBe('ok');
  });

  it('are not answered from what was cleared while Redis was away', async () => {
    await once(one);
    expect(await once(two)).toMatchObject({ states: { hit: 1 } });
    server.freeze();
    await until(
      async () => {
        await once(one);
        return tell(one, 'state');
      },
      ({ state }) => state === 'down',
    );
    await source.admin.query('INSERT INTO gate VALUES (2)');
    await clearSourceCache(org.ctx, source.id);
    server.thaw();
    await Promise.all([isConnected(one), isConnected(two)]);
    expect(await once(two)).toMatchObject({ states: { miss: 1 }, rows: [[2]] });
  });
});
