import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { closeDb, migrate } from '@/lib/db';
import { createScratchDatabase, type ScratchDatabase } from '@/lib/db/scratch';
import { readEnv } from '@/lib/kernel/env';
import { flushHistory, runQuery } from '@/lib/query';
import { createSource, drainPools } from '@/lib/sources';
import { Instance } from '@/lib/testing/instance';
import { createTestOrganization, type TestOrganization } from '@/lib/testing/organization';
import { createSourceDatabase, type SourceDatabase, until } from '@/lib/testing/source-database';
import type { StartedReply, StartedRequest } from './instance.fixture';

// A process that starts looks at every organisation: it gets a builder database of its own.
let scratch: ScratchDatabase;
let org: TestOrganization;
let database: SourceDatabase;

beforeAll(async () => {
  scratch = await createScratchDatabase(readEnv('TEST_POSTGRES_URL') ?? '');
  vi.stubEnv('DATABASE_URL', scratch.url);
  await migrate();
  org = await createTestOrganization();
  database = await createSourceDatabase('CREATE TABLE customers (id int PRIMARY KEY)');
  const { id } = await createSource(org.ctx, { name: randomUUID(), type: 'postgres', connection: database.connection });
  await runQuery(org.ctx, { dataSourceId: id, query: 'SELECT count(*) FROM customers' });
  await flushHistory();
  await drainPools(0);
});

afterAll(async () => {
  await database.drop();
  await closeDb();
  await scratch.drop();
});

const started = (lazy: boolean) =>
  Instance.start<StartedRequest, StartedReply>('workers/instance.fixture.ts', {
    DATABASE_URL: scratch.url,
    LAZY_SCHEMA_LOADING: String(lazy),
  });

it('[J3 D5] LAZY_SCHEMA_LOADING decides whether a process that starts loads the schemas in use', async () => {
  const [lazy, eager] = await Promise.all([started(true), started(false)]);
  const held = async (instance: typeof lazy) => (await instance.tell({ organizationId: org.organization.id })).schemas;
  await until(
    () => held(eager),
    (schemas) => schemas === 1,
  );
  expect(await held(lazy)).toBe(0);
  await Promise.all([lazy.stop(), eager.stop()]);
});
