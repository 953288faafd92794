import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { closeDb } from '../db';
import { Instance } from '../testing/instance';
import { createTestOrganization, type TestOrganization } from '../testing/organization';
import { type RedisServer, startRedisServer } from '../testing/redis-server';
import { createSourceDatabase, type SourceDatabase, until } from '../testing/source-database';
import { createSource, drainPools } from '.';
import type { InstanceReply, InstanceRequest } from './instance.fixture';

type SourceInstance = Instance<InstanceRequest, InstanceReply>;

let org: TestOrganization;
let server: RedisServer;
let database: SourceDatabase;
let instances: SourceInstance[];
let id: string;

beforeAll(async () => {
  [org, server, database] = await Promise.all([createTestOrganization(), startRedisServer(), createSourceDatabase()]);
  id = (await createSource(org.ctx, { name: randomUUID(), type: 'postgres', connection: database.connection })).id;
  await drainPools(0);
  const env = { REDIS_URL: server.url };
  const start = () => Instance.start<InstanceRequest, InstanceReply>('lib/sources/instance.fixture.ts', env);
  instances = await Promise.all([start(), start()]);
  for (const instance of instances) {
    await until(
      () => tell(instance, 'state'),
      ({ state }) => state === 'up',
    );
  }
}, 60_000);
afterAll(async () => {
  await Promise.all((instances ?? []).map((instance) => instance.stop()));
  await database.drop();
  await server.remove();
  await org.drop();
  await closeDb();
});

const tell = (instance: SourceInstance | undefined, what: InstanceRequest['do']): Promise<InstanceReply> =>
  instance
    ? instance.tell({ do: what, organizationId: org.organization.id, dataSourceId: id })
    : Promise.reject(new Error('none'));

describe('several instances', () => {
  it('[E1 A13] retire their pools when one of them changes the source, without being used, and open new ones', async () => {
    const [one, two] = instances;
    const used = await Promise.all([tell(one, 'use'), tell(two, 'use')]);
    expect((await database.backends()).sort()).toEqual(used.map(({ backendId }) => String(backendId)).sort());
    await tell(one, 'resize');
    await until(
      () => tell(two, 'pools'),
      ({ pools }) => pools === 0,
    );
    await until(database.backends, (pids) => pids.length === 0);
    await tell(two, 'use');
    expect(await tell(two, 'pools')).toMatchObject({ pools: 1, max: 7 });
  });

  it('close their pools when one of them removes the source', async () => {
    const [one, two] = instances;
    await tell(two, 'use');
    await tell(one, 'remove');
    await until(
      () => tell(two, 'pools'),
      ({ pools }) => pools === 0,
    );
    await until(database.backends, (pids) => pids.length === 0);
    await expect(tell(two, 'use')).rejects.toThrow('no such data source');
  });
});
