import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readEnv } from '../kernel/env';
import { type Database, migrate, openDatabase, type TenantDb } from '.';
import { createScratchDatabase, type ScratchDatabase } from './scratch';

let scratch: ScratchDatabase;
let database: Database;
let db: TenantDb;

beforeAll(async () => {
  scratch = await createScratchDatabase(readEnv('TEST_POSTGRES_URL') ?? '');
  await migrate({ url: scratch.url });
  database = openDatabase(scratch.url, { max: 1 });
  const { id } = await database.systemDb().organization.create({ data: { slug: 'batch', name: 'Batch' } });
  db = database.tenantDb(id);
});

afterAll(async () => {
  await database?.close();
  await scratch?.drop();
});

const rows = (count: number) =>
  Array.from({ length: count }, (_, at) => ({ name: 'm', bucketSeconds: 60, at: new Date(at), count: BigInt(at), sum: at }));

describe('batches', () => {
  it('write a thousand rows in one statement', async () => {
    const { count } = await db.metric.createMany({ data: rows(1000) });
    expect(count).toBe(1000);
    // Rows of one statement carry the same transaction and command number.
    const ids = await database.systemDb().$queryRaw<
      { n: bigint }[]
    >`SELECT count(DISTINCT xmin::text || cmin::text) AS n FROM metrics`;
    expect(Number(ids[0]?.n)).toBe(1);
    await db.metric.deleteMany();
  });

  it('leave nothing when one row fails', async () => {
    const data = rows(1000);
    const twin = '33333333-3333-4333-8333-333333333333';
    const broken = data.map((row, at) => (at > 997 ? { ...row, id: twin } : row));
    await expect(db.metric.createMany({ data: broken })).rejects.toMatchObject({ code: 'P2002' });
    expect(await db.metric.count()).toBe(0);
  });

  it('leave nothing when a transaction fails in the middle', async () => {
    const failing = db.$transaction(async (tx) => {
      await tx.metric.createMany({ data: rows(500) });
      expect(await tx.metric.count()).toBe(500);
      await tx.metric.createMany({ data: rows(500) });
      throw new Error('power cut');
    });
    await expect(failing).rejects.toThrow('power cut');
    expect(await db.metric.count()).toBe(0);
  });

  it('join the transaction that they run in', async () => {
    await expect(
      db.$transaction(async (tx) => {
        await tx.$transaction((inner) => inner.metric.createMany({ data: rows(10) }));
        throw new Error('outer');
      }),
    ).rejects.toThrow('outer');
    expect(await db.metric.count()).toBe(0);
  });
});
