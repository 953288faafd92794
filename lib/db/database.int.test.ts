import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readEnv } from '../kernel/env';
import { newId } from '../kernel/ids';
import { type Database, migrate, openDatabase } from '.';
import { createScratchDatabase, type ScratchDatabase } from './scratch';

const UNAVAILABLE = { code: 'database.unavailable', message: expect.not.stringMatching(/hunter2|someone|127\.0\.0\.1/) };

describe('a builder database that is not there', () => {
  const database = openDatabase('postgres://someone:hunter2@127.0.0.1:1/nothing');
  afterAll(() => database.close());

  it('is reported in our own words by every client', async () => {
    const tenant = database.tenantDb(newId());
    await expect(database.systemDb().user.findFirst()).rejects.toMatchObject(UNAVAILABLE);
    await expect(database.systemDb().$transaction((tx) => tx.user.findFirst())).rejects.toMatchObject(UNAVAILABLE);
    await expect(tenant.environment.findMany()).rejects.toMatchObject(UNAVAILABLE);
    await expect(tenant.$transaction((tx) => tx.environment.findMany())).rejects.toMatchObject(UNAVAILABLE);
    await expect(database.ping()).rejects.toMatchObject(UNAVAILABLE);
  });

  it('is not even asked for an organisation that has no proper id', () => {
    for (const id of ['', 'x', "'; DROP TABLE users; --"]) {
      expect(() => database.tenantDb(id)).toThrow(expect.objectContaining({ code: 'internal' }));
    }
  });
});

describe('a builder database whose connections were cut', () => {
  let scratch: ScratchDatabase;
  let database: Database;

  beforeAll(async () => {
    scratch = await createScratchDatabase(readEnv('TEST_POSTGRES_URL') ?? '');
    await migrate({ url: scratch.url });
    database = openDatabase(scratch.url, { max: 2 });
  });

  afterAll(async () => {
    await database?.close();
    await scratch?.drop();
  });

  it('is used again as soon as it answers', async () => {
    const organization = await database.systemDb().organization.create({ data: { slug: 'cut', name: 'Cut' } });
    const db = database.tenantDb(organization.id);
    await db.environment.count();
    const admin = new pg.Client({ connectionString: readEnv('TEST_POSTGRES_URL') });
    await admin.connect();
    const name = new URL(scratch.url).pathname.slice(1);
    await admin.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [name]);
    await admin.end();
    const deadline = Date.now() + 10_000;
    let count: number | null = null;
    while (count === null && Date.now() < deadline) count = await db.environment.count().catch(() => null);
    expect(count).toBe(0);
    expect((await database.ping()).latencyMs).toBeGreaterThanOrEqual(0);
  });
});
