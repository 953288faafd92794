import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { closeDb, migrate } from '../db';
import { createScratchDatabase, type ScratchDatabase } from '../db/scratch';
import { readEnv } from '../kernel/env';
import { settings } from '../kernel/settings';
import { createSource, drainPools } from '../sources';
import { settableClock } from '../testing/clock';
import { createTestOrganization, type TestOrganization } from '../testing/organization';
import { createSourceDatabase, type SourceDatabase } from '../testing/source-database';
import { getSchema, preloadSchemas, schemaStats, warmSchemas } from '.';
import { schemaMemory } from './memory';

// Warming looks at every organisation: it gets a builder database of its own here, so that it doesn't move others' tests.
let scratch: ScratchDatabase;
let org: TestOrganization;
const clock = settableClock();
const made: SourceDatabase[] = [];
const MINUTE_MS = 60_000;

beforeAll(async () => {
  scratch = await createScratchDatabase(readEnv('TEST_POSTGRES_URL') ?? '');
  vi.stubEnv('DATABASE_URL', scratch.url);
  await migrate();
  org = await createTestOrganization({ clock });
});

afterAll(async () => {
  await drainPools(0);
  await Promise.all(made.map((database) => database.drop()));
  await closeDb();
  await scratch.drop();
});

async function connected(used: { agoMs: number; origin?: string } | null) {
  const database = await createSourceDatabase('CREATE TABLE customers (id int PRIMARY KEY, name text)');
  const { id } = await createSource(org.ctx, { name: randomUUID(), type: 'postgres', connection: database.connection });
  if (used) {
    await org.ctx.db.queryRun.create({
      data: {
        id: randomUUID(),
        dataSourceId: id,
        userId: org.user.id,
        origin: used.origin ?? 'ask',
        query: 'SELECT 1',
        fingerprint: 'x',
        status: 'ok',
        durationMs: 1,
        cacheState: 'miss',
        stages: [],
        startedAt: new Date(clock.now() - used.agoMs),
      },
    });
  }
  return { ...database, id };
}

const fetchedAt = async (id: string) =>
  (
    await org.ctx.db.schemaVersion.findFirstOrThrow({ where: { dataSourceId: id }, orderBy: { version: 'desc' } })
  ).fetchedAt.getTime();

describe('[D5] warming', () => {
  it('reads what is in use before it is too old, and nothing else', async () => {
    const used = await connected({ agoMs: MINUTE_MS });
    const idle = await connected(null);
    const sampled = await connected({ agoMs: MINUTE_MS, origin: 'system' });
    const longAgo = await connected({ agoMs: 25 * 60 * MINUTE_MS });
    made.push(used, idle, sampled, longAgo);
    const start = clock.now();
    clock.advance(settings().cacheSchemaTtlMs * 0.59);
    expect(await warmSchemas(clock)).toBe(0);
    clock.advance(settings().cacheSchemaTtlMs * 0.22);
    await used.run('ALTER TABLE customers ADD COLUMN city text');
    const before = schemaStats(org.ctx).refreshes.warming;
    expect(await warmSchemas(clock)).toBe(1);
    expect(schemaStats(org.ctx).refreshes.warming).toBe(before + 1);
    expect(await fetchedAt(used.id)).toBe(clock.now());
    for (const { id } of [idle, sampled, longAgo]) expect(await fetchedAt(id)).toBe(start);
    expect(await warmSchemas(clock)).toBe(0);
    // When the first reading would be too old, nobody waits: the new one is in memory.
    clock.advance(settings().cacheSchemaTtlMs * 0.3);
    const view = await getSchema(org.ctx, used.id);
    expect(view).toMatchObject({ layer: 'memory', version: 2 });
    expect(JSON.stringify(view.catalogue)).toContain('city');
  });

  it('leaves a source that fails alone, longer each time, and takes it up again', async () => {
    const gone = await connected({ agoMs: 0 });
    await gone.admin.query(`ALTER ROLE ${gone.connection.username} NOLOGIN`);
    await drainPools(0);
    const tries: number[] = [];
    const start = clock.now();
    for (let minute = 0; minute <= 60; minute += 1) {
      clock.set(start + settings().cacheSchemaTtlMs + minute * MINUTE_MS);
      const before = schemaStats(org.ctx).refreshes.failed;
      await warmSchemas(clock);
      if (schemaStats(org.ctx).refreshes.failed > before) tries.push(minute);
    }
    // Pauses of 1, 2, 4, 8, 16 minutes, each a tenth longer at most.
    const pauses = tries.slice(1).map((minute, i) => minute - (tries[i] ?? 0));
    expect(pauses.map((pause, i) => pause >= 2 ** i && pause <= Math.ceil(2 ** i * 1.1) + 1)).toEqual(pauses.map(() => true));
    expect(pauses.length).toBeGreaterThanOrEqual(4);
    await gone.admin.query(`ALTER ROLE ${gone.connection.username} LOGIN`);
    clock.advance(60 * MINUTE_MS);
    expect(await warmSchemas(clock)).toBeGreaterThanOrEqual(1);
    expect(await fetchedAt(gone.id)).toBe(clock.now());
    await drainPools(0);
    await gone.drop();
  });

  it('loads what was used lately when a process starts', async () => {
    const used = await connected({ agoMs: 48 * 60 * MINUTE_MS });
    const idle = await connected(null);
    made.push(used, idle);
    schemaMemory().clear();
    expect(await preloadSchemas(clock)).toBeGreaterThanOrEqual(1);
    expect((await getSchema(org.ctx, used.id)).layer).toBe('memory');
    expect((await getSchema(org.ctx, idle.id)).layer).toBe('database');
  });
});
