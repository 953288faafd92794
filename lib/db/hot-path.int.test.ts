import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readEnv } from '../kernel/env';
import { newId } from '../kernel/ids';
import { type Database, migrate, openDatabase } from '.';
import type { QueryRunRow } from './hot-path';
import { createScratchDatabase, type ScratchDatabase } from './scratch';

interface Seeded {
  organizationId: string;
  userId: string;
  sourceId: string;
  slug: string;
}

let scratch: ScratchDatabase;
/** One connection for all tenants, so that prepared statements of one meet the other. */
let database: Database;
let a: Seeded;
let b: Seeded;

async function seed(slug: string): Promise<Seeded> {
  const system = database.systemDb();
  const { id: organizationId } = await system.organization.create({ data: { slug, name: `Name of ${slug}` } });
  const user = await system.user.create({ data: { email: `${slug}@example.com`, name: slug } });
  const db = database.tenantDb(organizationId);
  await db.membership.create({ data: { userId: user.id, role: 'analyst' } });
  const environment = await db.environment.create({ data: { slug: `env-${slug}`, name: 'E', kind: 'staging', position: 0 } });
  const source = await db.dataSource.create({
    data: { environmentId: environment.id, name: slug, type: 'x', summary: { target: slug }, limits: { maxRows: 7 } },
  });
  return { organizationId, userId: user.id, sourceId: source.id, slug };
}

beforeAll(async () => {
  scratch = await createScratchDatabase(readEnv('TEST_POSTGRES_URL') ?? '');
  await migrate({ url: scratch.url });
  database = openDatabase(scratch.url, { max: 1 });
  a = await seed('a');
  b = await seed('b');
});
afterAll(async () => {
  await database?.close();
  await scratch?.drop();
});

describe('readSource', () => {
  it('gives what Prisma gives, with the environment', async () => {
    const found = await database.hot.readSource(a.organizationId, a.sourceId);
    expect(found?.row).toEqual(await database.tenantDb(a.organizationId).dataSource.findFirst({ where: { id: a.sourceId } }));
    expect(found?.environment).toEqual({ id: found?.row.environmentId, slug: 'env-a', name: 'E', kind: 'staging' });
  });

  it('shows each organisation its own source only, also with the plan that a connection has kept', async () => {
    for (let round = 0; round < 12; round += 1) {
      for (const [own, other] of [
        [a, b],
        [b, a],
      ] as const) {
        expect((await database.hot.readSource(own.organizationId, own.sourceId))?.row.name).toBe(own.slug);
        expect(await database.hot.readSource(own.organizationId, other.sourceId)).toBeNull();
      }
    }
  });

  it('stands behind row-level security', async () => {
    const system = database.systemDb();
    await database.hot.readSource(a.organizationId, a.sourceId);
    await system.$executeRawUnsafe('CREATE POLICY nobody ON data_sources AS RESTRICTIVE FOR SELECT USING (false)');
    try {
      expect(await database.hot.readSource(a.organizationId, a.sourceId)).toBeNull();
      expect(await system.dataSource.findFirst({ where: { id: a.sourceId } })).not.toBeNull();
    } finally {
      await system.$executeRawUnsafe('DROP POLICY nobody ON data_sources');
    }
    expect(await database.hot.readSource(a.organizationId, a.sourceId)).not.toBeNull();
  });

  it('sees a deletion at once', async () => {
    const gone = await seed('gone');
    expect(await database.hot.readSource(gone.organizationId, gone.sourceId)).not.toBeNull();
    const db = database.tenantDb(gone.organizationId);
    await db.dataSource.update({ where: { id: gone.sourceId }, data: { deletedAt: new Date() } });
    expect(await database.hot.readSource(gone.organizationId, gone.sourceId)).toBeNull();
  });

  it('takes nothing but the id of an organisation', async () => {
    await expect(database.hot.readSource("' OR true", a.sourceId)).rejects.toMatchObject({ code: 'internal' });
  });
});

describe('holders', () => {
  const now = new Date('2026-11-20T12:00:00Z');
  const earlier = (ms: number) => new Date(now.getTime() - ms);

  it('of a token: a changed role, a removed member and a revocation show in the next read', async () => {
    const system = database.systemDb();
    const { organizationId, userId } = a;
    const tokenHash = newId();
    await system.accessToken.create({
      data: { organizationId, userId, name: 't', tokenHash, prefix: 'q', scopes: ['query.run'] },
    });
    const read = () => database.hot.readTokenHolder(tokenHash, { now, touchBefore: earlier(60_000) });
    expect(await read()).toMatchObject({
      userId,
      organizationId,
      slug: 'a',
      role: 'analyst',
      scopes: ['query.run'],
      userActive: true,
    });
    const used = await system.accessToken.findFirst({ where: { tokenHash } });
    expect(used?.lastUsedAt).toEqual(now);
    await system.membership.updateMany({ where: { userId }, data: { role: 'viewer' } });
    expect((await read())?.role).toBe('viewer');
    await system.membership.updateMany({ where: { userId }, data: { active: false } });
    expect((await read())?.organizationId).toBeNull();
    await system.membership.updateMany({ where: { userId }, data: { active: true } });
    await system.accessToken.updateMany({ where: { tokenHash }, data: { revokedAt: now } });
    expect((await read())?.revokedAt).toEqual(now);
    expect(await database.hot.readTokenHolder('unknown', { now, touchBefore: earlier(60_000) })).toBeNull();
  });

  it('of a session: touched only when it lives and was not touched just now', async () => {
    const system = database.systemDb();
    const id = newId();
    const expiresAt = new Date(now.getTime() + 60_000);
    await system.session.create({ data: { id, userId: b.userId, lastAccessedAt: earlier(5_000), expiresAt } });
    const touched = async (idleSince: Date, touchBefore: Date) => {
      const rows = await database.hot.readSessionHolder(id, { now, idleSince, touchBefore });
      expect(rows).toMatchObject([{ userId: b.userId, slug: 'b', role: 'analyst' }]);
      return (await system.session.findUnique({ where: { id } }))?.lastAccessedAt;
    };
    expect(await touched(earlier(60_000), earlier(6_000))).toEqual(earlier(5_000));
    expect(await touched(earlier(1_000), earlier(1_000))).toEqual(earlier(5_000));
    expect(await touched(earlier(60_000), earlier(1_000))).toEqual(now);
  });
});

describe('appendQueryRuns', () => {
  const run = (dataSourceId: string, userId: string): QueryRunRow => ({
    id: newId(),
    dataSourceId,
    userId,
    origin: 'api',
    query: `SELECT 'ü', "x"`,
    fingerprint: 'f',
    status: 'ok',
    errorCode: null,
    rowCount: 1,
    durationMs: 2,
    cacheState: 'miss',
    stages: [{ stage: 'parse', durationMs: 0.5 }],
    startedAt: new Date('2026-11-20T12:00:00.123Z'),
  });

  it('adds rows for one organisation', async () => {
    const rows = [run(a.sourceId, a.userId), run(a.sourceId, a.userId)];
    await database.hot.appendQueryRuns(a.organizationId, rows);
    const kept = await database.tenantDb(a.organizationId).queryRun.findMany();
    expect(kept.sort((x, y) => (x.id < y.id ? -1 : 1))).toEqual(
      rows.map((row) => ({ ...row, organizationId: a.organizationId })).sort((x, y) => (x.id < y.id ? -1 : 1)),
    );
    expect(await database.tenantDb(b.organizationId).queryRun.count()).toBe(0);
  });

  it("adds none when one names another organisation's source, and the connection lives on", async () => {
    const rows = [run(b.sourceId, b.userId), run(a.sourceId, b.userId)];
    await expect(database.hot.appendQueryRuns(b.organizationId, rows)).rejects.toMatchObject({ code: '23503' });
    expect(await database.tenantDb(b.organizationId).queryRun.count()).toBe(0);
    expect(await database.hot.readSource(b.organizationId, b.sourceId)).not.toBeNull();
  });
});
