import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import pg from 'pg';
import { afterEach, describe, expect, it } from 'vitest';
import { readEnv } from '../kernel/env';
import { newId } from '../kernel/ids';
import { projectRoot } from '../kernel/paths';
import { migrate, openDatabase } from '.';
import { findMissingSql } from './migrate';
import { createScratchDatabase, type ScratchDatabase } from './scratch';

const SERVER = readEnv('TEST_POSTGRES_URL') ?? '';
const undo: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

async function scratchDatabase(): Promise<ScratchDatabase> {
  const scratch = await createScratchDatabase(SERVER);
  undo.push(scratch.drop);
  return scratch;
}

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  undo.push(() => client.end());
  return client;
}

/** What _prisma_migrations says: names that finished, and how many rows are neither finished nor rolled back. */
async function history(client: pg.Client): Promise<{ finished: string[]; open: number }> {
  const { rows } = await client.query<{ name: string; finished: boolean; undone: boolean }>(
    `SELECT migration_name AS name, finished_at IS NOT NULL AS finished, rolled_back_at IS NOT NULL AS undone
     FROM _prisma_migrations ORDER BY migration_name`,
  );
  const open = rows.filter((row) => !row.finished && !row.undone).length;
  return { finished: rows.filter((row) => row.finished && !row.undone).map((row) => row.name), open };
}

/** A process of its own that migrates, so that it can be killed. */
function migrateInProcess(url: string): ChildProcess {
  const script = `import('./lib/db/index.ts').then(({ migrate }) => migrate({ url: process.argv[1] }))`;
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script, url], {
    cwd: projectRoot(),
    stdio: 'ignore',
  });
  undo.push(async () => child.kill('SIGKILL'));
  return child;
}

/** The server process in which a migration's script waits. `watcher` must not be in a transaction, which would freeze what it sees. */
async function waitForBlockedScript(watcher: pg.Client): Promise<number> {
  const deadline = Date.now() + 20_000;
  while (Date.now() < deadline) {
    const { rows } = await watcher.query<{ pid: number }>(
      `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%CREATE TABLE "users"%'`,
    );
    if (rows[0]) return rows[0].pid;
  }
  throw new Error('The migration never got to its blocked statement.');
}

describe('migrate', () => {
  it('applies everything once', async () => {
    const scratch = await scratchDatabase();
    const first = await migrate({ url: scratch.url });
    expect(first.applied.length).toBeGreaterThanOrEqual(3);
    expect(await migrate({ url: scratch.url })).toEqual({ applied: [] });
    expect(await history(await connect(scratch.url))).toEqual({ finished: first.applied, open: 0 });
  });

  it('leads exactly to the schema', async () => {
    expect(await findMissingSql(SERVER)).toBeNull();
  });

  it('lets processes that start at once follow one another', async () => {
    const scratch = await scratchDatabase();
    const results = await Promise.all([
      migrate({ url: scratch.url }),
      migrate({ url: scratch.url }),
      migrate({ url: scratch.url }),
    ]);
    expect(results.map(({ applied }) => applied.length).sort()).toEqual([0, 0, expect.any(Number)]);
    expect((await history(await connect(scratch.url))).open).toBe(0);
  });

  it('recovers when a process was killed in the middle and the server finished its statement', async () => {
    const scratch = await scratchDatabase();
    const blocker = await connect(scratch.url);
    await blocker.query('BEGIN; CREATE TABLE users (id int)');
    const child = migrateInProcess(scratch.url);
    await waitForBlockedScript(await connect(scratch.url));
    child.kill('SIGKILL');
    await once(child, 'exit');
    const second = migrate({ url: scratch.url });
    await blocker.query('ROLLBACK');
    await second;
    expect((await history(blocker)).open).toBe(0);
    expect(await migrate({ url: scratch.url })).toEqual({ applied: [] });
    await blocker.query('SELECT "passwordHash" FROM users');
  });

  it('recovers when the server lost the half-done migration', async () => {
    const scratch = await scratchDatabase();
    const blocker = await connect(scratch.url);
    await blocker.query('BEGIN; CREATE TABLE users (id int)');
    const child = migrateInProcess(scratch.url);
    const pid = await waitForBlockedScript(await connect(scratch.url));
    child.kill('SIGKILL');
    await once(child, 'exit');
    await blocker.query('SELECT pg_terminate_backend($1)', [pid]);
    await blocker.query('ROLLBACK');
    const { applied } = await migrate({ url: scratch.url });
    expect(applied.length).toBeGreaterThanOrEqual(2);
    expect((await history(blocker)).open).toBe(0);
  });

  it('stops with one clear line when a script fails, changes nothing, and goes on once the cause is gone', async () => {
    const scratch = await scratchDatabase();
    const client = await connect(scratch.url);
    await client.query(`CREATE FUNCTION quarry_organization_id() RETURNS uuid LANGUAGE sql AS 'SELECT NULL::uuid'`);
    const failure = await migrate({ url: scratch.url }).catch((error: Error) => error);
    expect(failure).toMatchObject({ code: 'database.unavailable' });
    expect((failure as Error).message).toMatch(
      /^The builder database could not be migrated: .*organization_setting.*already exists/,
    );
    expect((failure as Error).message).not.toContain('\n');
    expect((await client.query(`SELECT to_regclass('users') AS users`)).rows).toEqual([{ users: null }]);
    await client.query('DROP FUNCTION quarry_organization_id');
    expect((await migrate({ url: scratch.url })).applied.length).toBeGreaterThanOrEqual(3);
  });

  it('does not touch a database that holds something else', async () => {
    const scratch = await scratchDatabase();
    await (await connect(scratch.url)).query('CREATE TABLE invoices (id int)');
    await expect(migrate({ url: scratch.url })).rejects.toMatchObject({
      code: 'database.unavailable',
      message: expect.stringContaining('already holds other tables'),
    });
  });

  it('says that the server cannot be reached without naming it', async () => {
    const failure = await migrate({ url: 'postgres://someone:hunter2@127.0.0.1:1/nothing' }).catch((error: Error) => error);
    expect(failure).toMatchObject({ code: 'database.unavailable' });
    expect((failure as Error).message).not.toMatch(/hunter2|someone|127\.0\.0\.1/);
  });
});

describe('a login that is not a superuser', () => {
  async function login(options: string): Promise<{ url: string; name: string }> {
    const name = `quarry_test_${newId().slice(0, 8)}`;
    const admin = await connect(SERVER);
    await admin.query(`CREATE ROLE ${name} LOGIN PASSWORD 'x' ${options}`);
    const database = `${name}_db`;
    await admin.query(`CREATE DATABASE ${database} OWNER ${name}`);
    undo.push(async () => {
      await admin.query(`DROP DATABASE ${database} WITH (FORCE)`);
      await admin.query(`DROP ROLE ${name}`);
    });
    const url = new URL(SERVER);
    url.pathname = `/${database}`;
    url.username = name;
    url.password = 'x';
    return { url: url.href, name };
  }

  it('is told which SQL an administrator has to run, and that SQL is enough', async () => {
    const { url, name } = await login('NOCREATEROLE');
    const failure = await migrate({ url }).catch((error: Error) => error);
    expect(failure).toMatchObject({
      code: 'database.unavailable',
      message: expect.stringContaining(`GRANT quarry_tenant TO ${name}`),
    });
    const admin = await connect(SERVER);
    await admin.query(`GRANT quarry_tenant TO ${name}`);
    undo.push(() => admin.query(`REVOKE quarry_tenant FROM ${name}`));
    expect((await migrate({ url })).applied.length).toBeGreaterThanOrEqual(3);
    await expectIsolation(url);
  });
});

/** The three belts hold for this login too, and the system client isn't locked out by FORCE ROW LEVEL SECURITY. */
async function expectIsolation(url: string): Promise<void> {
  const database = openDatabase(url);
  try {
    const system = database.systemDb();
    const [a, b] = await Promise.all(['a', 'b'].map((slug) => system.organization.create({ data: { slug, name: slug } })));
    const environment = { slug: 'dev', name: 'Dev', kind: 'development', position: 0 };
    await database.tenantDb(a?.id ?? '').environment.create({ data: environment });
    expect(await database.tenantDb(b?.id ?? '').environment.count()).toBe(0);
    expect(await system.environment.count()).toBe(1);
  } finally {
    await database.close();
  }
}
