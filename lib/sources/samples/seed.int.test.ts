import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import Database from 'better-sqlite3';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type SeedReport, seedSamples } from '../../../prisma/seed';
import { closeDb, createScratchDatabase, migrate, type ScratchDatabase } from '../../db';
import { readEnv } from '../../kernel/env';
import { createTestOrganization, type TestOrganization } from '../../testing/organization';
import { addSampleSources, createSource, drainPools, openSource } from '..';
import { digestRows, digestSample, readInstalledSamples, SAMPLES, sampleConnections, sampleFile } from '.';
import { canonicalText } from './digest';

let scratch: ScratchDatabase;
let home: string;
let first: SeedReport;

/** A database of the builder's server, as its owner. */
function urlOf(database: string): string {
  const url = new URL(scratch.url);
  url.pathname = `/${database}`;
  return url.href;
}

const builder = () => new URL(scratch.url).pathname.slice(1);

async function query(url: string, sql: string, parameters: unknown[] = []): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql, parameters)).rows;
  } finally {
    await client.end();
  }
}

/** The sample's own login on a database. */
function asLogin(database: string): string {
  const note = readInstalledSamples();
  const url = new URL(urlOf(database));
  url.username = note?.username ?? '';
  url.password = note?.password ?? '';
  return url.href;
}

beforeAll(async () => {
  scratch = await createScratchDatabase(readEnv('TEST_POSTGRES_URL') ?? '');
  await migrate({ url: scratch.url });
  home = mkdtempSync(path.join(tmpdir(), 'quarry-seed-'));
  vi.stubEnv('QUARRY_HOME', home);
  vi.stubEnv('SQLITE_ROOT', '');
  vi.stubEnv('DATABASE_URL', scratch.url);
  vi.stubEnv('QUARRY_MASTER_KEY', randomBytes(32).toString('base64'));
  first = await seedSamples();
});

afterAll(async () => {
  await drainPools(0);
  await closeDb();
  const admin = readEnv('TEST_POSTGRES_URL') ?? '';
  for (const { name } of SAMPLES) await query(admin, `DROP DATABASE IF EXISTS ${builder()}_${name} WITH (FORCE)`);
  await query(admin, `DROP ROLE IF EXISTS ${builder()}_samples`);
  await scratch.drop();
  rmSync(home, { recursive: true, force: true });
  vi.unstubAllEnvs();
});

describe('seeding', () => {
  it('writes both samples for both engines, and nothing the second time', async () => {
    expect(first.written).toBe(4);
    expect(sampleConnections().map(({ sample, type }) => `${sample} ${type}`)).toEqual([
      'network postgres',
      'network sqlite',
      'storefront postgres',
      'storefront sqlite',
    ]);
    const stamp = statSync(sampleFile('network')).mtimeMs;
    expect((await seedSamples()).written).toBe(0);
    expect(statSync(sampleFile('network')).mtimeMs).toBe(stamp);
  });

  it('replaces a damaged file and one of another version', async () => {
    rmSync(sampleFile('network'));
    writeFileSync(sampleFile('network'), 'not a database');
    expect((await seedSamples()).written).toBe(1);
    chmodSync(sampleFile('network'), 0o644);
    const db = new Database(sampleFile('network'));
    db.pragma('user_version = 999');
    db.close();
    await query(urlOf(`${builder()}_network`), "COMMENT ON SCHEMA public IS 'another version'");
    expect((await seedSamples()).written).toBe(2);
    expect((await seedSamples()).written).toBe(0);
  });

  it('keeps the password of the login for the owner of the installation only', async () => {
    const file = path.join(home, 'samples.json');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const before = readInstalledSamples()?.password;
    await seedSamples();
    expect(readInstalledSamples()?.password).toBe(before);
    expect(JSON.stringify(await seedSamples())).not.toContain(before);
  });
});

describe.each(SAMPLES.map((sample) => [sample.name, sample] as const))('the %s sample, once installed', (name, sample) => {
  it('has the same rows in a file as it is defined with, and its foreign keys hold', () => {
    expect(existsSync(sampleFile(name))).toBe(true);
    const db = new Database(sampleFile(name), { readonly: true });
    try {
      const read = (table: string) => db.prepare(`SELECT * FROM "${table}" ORDER BY id`).raw().all() as unknown[][];
      expect(digestRows(sample, read)).toBe(digestSample(sample));
      expect(db.pragma('foreign_key_check')).toEqual([]);
      const keys = sample.tables.flatMap((table) => db.pragma(`foreign_key_list("${table.name}")`) as unknown[]);
      expect(keys).toHaveLength(sample.tables.flatMap((table) => table.columns).filter((column) => column.references).length);
      expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
    } finally {
      db.close();
    }
  });

  it('has the same rows on the server, with keys and comments', async () => {
    const url = asLogin(`${builder()}_${name}`);
    const tables: Record<string, unknown[][]> = {};
    for (const table of sample.tables) {
      const columns = table.columns.map(({ name: column, type }) =>
        type === 'inet'
          ? `host("${column}") AS "${column}"`
          : type === 'date' || type === 'timestamp'
            ? `"${column}"::text`
            : `"${column}"`,
      );
      const found = await query(url, `SELECT ${columns.join(', ')} FROM "${table.name}" ORDER BY id`);
      tables[table.name] = found.map((row) => table.columns.map((column) => row[column.name]));
    }
    expect(digestRows(sample, (table) => tables[table] ?? [])).toBe(digestSample(sample));
    const [keys] = await query(url, "SELECT count(*)::int AS n FROM pg_constraint WHERE contype = 'f' AND convalidated");
    expect(keys?.n).toBe(sample.tables.flatMap((table) => table.columns).filter((column) => column.references).length);
    const [comment] = await query(url, 'SELECT obj_description($1::regclass) AS text', [sample.tables[0]?.name]);
    expect(comment?.text).toBe(sample.tables[0]?.comment);
  });

  it('gives money without loss on the server', async () => {
    const table = sample.tables.find(({ columns }) => columns.some(({ type }) => type === 'decimal'));
    const column = table?.columns.find(({ type }) => type === 'decimal');
    if (!table || !column) throw new Error('The sample has no money.');
    const generated = (sample.generate()[table.name] ?? []).map((row) => row[table.columns.indexOf(column)]);
    const cents = generated.reduce<bigint>((sum, value) => sum + BigInt(String(value ?? '0').replace('.', '')), 0n);
    const [row] = await query(asLogin(`${builder()}_${name}`), `SELECT sum("${column.name}") AS total FROM "${table.name}"`);
    expect(canonicalText(column, row?.total).replace('.', '')).toBe(String(cents));
  });
});

describe('the login of the samples', () => {
  it('reads, and can do nothing else', async () => {
    const url = asLogin(`${builder()}_network`);
    expect(await query(url, 'SELECT count(*)::int AS n FROM devices')).toEqual([{ n: 45 }]);
    const denied = [
      'BEGIN READ WRITE; DELETE FROM devices',
      'BEGIN READ WRITE; UPDATE sites SET name = name',
      'BEGIN READ WRITE; CREATE TABLE mine (id int)',
      'BEGIN READ WRITE; CREATE TEMP TABLE mine (id int)',
      'SELECT passwd FROM pg_shadow',
      "SELECT pg_read_file('PG_VERSION')",
      "COPY sites TO PROGRAM 'true'",
    ];
    for (const sql of denied) await expect(query(url, sql), sql).rejects.toMatchObject({ code: '42501' });
    await expect(query(url, 'DELETE FROM devices')).rejects.toMatchObject({ code: expect.stringMatching(/25006|42501/) });
  });

  it('cannot see a row of the builder database', async () => {
    const url = asLogin(builder());
    const tables = await query(scratch.url, `SELECT quote_ident(tablename) AS name FROM pg_tables WHERE schemaname = 'public'`);
    expect(tables.length).toBeGreaterThan(25);
    for (const { name } of tables)
      await expect(query(url, `SELECT 1 FROM ${name}`), String(name)).rejects.toMatchObject({ code: '42501' });
    await expect(query(url, 'SET ROLE quarry_tenant')).rejects.toMatchObject({ code: '42501' });
  });

  it('has no secret in clear outside its own note', () => {
    const password = readInstalledSamples()?.password ?? '';
    expect(password.length).toBeGreaterThanOrEqual(32);
    expect(readFileSync(sampleFile('network')).includes(password)).toBe(false);
  });
});

describe('connecting the samples to an organisation', () => {
  let made: TestOrganization;

  beforeAll(async () => {
    made = await createTestOrganization();
  });

  it('adds one source for each sample and engine to the development environment, once', async () => {
    const added = await addSampleSources(made.ctx);
    expect(added.map(({ name, sample, access, environment }) => [name, sample, access, environment.slug])).toEqual([
      ['Network (PostgreSQL)', 'network', 'read', 'development'],
      ['Network (SQLite)', 'network', 'read', 'development'],
      ['Storefront (PostgreSQL)', 'storefront', 'read', 'development'],
      ['Storefront (SQLite)', 'storefront', 'read', 'development'],
    ]);
    expect(await addSampleSources(made.ctx)).toEqual([]);
    expect(JSON.stringify(added)).not.toContain(readInstalledSamples()?.password);
  });

  it('gives sources that see their own sample, cannot write, and answer the same on both engines', async () => {
    const sources = await made.ctx.db.dataSource.findMany({ orderBy: { name: 'asc' } });
    const answers: unknown[] = [];
    for (const { id, sample } of sources) {
      const source = await openSource(made.ctx, id);
      const lease = await source.lease();
      try {
        const catalogue = await lease.introspect(AbortSignal.timeout(20_000));
        const definition = SAMPLES.find(({ name }) => name === sample);
        expect(catalogue.tables.map(({ name }) => name).sort()).toEqual(definition?.tables.map(({ name }) => name).sort());
        if (source.source.type === 'postgres') expect((await lease.validate()).canWrite).toBe(false);
        const text = sample === 'network' ? 'SELECT count(*) AS n FROM devices' : 'SELECT count(*) AS n FROM orders';
        const options = { signal: AbortSignal.timeout(20_000), timeoutMs: 10_000, maxRows: 10, maxBytes: 10_000 };
        const { rows } = await lease.execute({ text }, options);
        for await (const batch of rows)
          answers.push(...batch.map(([cell]) => (typeof cell === 'object' ? Object.values(cell ?? {})[0] : cell)));
        const write = lease.execute({ text: `DELETE FROM ${sample === 'network' ? 'incidents' : 'returns'}` }, options);
        await expect(write.then((result) => result.rows[Symbol.asyncIterator]().next())).rejects.toMatchObject({
          code: expect.stringMatching(/^query\./),
        });
      } finally {
        lease.release();
      }
    }
    expect(answers).toEqual(['45', '45', '50000', '50000']);
  });

  it('keeps its sources working when the login of the samples gets another password', async () => {
    const source = await made.ctx.db.dataSource.findFirstOrThrow({ where: { name: 'Network (PostgreSQL)' } });
    const old = readInstalledSamples()?.password;
    rmSync(path.join(home, 'samples.json'));
    expect((await seedSamples()).lines).toContain('sample sources: 2 follow the samples to where they are now');
    expect(readInstalledSamples()?.password).not.toBe(old);
    const lease = await (await openSource(made.ctx, source.id)).lease();
    expect((await lease.validate()).database).toBe(`${builder()}_network`);
    lease.release();
    expect((await made.ctx.db.credential.findMany({ where: { dataSourceId: source.id } })).map(({ version }) => version)).toEqual(
      [2],
    );
  });

  it("leaves somebody's own source of the same name alone", async () => {
    const other = await createTestOrganization();
    await createSource(other.ctx, { name: 'Network (SQLite)', type: 'sqlite', connection: { file: sampleFile('storefront') } });
    expect((await addSampleSources(other.ctx)).map(({ name }) => name)).toEqual([
      'Network (PostgreSQL)',
      'Storefront (PostgreSQL)',
      'Storefront (SQLite)',
    ]);
  });
});
