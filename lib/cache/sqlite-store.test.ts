import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { settableClock } from '../testing/clock';
import { cacheContract, type Value } from './contract-suite';
import { createCache } from './index';

cacheContract({
  backend: 'sqlite',
  create: createCache,
  async place() {
    const folder = await mkdtemp(path.join(tmpdir(), 'quarry-cache-'));
    return { options: { file: path.join(folder, 'suite.db') }, remove: () => rm(folder, { recursive: true }) };
  },
});

describe('the cache in a file', () => {
  const clock = settableClock();
  const value = { text: 'x'.repeat(100) };
  const stay = { ttlMs: 60_000, bytes: 100 };
  let folder: string;
  let file: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'quarry-cache-'));
    file = path.join(folder, 'inner', 'cache.db');
  });
  afterEach(() => rm(folder, { recursive: true }));
  const make = (maxBytes = 1_000_000) => createCache<Value>({ name: 'file', backend: 'sqlite', maxBytes, file, clock });

  it('survives the process, and is closed to other users', async () => {
    await make().set('o:a', value, stay);
    expect(await make().get('o:a')).toEqual(value);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await stat(path.dirname(file))).mode & 0o777).toBe(0o700);
  });

  it('is shared with other processes', async () => {
    const cache = make();
    await cache.set('o:a', value, stay);
    const script = `const d = require('better-sqlite3')(process.argv[1]);
      console.log(d.prepare("SELECT count(*) AS n FROM entries WHERE key = 'o:a'").get().n);
      d.prepare("DELETE FROM entries WHERE key = 'o:a'").run();`;
    expect(execFileSync(process.execPath, ['-e', script, file], { encoding: 'utf8' }).trim()).toBe('1');
    expect(await cache.get('o:a')).toBeUndefined();
  });

  it('starts anew when the file is no database any more', async () => {
    await make().set('o:a', value, stay);
    await rm(`${file}-wal`, { force: true });
    await writeFile(file, 'this is no database, but it has quite some text in it'.repeat(100));
    const cache = make();
    expect(await cache.get('o:a')).toBeUndefined();
    expect(await cache.set('o:a', value, stay)).toBe(true);
    expect(await cache.get('o:a')).toEqual(value);
    expect((await cache.figures('o')).state).toBe('ok');
  });

  it('lets memory stand in while the disk is full, and uses the file again later', async () => {
    const cache = make();
    await cache.set('o:before', value, stay);
    // The real error of a full disk: SQLite may not take another page.
    const other = new Database(file);
    other.exec('CREATE TABLE ballast (x BLOB)');
    const blob = Buffer.alloc(4_000_000);
    other.prepare('INSERT INTO ballast VALUES (?)').run(blob);
    const big = { text: Array.from({ length: 20_000 }, (_, i) => i * 7_919).join() };
    expect(await cache.set('o:big', big, { ttlMs: 60_000, bytes: 100_000 })).toBe(true);
    expect(await cache.figures('o')).toMatchObject({ state: 'degraded', errors: 1 });
    expect((await cache.figures('o')).detail).toMatch(/file/);
    expect(await cache.get('o:big')).toEqual(big);
    other.exec('DROP TABLE ballast; VACUUM');
    other.close();
    clock.advance(31_000);
    expect(await cache.get('o:before')).toEqual(value);
    expect(await cache.set('o:big', big, { ttlMs: 60_000, bytes: 100_000 })).toBe(true);
    expect((await cache.figures('o')).state).toBe('ok');
  });

  it('treats bytes of another version as absent', async () => {
    const cache = make();
    await cache.set('o:a', value, stay);
    const other = new Database(file);
    other.prepare('UPDATE entries SET value = ?').run(Buffer.from([9, 0, 1, 2]));
    expect(await cache.get('o:a')).toBeUndefined();
    expect(other.prepare('SELECT count(*) AS n FROM entries').get()).toEqual({ n: 0 });
    other.close();
  });
});
