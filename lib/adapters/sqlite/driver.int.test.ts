import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { projectRoot } from '../../kernel/paths';
import type { OpenLimits, Pool } from '../contract';
import { collect, expectCode, options, read, until } from '../contract-suite';
import { resolveDatabaseFile } from './file-guard';
import { sqlite } from './index';

/** What SQLite promises beyond the contract suite. */

const LIMITS: OpenLimits = { max: 4, min: 0, waitMs: 5_000, connectTimeoutMs: 10_000, recycleMs: 3_600_000, allowWrites: false };
const base = mkdtempSync(path.join(tmpdir(), 'quarry-sqlite-'));
const root = path.join(base, 'allowed');
const pools: Pool[] = [];

beforeAll(() => {
  mkdirSync(path.join(root, 'sub'), { recursive: true });
  new Database(path.join(root, 'data.sqlite')).exec('CREATE TABLE t (a); INSERT INTO t VALUES (1)').close();
  copyFileSync(path.join(root, 'data.sqlite'), path.join(root, 'sub', 'sp ace.sqlite'));
  copyFileSync(path.join(root, 'data.sqlite'), path.join(base, 'secret.sqlite'));
  vi.stubEnv('SQLITE_ROOT', root);
});

afterAll(async () => {
  await Promise.all(pools.map((pool) => pool.drain(0)));
  vi.unstubAllEnvs();
  rmSync(base, { recursive: true, force: true });
});

function open(input: { file?: string; uri?: string }, limits: Partial<OpenLimits> = {}): Pool {
  const pool = sqlite.open(sqlite.manifest.parseConnection(input), { ...LIMITS, ...limits });
  pools.push(pool);
  return pool;
}

describe('which files can be connected', () => {
  it.each([
    { file: 'data.sqlite' },
    { file: './sub/../data.sqlite' },
    { file: path.join(root, 'data.sqlite') },
    { uri: 'file:data.sqlite' },
    { uri: `file://${root}/data.sqlite` },
    { uri: 'file:sub/sp%20ace.sqlite' },
  ])('$file$uri', async (input) => {
    expect((await read(open(input), 'SELECT a FROM t')).rows).toEqual([['1']]);
  });

  it('leads nowhere out of the folder', async () => {
    symlinkSync(path.join(base, 'secret.sqlite'), path.join(root, 'link.sqlite'));
    symlinkSync(base, path.join(root, 'folder'));
    symlinkSync(path.join(root, 'data.sqlite'), path.join(root, 'inner-link.sqlite'));
    const socket = createServer().listen(path.join(root, 'socket'));
    await once(socket, 'listening');
    for (const file of [
      '../secret.sqlite',
      'sub/../../secret.sqlite',
      path.join(base, 'secret.sqlite'),
      '/etc/passwd',
      'link.sqlite',
      'folder/secret.sqlite',
      'sub',
      '.',
      'socket',
      `${root}-evil/x`,
    ]) {
      expect((await expectCode(open({ file }).lease(), 'source.file_refused')).message, file).not.toContain(base);
    }
    expect((await read(open({ file: 'inner-link.sqlite' }), 'SELECT a FROM t')).rows).toEqual([['1']]);
    socket.close();
  });

  it('does not tell what exists outside', async () => {
    const there = await expectCode(open({ file: '/etc/passwd' }).lease(), 'source.file_refused');
    const absent = await expectCode(open({ file: '/etc/no-such-file' }).lease(), 'source.file_refused');
    expect(there.message).toBe(absent.message);
  });

  it('says when a file is missing, and makes none', async () => {
    await expectCode(open({ file: 'absent.sqlite' }).lease(), 'source.file_missing');
    expect(() => resolveDatabaseFile('absent.sqlite', { folder: root })).toThrow(/no file absent\.sqlite/);
  });

  it('says when a file is no database', async () => {
    writeFileSync(path.join(root, 'notes.sqlite'), 'These are only words, and many of them. '.repeat(100));
    const error = await expectCode(open({ file: 'notes.sqlite' }).lease(), 'source.file_refused', 'source.unreachable');
    expect(error.message).toMatch(/not a SQLite database|no SQLite database/i);
  });
});

describe('the reader process', () => {
  it('knows none of our secrets', async () => {
    vi.stubEnv('NEXTAUTH_SECRET', 'hush-hush');
    const pool = open({ file: 'data.sqlite' });
    const lease = await pool.lease();
    const environment = readFileSync(`/proc/${lease.backendId}/environ`, 'utf8');
    lease.release();
    expect(environment).not.toMatch(/hush-hush|NEXTAUTH|DATABASE_URL|PATH=/);
  });

  it('dies with its parent even in the middle of a query', async () => {
    const script = path.join(projectRoot(), 'lib', 'adapters', 'sqlite', 'reader-process.mjs');
    const parent = spawn(
      process.execPath,
      [
        '-e',
        `const child = require('node:child_process').fork(${JSON.stringify(script)}, [], { serialization: 'advanced' });
         child.send({ op: 'open', file: ${JSON.stringify(path.join(root, 'data.sqlite'))}, writable: false });
         child.once('message', () => {
           child.send({ op: 'execute', id: 1, text: 'WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c) SELECT count(*) FROM c', params: [], maxRows: 1, maxBytes: 1, write: false });
           child.once('message', () => console.log(child.pid));
         });`,
      ],
      { stdio: ['ignore', 'pipe', 'ignore'] },
    );
    const pid = await new Promise<number>((resolve) => parent.stdout.once('data', (text) => resolve(Number(text))));
    expect(isAlive(pid)).toBe(true);
    parent.kill('SIGKILL');
    await until(async () => !isAlive(pid));
  });

  it('lets four read at once while another program writes, and sees what it wrote', async () => {
    const file = path.join(root, 'wal.sqlite');
    const writer = new Database(file);
    writer.pragma('journal_mode = WAL');
    writer.exec('CREATE TABLE n (i integer PRIMARY KEY)');
    const pool = open({ file: 'wal.sqlite' });
    const leases = await Promise.all(Array.from({ length: 4 }, () => pool.lease()));
    for (let i = 1; i <= 20; i += 1) {
      writer.prepare('INSERT INTO n VALUES (?)').run(i);
      const results = await Promise.all(leases.map((lease) => collect(lease, 'SELECT count(*) FROM n')));
      expect(results.map(({ rows }) => rows)).toEqual(Array.from({ length: 4 }, () => [[String(i)]]));
    }
    for (const lease of leases) lease.release();
    expect(pool.stats()).toMatchObject({ opened: 4, errors: 0 });
    writer.close();
  });

  it('answers in a sentence what SQLite says of a query', async () => {
    const pool = open({ file: 'data.sqlite' });
    for (const [text, sentence] of [
      ['SELECT * FROM nowhere', 'The database answered: no such table: "nowhere".'],
      ['SELECT total', 'The database answered: no such column: "total".'],
      ['SELECT nonesuch(1)', 'The database answered: no such function: nonesuch.'],
      ['SELECT a FROM t AS x JOIN t AS y', 'The database answered: ambiguous column name: "a".'],
      ["SELECT json('{')", 'The database answered: malformed JSON.'],
    ] as const) {
      expect((await expectCode(read(pool, text), 'query.failed')).message).toBe(sentence);
    }
  });

  it('sees a table that another program changed', async () => {
    const pool = open({ file: 'sub/sp ace.sqlite' });
    await read(pool, 'SELECT a FROM t');
    new Database(path.join(root, 'sub', 'sp ace.sqlite'))
      .exec('ALTER TABLE t RENAME COLUMN a TO c; ALTER TABLE t ADD COLUMN b; UPDATE t SET b = 2')
      .close();
    const { columns, rows } = await read(pool, 'SELECT * FROM t');
    expect(columns.map((column) => column.name)).toEqual(['c', 'b']);
    expect(rows).toEqual([['1', '2']]);
  });

  it('does not count the time in which its caller is busy', async () => {
    const pool = open({ file: 'data.sqlite' });
    const lease = await pool.lease();
    const rows = 'WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 20000) SELECT i FROM c';
    const result = await lease.execute({ text: rows }, options({ timeoutMs: 2_000, maxRows: 100_000 }));
    let count = 0;
    let paused = false;
    for await (const batch of result.rows) {
      count += batch.length;
      // Longer than the time-out, once: the reader's own clock stands still meanwhile.
      if (!paused) {
        paused = true;
        const wake = Date.now() + 2_500;
        await until(async () => Date.now() > wake);
      }
    }
    lease.release();
    expect(count).toBe(20_000);
  });

  it('bounds its memory', async () => {
    const pool = open({ file: 'data.sqlite' });
    const lease = await pool.lease();
    await expectCode(
      collect(lease, 'SELECT length(zeroblob(900000000) || zeroblob(900000000))', {}),
      'query.failed',
      'source.unreachable',
    );
    lease.release();
    expect((await read(pool, 'SELECT 1')).rows).toEqual([['1']]);
  });
});

describe('values in declared columns', () => {
  it('keeps what is stored, whatever was declared', async () => {
    new Database(path.join(root, 'typed.sqlite'))
      .exec(`
        CREATE TABLE typed (id INTEGER PRIMARY KEY, big BIGINT, price DECIMAL(10,2), flag BOOLEAN, day DATE, at DATETIME, doc JSON, raw BLOB, loose, word TEXT);
        INSERT INTO typed VALUES
          (1, 9223372036854775807, 12.5, 1, '2024-02-29', '2024-01-02 03:04:05', '{"n": 9007199254740993}', x'00ff', 1, '007'),
          (2, -9223372036854775808, 3, 0, NULL, NULL, NULL, NULL, 'one', NULL);
        CREATE TABLE untidy (flag BOOLEAN, day DATE, n INTEGER);
        INSERT INTO untidy VALUES ('maybe', 'soon', 'x'), (1, '2024-01-01', 5);`)
      .close();
    const pool = open({ file: 'typed.sqlite' });
    const typed = await read(pool, 'SELECT big, price, flag, day, at, doc, raw, loose, word FROM typed ORDER BY id');
    expect(typed.columns.map((column) => column.type)).toEqual([
      'bigint',
      'decimal',
      'boolean',
      'date',
      'timestamp',
      'json',
      'binary',
      'mixed',
      'text',
    ]);
    expect(typed.rows).toEqual([
      [
        '9223372036854775807',
        '12.5',
        true,
        '2024-02-29',
        '2024-01-02T03:04:05',
        { n: '9007199254740993' },
        'AP8=',
        { exact: '1' },
        '007',
      ],
      ['-9223372036854775808', '3', false, null, null, null, null, 'one', null],
    ]);
    const untidy = await read(pool, 'SELECT * FROM untidy');
    expect(untidy.columns.map((column) => column.type)).toEqual(['mixed', 'text', 'mixed']);
    expect(untidy.rows).toEqual([
      ['maybe', 'soon', 'x'],
      [{ exact: '1' }, '2024-01-01', { exact: '5' }],
    ]);
  });

  it('binds integers, booleans, dates, bytes and NULL', async () => {
    const pool = open({ file: 'data.sqlite' });
    const { rows } = await read(pool, 'SELECT ?1, ?2, ?3, ?4, ?5, typeof(?1), typeof(?6), ?1', {
      params: [9007199254740993n, true, new Date('2024-01-02T03:04:05Z'), new Uint8Array([0, 255]), null, 1.5],
    });
    expect(rows).toEqual([
      ['9007199254740993', '1', '2024-01-02T03:04:05.000Z', 'AP8=', null, 'integer', 'real', '9007199254740993'],
    ]);
  });
});

/** A zombie that nobody has reaped yet doesn't count. */
function isAlive(pid: number): boolean {
  try {
    return !/\) [ZX]/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
