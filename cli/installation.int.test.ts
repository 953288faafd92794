import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDatabase } from '../lib/db';
import { createScratchDatabase, type ScratchDatabase } from '../lib/db/scratch';
import { readEnv } from '../lib/kernel/env';
import { runCli } from '../lib/testing/run-cli';

let scratch: ScratchDatabase;
let home: string;
let env: Record<string, string>;

beforeAll(async () => {
  scratch = await createScratchDatabase(readEnv('TEST_POSTGRES_URL') ?? '');
  home = mkdtempSync(path.join(tmpdir(), 'quarry-cli-'));
  env = { DATABASE_URL: scratch.url, QUARRY_HOME: home, PORT: '1' };
});
afterAll(async () => {
  await scratch.drop();
  rmSync(home, { recursive: true, force: true });
});

const run = (...args: string[]) => runCli(args, { env });
const owner = ['--email', 'Ada@Example.com', '--password', 'correct horse battery', '--organization', 'Analytical Engines'];

describe('quarry setup', () => {
  it('refuses a weak password, with the code and one line', async () => {
    const weak = await run('setup', '--email', 'ada@example.com', '--password', 'short', '--organization', 'X');
    expect(weak).toEqual({ code: 1, stdout: '', stderr: 'error: A password needs at least 10 characters. (input.invalid)\n' });
  });

  it('makes owner, organisation and token on a database where nothing has run yet', async () => {
    const { code, stdout, stderr } = await run('setup', ...owner, '--json');
    expect([code, stderr]).toEqual([0, '']);
    const made = JSON.parse(stdout);
    expect(Object.keys(made).sort()).toEqual(['environments', 'organization', 'token']);
    expect(made.organization).toEqual({ id: expect.any(String), slug: 'analytical-engines', name: 'Analytical Engines' });
    expect(made.environments).toEqual(
      ['development', 'staging', 'production'].map((slug) => ({ id: expect.any(String), slug, name: expect.any(String) })),
    );
    expect(made.token).toMatch(/^qry_[A-Za-z0-9_-]{43}$/);
    expect(stdout.trim().split('\n')).toHaveLength(1);
  });

  it('is done only once', async () => {
    const again = await run('setup', ...owner, '--json');
    expect([again.code, again.stdout]).toEqual([1, '']);
    expect(again.stderr).toMatch(/^error: .*already.* \(setup\.done\)\n$/);
  });
});

describe('quarry member and token', () => {
  it('add a member whose password comes from standard input, and a token that is kept as a hash', async () => {
    const add = ['member', 'add', '--email', 'bob@example.com', '--role', 'analyst', '--password', '-', '--json'];
    const added = await runCli(add, { env, input: 'another long password\n' });
    expect(JSON.parse(added.stdout)).toMatchObject({ email: 'bob@example.com', role: 'analyst', active: true });

    const made = await run(
      'token',
      'create',
      '--email',
      'bob@example.com',
      '--name',
      'ci',
      '--scopes',
      'query.run,source.read',
      '--json',
    );
    const { token, scopes, name } = JSON.parse(made.stdout);
    expect([name, scopes]).toEqual(['ci', ['query.run', 'source.read']]);
    const database = openDatabase(scratch.url, { max: 1 });
    const rows = await database.systemDb().accessToken.findMany({ where: { name: 'ci' } });
    await database.close();
    expect(rows).toHaveLength(1);
    expect(JSON.stringify(rows)).not.toContain(token);

    const plain = await run('token', 'create', '--email', 'bob@example.com');
    expect(plain.stdout).toMatch(/^qry_[A-Za-z0-9_-]{43}\n$/);
  });

  it.each([
    [['token', 'create', '--email', 'nobody@example.com'], 1, 'not_found'],
    [['token', 'create', '--email', 'bob@example.com', '--scopes', 'member.manage'], 1, 'access.denied'],
    [['token', 'create', '--email', 'bob@example.com', '--scopes', 'everything'], 1, 'input.invalid'],
    [['member', 'add', '--email', 'bob@example.com', '--role', 'viewer'], 1, 'conflict'],
    [['member', 'add', '--email', 'new@example.com', '--role', 'king', '--password', 'a long password'], 1, 'input.invalid'],
    [['member', 'add', '--email', 'new@example.com', '--role', 'viewer', '--organization', 'elsewhere'], 1, 'not_found'],
    [['query', 'select 1', '--source', 'x'], 1, 'auth.required'],
    [['query', 'select 1', '--source', 'x', '--token', 'qry_x', '--url', 'http://127.0.0.1:1'], 1, 'unreachable'],
    [['setup'], 2, 'usage'],
    [['no-such-command'], 2, 'usage'],
    [['query', 'select 1', '--source', 'x', '--limit', '-3'], 2, 'usage'],
  ])('%j fails with one line and its code', async (args, code, reason) => {
    const result = await run(...args);
    expect([result.code, result.stdout]).toEqual([code, '']);
    expect(result.stderr).toMatch(new RegExp(`^error: .* \\(${reason}\\)\n$`));
  });
});

describe('quarry migrate and doctor', () => {
  it('has nothing left to migrate', async () => {
    const result = await run('migrate');
    expect(result).toEqual({ code: 0, stdout: '', stderr: 'The builder database is up to date.\n' });
  });

  it('finds a sound installation sound', async () => {
    const { code, stdout } = await run('doctor', '--json');
    const report = JSON.parse(stdout);
    const states = Object.fromEntries(report.checks.map(({ name, state }: { name: string; state: string }) => [name, state]));
    expect(states).toMatchObject({ node: 'ok', home: 'ok', secrets: 'ok', settings: 'ok', database: 'ok', migrations: 'ok' });
    // PORT 1 is refused to whoever isn't root, and free for root: only that check may complain.
    expect(code).toBe(report.ok ? 0 : 1);
    expect(stdout).not.toContain(new URL(scratch.url).password === '' ? '\u0000' : scratch.url);
    const setting = report.settings.find(({ env: name }: { env: string }) => name === 'DATABASE_URL');
    expect(setting).toMatchObject({ value: 'set', origin: 'environment' });
  });

  it('says what is wrong and exits with 1', async () => {
    const broken = await runCli(['doctor'], { env: { ...env, DATABASE_URL: 'postgres://u:hunter2secret@127.0.0.1:1/x' } });
    expect(broken.code).toBe(1);
    expect(broken.stdout).toMatch(/^problem {2}database/m);
    expect(broken.stdout + broken.stderr).not.toContain('hunter2secret');
    const unset = await runCli(['doctor'], { env: { ...env, QUERY_TIMEOUT: 'soon' } });
    expect(unset.code).toBe(1);
    expect(unset.stdout).toMatch(/^problem {2}settings +QUERY_TIMEOUT/m);
  });
});
