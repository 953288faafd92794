import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { closeDb, createScratchDatabase, migrate, type ScratchDatabase, systemDb } from '../db';
import { readEnv } from '../kernel/env';
import { settableClock } from '../testing/clock';
import { cleanHistory } from './clean-history';

/** A builder database of its own: the clean-up goes through all organisations. */
let scratch: ScratchDatabase;

beforeAll(async () => {
  scratch = await createScratchDatabase(readEnv('TEST_POSTGRES_URL') ?? '');
  vi.stubEnv('DATABASE_URL', scratch.url);
  await migrate({ url: scratch.url });
});
afterAll(async () => {
  await closeDb();
  await scratch?.drop();
});

it('removes what is older than it is kept, in every organisation and in several batches, and nothing else', async () => {
  const clock = settableClock(Date.parse('2026-06-01T00:00:00Z'));
  const day = 86_400_000;
  for (const slug of ['one', 'two']) {
    const { id: organizationId } = await systemDb().organization.create({ data: { slug, name: slug } });
    const environment = await systemDb().environment.create({
      data: { organizationId, slug: 'dev', name: 'Dev', kind: 'development', position: 0 },
    });
    const source = await systemDb().dataSource.create({
      data: { organizationId, environmentId: environment.id, name: slug, type: 'x', summary: {} },
    });
    const run = (ageDays: number) => ({
      ...{ id: randomUUID(), organizationId, dataSourceId: source.id, userId: randomUUID(), origin: 'api', query: 'q' },
      ...{ fingerprint: 'f', status: 'ok', durationMs: 1, cacheState: 'miss', stages: [] },
      startedAt: new Date(clock.now() - ageDays * day),
    });
    await systemDb().queryRun.createMany({ data: Array.from({ length: 3_000 }, () => run(90.1)) });
    await systemDb().queryRun.createMany({ data: [run(89.9), run(0)] });
  }
  expect(await cleanHistory(clock)).toBe(6_000);
  expect(await systemDb().queryRun.groupBy({ by: ['organizationId'], _count: true })).toMatchObject([
    { _count: 2 },
    { _count: 2 },
  ]);
  expect(await cleanHistory(clock)).toBe(0);
});
