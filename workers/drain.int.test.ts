import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { closeDb } from '@/lib/db';
import { createSource, drainPools } from '@/lib/sources';
import { Instance } from '@/lib/testing/instance';
import { createTestOrganization, type TestOrganization } from '@/lib/testing/organization';
import { createSourceDatabase, type SourceDatabase, until } from '@/lib/testing/source-database';
import type { DrainReply, DrainRequest } from './drain.fixture';

let org: TestOrganization;
let database: SourceDatabase;

beforeAll(async () => {
  org = await createTestOrganization();
  database = await createSourceDatabase();
});
afterAll(async () => {
  await database.drop();
  await org.drop();
  await closeDb();
});

const active = async () => {
  const { rows } = await database.admin.query(
    "SELECT pid FROM pg_stat_activity WHERE usename = $1 AND state = 'active' AND query LIKE '%pg_sleep%'",
    [database.connection.username],
  );
  return rows.length;
};

describe('[E8] SIGTERM', () => {
  it('lets a short query end, cancels a long one in the database, and leaves nothing there', { timeout: 60_000 }, async () => {
    const { id } = await createSource(org.ctx, { name: randomUUID(), type: 'postgres', connection: database.connection });
    await drainPools(0);
    const web = await Instance.start<DrainRequest, DrainReply>('workers/drain.fixture.ts', {
      WORKERS: 'off',
      QUERY_TIMEOUT: '120',
    });
    try {
      const queries = ['SELECT pg_sleep(2)', 'SELECT pg_sleep(100)'];
      const asked = web.tell({ organizationId: org.organization.id, dataSourceId: id, queries });
      await until(active, (count) => count === 2);
      web.signal('SIGTERM');
      const { outcomes } = await asked;
      expect(outcomes?.[0]).toBe('1 row');
      expect(outcomes?.[1]).toMatch(/^(query\.cancelled|source\.unreachable)$/);
      await until(database.backends, (pids) => pids.length === 0);
      expect(await active()).toBe(0);
    } finally {
      await web.stop();
    }
  });
});
