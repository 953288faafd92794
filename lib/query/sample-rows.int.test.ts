import { afterAll, beforeAll, expect, it } from 'vitest';
import { closeDb } from '../db';
import { drainPools } from '../sources';
import { createTestOrganization, type TestOrganization } from '../testing/organization';
import { createQuerySource, type QuerySource } from '../testing/query-source';
import { sampleRows } from './index';

let org: TestOrganization;
let source: QuerySource;

beforeAll(async () => {
  org = await createTestOrganization();
  source = await createQuerySource(
    org.ctx,
    `CREATE SCHEMA "Odd one"; CREATE TABLE "Odd one"."select" (id int PRIMARY KEY, "a b" text);
     INSERT INTO "Odd one"."select" SELECT n, 'row ' || n FROM generate_series(1, 50) n`,
  );
});
afterAll(async () => {
  await drainPools(0);
  await source.drop();
  await org.drop();
  await closeDb();
});

it('[D10] gives the first rows of a table whatever its name', async () => {
  const sample = await sampleRows(org.ctx, source.id, 'Odd one.select');
  expect(sample).toMatchObject({ rowCount: 20, truncated: { by: 'rows', limit: 20 } });
  expect(sample.columns.map((column) => column.name)).toEqual(['id', 'a b']);
});

it('knows the tables of its source only, and asks for the right to query', async () => {
  await expect(sampleRows(org.ctx, source.id, 'pg_catalog.pg_class')).rejects.toMatchObject({ code: 'not_found' });
  const viewer = await org.addUser({ role: 'viewer' });
  await expect(sampleRows(viewer.ctx, source.id, 'Odd one.select')).rejects.toMatchObject({ code: 'access.denied' });
  const stranger = await createTestOrganization();
  await expect(sampleRows(stranger.ctx, source.id, 'Odd one.select')).rejects.toMatchObject({ code: 'not_found' });
  await stranger.drop();
});
