import { randomUUID } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Lease } from '../adapters/contract';
import { closeDb } from '../db';
import { quarryHome } from '../kernel/paths';
import { settings } from '../kernel/settings';
import { createTestOrganization, type TestOrganization } from '../testing/organization';
import { createSourceDatabase, type SourceDatabase, until } from '../testing/source-database';
import {
  createSource,
  deleteSource,
  describeConnection,
  drainPools,
  getSource,
  listSources,
  openSource,
  testSource,
  updateSource,
} from '.';

let org: TestOrganization;
const made: SourceDatabase[] = [];
const files: string[] = [];

beforeAll(async () => {
  org = await createTestOrganization();
});

afterAll(async () => {
  await drainPools(0);
  await Promise.all(made.map((database) => database.drop()));
  for (const file of files) rmSync(file, { force: true });
  await org.drop();
  await closeDb();
});

async function sourceDatabase(setupSql = 'CREATE TABLE t (id int primary key)', options = {}): Promise<SourceDatabase> {
  const database = await createSourceDatabase(setupSql, options);
  made.push(database);
  return database;
}

function sqliteFile(sql: string): string {
  const folder = settings().sqliteRoot ?? path.join(quarryHome(), 'sqlite');
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, `${randomUUID()}.sqlite`);
  files.push(file);
  const database = new Database(file);
  database.exec(sql);
  database.close();
  return path.basename(file);
}

const name = () => `source ${randomUUID()}`;
const options = () => ({ signal: new AbortController().signal, timeoutMs: 10_000, maxRows: 100, maxBytes: 1_000_000 });

async function rowsOf(lease: Lease, text: string): Promise<unknown[]> {
  const rows: unknown[] = [];
  for await (const batch of (await lease.execute({ text }, options())).rows) rows.push(...batch);
  return rows;
}

async function query(dataSourceId: string, text: string): Promise<unknown[]> {
  const lease = await (await openSource(org.ctx, dataSourceId)).lease();
  try {
    return await rowsOf(lease, text);
  } finally {
    lease.release();
  }
}

describe('connecting', () => {
  it('[A2] tests, saves and reads the schema in one call, and gives no secret back', async () => {
    const database = await sourceDatabase('CREATE TABLE customers (id int primary key, name text); CREATE TABLE orders (id int)');
    const created = await createSource(org.ctx, { name: name(), type: 'postgres', connection: database.connection });
    expect(created).toMatchObject({
      type: 'postgres',
      access: 'read',
      environment: { slug: 'development' },
      test: { ok: true, database: database.connection.database, tableCount: 2, canWrite: true },
      schema: { version: 1, fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/) },
    });
    expect(created.schema.tables.map((table) => table.name).sort()).toEqual(['customers', 'orders']);
    expect(JSON.stringify(created)).not.toContain(database.connection.password);
    expect(await getSource(org.ctx, created.id)).toMatchObject({ name: created.name, status: { pool: 'open', idle: 1 } });
  });

  it('[A4] serves the next query with the connection that was tested', async () => {
    const database = await sourceDatabase();
    const { id } = await createSource(org.ctx, { name: name(), type: 'postgres', connection: { uri: database.uri } });
    const [backend] = await database.backends();
    const lease = await (await openSource(org.ctx, id)).lease();
    expect(lease.backendId).toBe(backend);
    expect(await rowsOf(lease, 'SELECT pg_backend_pid()::text')).toEqual([[backend]]);
    lease.release();
    expect(await database.backends()).toEqual([backend]);
  });

  it('[A3] tests without saving anything or leaving a connection', async () => {
    const database = await sourceDatabase();
    const before = (await listSources(org.ctx)).length;
    const report = await testSource(org.ctx, { type: 'postgres', connection: database.connection });
    const [{ version }] = (await database.admin.query("SELECT current_setting('server_version') AS version")).rows as [
      { version: string },
    ];
    expect(report).toMatchObject({ ok: true, tableCount: 1, canWrite: true, database: database.connection.database });
    expect(report.serverVersion).toContain(version.split(' ')[0]);
    expect(report.readOnlyUserSql).toMatch(/GRANT/);
    expect((await listSources(org.ctx)).length).toBe(before);
    await until(database.backends, (pids) => pids.length === 0);
  });

  it('[A1] saves nothing when the password is wrong, and leaves no connection', async () => {
    const database = await sourceDatabase();
    const wanted = name();
    const wrong = { ...database.connection, password: 'not-the-password-9f3' };
    const attempt = createSource(org.ctx, { name: wanted, type: 'postgres', connection: wrong });
    await expect(attempt).rejects.toMatchObject({ code: 'source.auth_failed' });
    await expect(attempt).rejects.not.toMatchObject({ message: expect.stringContaining('not-the-password') });
    expect(await org.ctx.db.dataSource.count({ where: { name: wanted } })).toBe(0);
    await until(database.backends, (pids) => pids.length === 0);
    await createSource(org.ctx, { name: wanted, type: 'postgres', connection: database.connection });
  });

  it('refuses a name that the environment has, and closes the connection it tested', async () => {
    const [one, two] = [await sourceDatabase(), await sourceDatabase()];
    const taken = name();
    await createSource(org.ctx, { name: taken, type: 'postgres', connection: one.connection });
    await expect(createSource(org.ctx, { name: taken, type: 'postgres', connection: two.connection })).rejects.toMatchObject({
      code: 'conflict',
    });
    await until(two.backends, (pids) => pids.length === 0);
    const elsewhere = await createSource(org.ctx, {
      name: taken,
      type: 'postgres',
      environment: 'staging',
      connection: two.connection,
    });
    expect(elsewhere.environment.slug).toBe('staging');
  });

  it('makes one of two that want the same name at the same time', async () => {
    const [one, two] = [await sourceDatabase(), await sourceDatabase()];
    const wanted = name();
    const outcomes = await Promise.allSettled(
      [one, two].map((database) => createSource(org.ctx, { name: wanted, type: 'postgres', connection: database.connection })),
    );
    expect(outcomes.map((outcome) => outcome.status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(outcomes.find((outcome) => outcome.status === 'rejected')).toMatchObject({ reason: { code: 'conflict' } });
    await until(
      async () => [...(await one.backends()), ...(await two.backends())],
      (pids) => pids.length === 1,
    );
  });

  it('[A7] lets several sources of each type answer from themselves', async () => {
    const ids: [string, string][] = [];
    for (const mark of ['pg one', 'pg two', 'pg three']) {
      const database = await sourceDatabase(`CREATE TABLE whoami AS SELECT '${mark}'::text AS name`);
      ids.push([mark, (await createSource(org.ctx, { name: name(), type: 'postgres', connection: database.connection })).id]);
    }
    for (const mark of ['file one', 'file two']) {
      const file = sqliteFile(`CREATE TABLE whoami AS SELECT '${mark}' AS name`);
      ids.push([mark, (await createSource(org.ctx, { name: name(), type: 'sqlite', connection: { file } })).id]);
    }
    for (const [mark, id] of ids) expect(await query(id, 'SELECT name FROM whoami')).toEqual([[mark]]);
  });

  it('refuses an engine that it does not know, and an environment that is not there', async () => {
    await expect(
      createSource(org.ctx, { name: name(), type: 'oracle', connection: { uri: 'oracle://x' } }),
    ).rejects.toMatchObject({
      code: 'source.unsupported',
    });
    const { connection } = await sourceDatabase();
    await expect(
      createSource(org.ctx, { name: name(), type: 'postgres', environment: 'moon', connection }),
    ).rejects.toMatchObject({
      code: 'not_found',
    });
  });

  it("[I13] refuses metadata addresses and Quarry's own database", async () => {
    const { connection } = await sourceDatabase();
    const own = new URL(settings().databaseUrl ?? '');
    const refused = [
      { ...connection, host: '169.254.169.254' },
      { ...connection, host: '::ffff:169.254.169.254' },
      { ...connection, host: own.hostname, port: Number(own.port || 5432), database: own.pathname.slice(1) },
    ];
    for (const target of refused) {
      await expect(testSource(org.ctx, { type: 'postgres', connection: target })).rejects.toMatchObject({
        code: 'source.host_refused',
      });
    }
  });
});

describe('[A13] changing and deleting', () => {
  async function connected() {
    const database = await sourceDatabase();
    const created = await createSource(org.ctx, { name: name(), type: 'postgres', connection: database.connection });
    return { database, id: created.id };
  }

  it('keeps the stored password when it is left out, and the pool when only the name changes', async () => {
    const { database, id } = await connected();
    const before = await database.backends();
    const renamed = await updateSource(org.ctx, id, { name: name(), limits: { maxRows: 7 } });
    expect(renamed.limits).toEqual({ maxRows: 7 });
    expect(await database.backends()).toEqual(before);
    await updateSource(org.ctx, id, { connection: { username: database.connection.username } });
    expect(await query(id, 'SELECT 1')).toEqual([['1']]);
    expect((await openSource(org.ctx, id)).credentialVersion).toBe(2);
  });

  it('changes the password under running queries without failing one of them', async () => {
    const { database, id } = await connected();
    const lease = await (await openSource(org.ctx, id)).lease();
    const running = rowsOf(lease, 'SELECT pg_sleep(1), pg_backend_pid()::text').finally(() => lease.release());
    const [old] = await database.backends();
    await database.setPassword('another-one-4c1');
    await updateSource(org.ctx, id, { connection: { password: 'another-one-4c1' } });
    const next = await (await openSource(org.ctx, id)).lease();
    expect(next.backendId).not.toBe(old);
    next.release();
    expect(await running).toEqual([['', old]]);
    await until(database.backends, (pids) => pids.length === 1 && !pids.includes(old ?? ''));
    expect(await org.ctx.db.credential.findMany({ where: { dataSourceId: id }, select: { version: true } })).toEqual([
      { version: 2 },
    ]);
  });

  it('changes nothing when the new connection fails its test', async () => {
    const { database, id } = await connected();
    const before = await database.backends();
    await expect(updateSource(org.ctx, id, { name: name(), connection: { password: 'wrong' } })).rejects.toMatchObject({
      code: 'source.auth_failed',
    });
    expect(await query(id, 'SELECT 1')).toEqual([['1']]);
    expect(await database.backends()).toEqual(before);
    expect((await openSource(org.ctx, id)).credentialVersion).toBe(1);
  });

  it('takes a whole connection in place of one that was corrupted, but no part of one', async () => {
    const database = await sourceDatabase();
    const { id } = await createSource(org.ctx, { name: name(), type: 'postgres', connection: database.connection });
    const { sealed } = await org.ctx.db.credential.findFirstOrThrow({ where: { dataSourceId: id } });
    const middle = Math.floor(sealed.length / 2);
    const altered = `${sealed.slice(0, middle)}${sealed[middle] === 'A' ? 'B' : 'A'}${sealed.slice(middle + 1)}`;
    await org.ctx.db.credential.updateMany({ where: { dataSourceId: id }, data: { sealed: altered } });
    const part = updateSource(org.ctx, id, { connection: { password: database.connection.password } });
    await expect(part).rejects.toMatchObject({ code: 'vault.corrupt' });
    await updateSource(org.ctx, id, { connection: database.connection });
    expect(await query(id, 'SELECT count(*) FROM t')).toEqual([['0']]);
  });

  it('does not send the stored password to another server', async () => {
    const { id } = await connected();
    await expect(updateSource(org.ctx, id, { connection: { host: 'localhost' } })).rejects.toMatchObject({
      code: 'input.invalid',
      details: { fields: ['connection.password'] },
    });
  });

  it('shows the stored connection for editing without its secrets [A13]', async () => {
    const { database, id } = await connected();
    const { host, port, database: name, username, password } = database.connection;
    expect((await describeConnection(org.ctx, id)).values).not.toHaveProperty('tls.mode');
    await updateSource(org.ctx, id, { connection: { tls: { mode: 'disable' } } });
    const form = await describeConnection(org.ctx, id);
    expect(form).toEqual({
      values: { host, port: String(port), database: name, username, 'tls.mode': 'disable' },
      stored: ['password'],
    });
    expect(JSON.stringify(form)).not.toContain(password);
    const analyst = { ...org.ctx, permissions: new Set(['source.read'] as const) };
    await expect(describeConnection(analyst, id)).rejects.toMatchObject({ code: 'access.denied' });
  });

  it('gives a resized pool to the next query', async () => {
    const { database, id } = await connected();
    await updateSource(org.ctx, id, { pool: { max: 1, waitMs: 100 } });
    const open = await openSource(org.ctx, id);
    const lease = await open.lease();
    await expect(open.lease()).rejects.toMatchObject({ code: 'pool.timeout', details: { waiting: expect.any(Number) } });
    lease.release();
    await until(database.backends, (pids) => pids.length === 1);
  });

  it('deletes: gone for the next request, its pool closed, its secrets erased, its name free', async () => {
    const { database, id } = await connected();
    const { name: freed } = await getSource(org.ctx, id);
    const open = await openSource(org.ctx, id);
    await deleteSource(org.ctx, id);
    await expect(openSource(org.ctx, id)).rejects.toMatchObject({ code: 'not_found' });
    await expect(deleteSource(org.ctx, id)).rejects.toMatchObject({ code: 'not_found' });
    await until(database.backends, (pids) => pids.length === 0);
    await expect(open.lease()).rejects.toMatchObject({ code: 'not_found' });
    expect(await org.ctx.db.credential.count({ where: { dataSourceId: id } })).toBe(0);
    await createSource(org.ctx, { name: freed, type: 'postgres', connection: database.connection });
  });

  it('lets a query that runs while the source is deleted end', async () => {
    const { database, id } = await connected();
    const lease = await (await openSource(org.ctx, id)).lease();
    const running = rowsOf(lease, "SELECT pg_sleep(0.5), 'done'").finally(() => lease.release());
    await deleteSource(org.ctx, id);
    expect(await running).toEqual([['', 'done']]);
    await until(database.backends, (pids) => pids.length === 0);
  });
});
