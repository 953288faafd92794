import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { closeDb } from '../lib/db';
import { drainPools } from '../lib/sources';
import { SAMPLES } from '../lib/sources/samples';
import { startApiServer } from '../lib/testing/api-server';
import { createTestOrganization, type TestOrganization } from '../lib/testing/organization';
import { runCli } from '../lib/testing/run-cli';
import { seedFile } from '../prisma/seed/sqlite';
import { ensureSecrets } from '../scripts/services.mjs';

let org: TestOrganization;
let server: Awaited<ReturnType<typeof startApiServer>>;
let home: string;
let env: Record<string, string>;

beforeAll(async () => {
  home = mkdtempSync(path.join(tmpdir(), 'quarry-cli-'));
  ensureSecrets(home);
  vi.stubEnv('QUARRY_HOME', home);
  vi.stubEnv('SQLITE_ROOT', path.join(home, 'sqlite'));
  const sample = SAMPLES.find(({ name }) => name === 'network');
  if (!sample) throw new Error('there is no network sample');
  seedFile(sample, path.join(home, 'sqlite', 'network.sqlite'));
  org = await createTestOrganization();
  server = await startApiServer();
  env = { QUARRY_URL: server.url, QUARRY_TOKEN: org.token, QUARRY_HOME: home };
});
afterAll(async () => {
  await server.close();
  await drainPools(0);
  await org.drop();
  await closeDb();
  rmSync(home, { recursive: true, force: true });
});

const run = (...args: string[]) => runCli(args, { env });

describe('against a running server', () => {
  it('connects, lists and describes a source', async () => {
    const added = await run('source', 'add', '--type', 'sqlite', '--file', 'network.sqlite', '--json');
    expect(added.stderr).toBe('');
    const source = JSON.parse(added.stdout);
    expect(source).toMatchObject({ name: 'network', type: 'sqlite', test: { ok: true, tableCount: 5 } });
    const listed = JSON.parse((await run('source', 'list', '--json')).stdout);
    expect(listed.dataSources.map(({ id }: { id: string }) => id)).toEqual([source.id]);
    expect((await run('source', 'list')).stdout).toContain('network');
    const schema = JSON.parse((await run('schema', '--source', 'network', '--json')).stdout);
    expect(schema.tables.map(({ name }: { name: string }) => name)).toContain('devices');
    expect((await run('schema', '--source', source.id)).stdout).toMatch(/^devices \(table/m);
  });

  it('queries by name, as a table, JSON and CSV', async () => {
    const table = await run('query', "select 2 as n, null as none, 'x' || char(27) || '[2J' as hostile", '--source', 'network');
    expect([table.code, table.stderr.replace(/\d+ ms/, 'ms')]).toEqual([0, '1 row, ms\n']);
    expect(table.stdout.split('\n')[2]).toMatch(/2 +NULL +x\\u001b\[2J/);
    const json = JSON.parse(
      (await run('query', 'select count(*) as n from devices', '--source', 'development/network', '--json')).stdout,
    );
    expect(json.columns.map(({ name }: { name: string }) => name)).toEqual(['n']);
    const csv = await runCli(['query', '-', '--source', 'network', '--csv'], {
      env,
      input: 'select count(*) as n from devices\n',
    });
    expect(csv.stdout.trim().split(/\r?\n/)).toEqual(['n', String(json.rows[0][0])]);
  });

  it('asks anew on demand, past what was kept', async () => {
    const query = async (...more: string[]) => (await run('query', 'select 4 as n', '--source', 'network', ...more)).stderr;
    expect(await query()).not.toContain('from the cache');
    expect(await query()).toContain('from the cache');
    expect(await query('--fresh')).not.toContain('from the cache');
    const question = ['ask', 'how many devices are there?', '--source', 'network', '--json'];
    await run(...question);
    expect(JSON.parse((await run(...question)).stdout).cache).toMatchObject({ state: 'hit', answer: 'hit' });
    expect(JSON.parse((await run(...question, '--fresh')).stdout).cache).toMatchObject({ state: 'miss', answer: 'miss' });
  });

  it('asks', async () => {
    const asked = await run('ask', 'how many devices are there?', '--source', 'network', '--json');
    expect(asked.stderr).toBe('');
    const answer = JSON.parse(asked.stdout);
    const counted = JSON.parse((await run('query', 'select count(*) from devices', '--source', 'network', '--json')).stdout);
    expect(answer.rows).toEqual(counted.rows);
    const plain = await run('ask', 'how many devices are there?', '--source', 'network');
    expect(plain.stdout).toContain(String(counted.rows[0][0]));
  });

  it.each([
    [['query', 'select 1', '--source', 'nowhere'], 'not_found'],
    [['query', 'select * frm devices', '--source', 'network'], 'query.invalid'],
    [['query', 'drop table devices', '--source', 'network'], 'query.refused'],
    [['query', 'select 1', '--source', 'network', '--token', 'qry_wrong'], 'auth.invalid'],
    [['source', 'add', '--type', 'sqlite', '--file', 'missing.sqlite'], 'source.file_missing'],
  ])('%j fails with the server’s code', async (args, code) => {
    const result = await run(...args);
    expect([result.code, result.stdout]).toEqual([1, '']);
    expect(result.stderr).toMatch(new RegExp(`^error: .* \\(${code}\\)\n$`));
  });
});
