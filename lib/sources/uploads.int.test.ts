import {
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { POST as upload } from '@/app/api/data-sources/uploads/route';
import { closeDb } from '../db';
import { systemClock } from '../kernel/clock';
import { newId } from '../kernel/ids';
import { runQuery } from '../query';
import { createTestOrganization, type TestOrganization } from '../testing/organization';
import { createSource, deleteSource, drainPools, openSource, testSource } from '.';
import type { UploadAnswer } from './upload-files';
import { sweepUploads } from './upload-use';

const MAX_BYTES = 2_000_000;
const root = mkdtempSync(path.join(tmpdir(), 'quarry-uploads-'));
let org: TestOrganization;
let other: TestOrganization;

beforeAll(async () => {
  vi.stubEnv('SQLITE_ROOT', root);
  vi.stubEnv('UPLOAD_MAX_BYTES', String(MAX_BYTES));
  org = await createTestOrganization();
  other = await createTestOrganization();
});
afterAll(async () => {
  await drainPools(0);
  await org.drop();
  await other.drop();
  await closeDb();
  rmSync(root, { recursive: true, force: true });
  vi.unstubAllEnvs();
});

const folderOf = (who: TestOrganization) => path.join(root, 'uploads', who.organization.id);
const filesOf = (who: TestOrganization) => (existsSync(folderOf(who)) ? readdirSync(folderOf(who)) : []);

interface Sent {
  token?: string;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

async function send(body: BodyInit | ReadableStream<Uint8Array>, { token = org.token, headers = {}, signal }: Sent = {}) {
  const init = { method: 'POST', headers: { authorization: `Bearer ${token}`, ...headers }, body, signal, duplex: 'half' };
  const answer = await upload(new Request('http://quarry.test/api/data-sources/uploads', init as RequestInit));
  return { status: answer.status, body: (await answer.json()) as UploadAnswer & { error?: { code: string; message: string } } };
}

function form(files: Record<string, string | Uint8Array<ArrayBuffer>>): FormData {
  const data = new FormData();
  for (const [name, content] of Object.entries(files)) data.append('files', new File([content], name));
  return data;
}

/** A SQLite file as bytes. */
function database(sql: string): Uint8Array<ArrayBuffer> {
  const file = path.join(root, `${newId()}.tmp`);
  const made = new Database(file);
  made.exec(sql);
  made.close();
  const bytes = new Uint8Array(readFileSync(file));
  for (const suffix of ['', '-wal', '-shm']) rmSync(file + suffix, { force: true });
  return bytes;
}

const connect = (who: TestOrganization, file: string) =>
  createSource(who.ctx, { name: `upload ${newId()}`, type: 'sqlite', connection: { file } });
const query = async (dataSourceId: string, text: string) => (await runQuery(org.ctx, { dataSourceId, query: text })).rows;

async function uploaded(files: Record<string, string | Uint8Array<ArrayBuffer>>, options: Sent = {}): Promise<UploadAnswer> {
  const { status, body } = await send(form(files), options);
  expect(body.error).toBeUndefined();
  expect(status).toBe(201);
  return body;
}

describe('[A10] uploading', () => {
  it('takes a SQLite file, which then is a source like any other', async () => {
    const bytes = database("CREATE TABLE notes (id INTEGER PRIMARY KEY, body TEXT); INSERT INTO notes VALUES (1, 'a'), (2, 'b')");
    const made = await uploaded({ 'Notes.DB': bytes });
    expect(made).toEqual({
      type: 'sqlite',
      file: expect.stringMatching(new RegExp(`^uploads/${org.organization.id}/[0-9a-f-]{36}\\.sqlite$`)),
      tables: [
        {
          name: 'notes',
          rows: 2,
          columns: [
            { name: 'id', type: 'bigint' },
            { name: 'body', type: 'text' },
          ],
        },
      ],
      warnings: [],
    });
    expect(await testSource(org.ctx, { type: 'sqlite', connection: { file: made.file } })).toMatchObject({
      ok: true,
      tableCount: 1,
    });
    const source = await connect(org, made.file);
    expect(source.summary).toEqual({ target: 'Uploaded file' });
    expect(await query(source.id, 'SELECT body FROM notes ORDER BY id')).toEqual([['a'], ['b']]);
    expect(statSync(folderOf(org)).mode & 0o077).toBe(0);
  });

  it('makes one database of CSV files, a table each', async () => {
    const made = await uploaded({
      'customers.csv': 'customer_id,name\n1,Ada\n2,"Grace, ""the"" Admiral"\n',
      '../../etc/2024 orders (final).csv': 'order id;customer id;total\r\n10;1;12.50\r\n11;2;0.1\r\n',
      'customers.tsv': 'a\tb\n1\tx\n',
    });
    expect(made.tables.map(({ name, rows }) => [name, rows])).toEqual([
      ['customers', 2],
      ['t_2024_orders_final', 2],
      ['customers_2', 1],
    ]);
    const { id } = await connect(org, made.file);
    expect(await query(id, 'SELECT name FROM customers ORDER BY customer_id')).toEqual([['Ada'], ['Grace, "the" Admiral']]);
    expect(await query(id, 'SELECT "order id", total FROM t_2024_orders_final ORDER BY 1')).toEqual([
      [10, 12.5],
      [11, 0.1],
    ]);
    expect(readdirSync(root)).not.toContain('etc');
  });

  it('leaves a write-ahead log behind, and puts no side files beside the database', async () => {
    const made = await uploaded({ 'busy.sqlite': database("PRAGMA journal_mode = WAL; CREATE TABLE t AS SELECT 'kept' AS v") });
    expect(made.warnings).toEqual([expect.stringMatching(/write-ahead log/)]);
    const { id } = await connect(org, made.file);
    expect(await query(id, 'SELECT v FROM t')).toEqual([['kept']]);
    expect(filesOf(org).filter((name) => /-(wal|shm|journal)$/.test(name))).toEqual([]);
  });
});

describe('what is refused, and leaves nothing', () => {
  let before: string[];
  beforeAll(() => {
    before = filesOf(other);
  });
  afterEach(() => {
    expect(filesOf(other)).toEqual(before);
  });
  const refuse = async (body: Parameters<typeof send>[0], options: Sent = {}) => send(body, { token: other.token, ...options });

  const damaged = () => {
    const bytes = database(`CREATE TABLE t AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
      SELECT i, hex(randomblob(20)) AS h FROM n`);
    bytes.fill(0x5a, 100, 4096);
    return bytes;
  };
  it.each([
    ['a file that only says it is a database', () => form({ 'x.sqlite': 'id,name\n1,a\n' }), /not a SQLite database/],
    ['an empty database file', () => form({ 'x.db': '' }), /not a SQLite database/],
    ['a damaged database', () => form({ 'x.db': damaged() }), /damaged/],
    ['a workbook', () => form({ 'x.xlsx': 'PK' }), /save workbooks as CSV/],
    ['a workbook called CSV', () => form({ 'x.csv': 'PK\u0003\u0004\u0000\u0000' }), /not a text file/],
    ['an empty CSV file', () => form({ 'ok.csv': 'a\n1\n', 'none.csv': '' }), /none\.csv is empty/],
    ['a quotation mark without end', () => form({ 'x.csv': 'a,b\n1,"x\n2,y\n' }), /quotation mark/],
    ['more columns than SQLite has', () => form({ 'x.csv': `${'a,'.repeat(2_500)}a\n` }), /2000 columns/],
  ])('%s', async (_what, make, message) => {
    const { status, body } = await refuse(make());
    expect([status, body.error?.code]).toEqual([400, 'source.file_refused']);
    expect(body.error?.message).toMatch(message);
  });

  it.each([
    ['no files', () => form({}), {}],
    ['no form', () => '{}', { 'content-type': 'application/json' }],
    ['a form without boundary', () => 'x', { 'content-type': 'multipart/form-data' }],
    [
      'a form that stops',
      () => '--b\r\nContent-Disposition: form-data; name="f"; filename="a.csv"\r\n\r\na,b\r\n1,',
      { 'content-type': 'multipart/form-data; boundary=b' },
    ],
    ['a database among others', () => form({ 'a.sqlite': database('CREATE TABLE t (a)'), 'b.csv': 'a\n1\n' }), {}],
  ])('%s', async (_what, make, headers) => {
    const { status, body } = await refuse(make(), { headers: headers as Record<string, string> });
    expect([status, body.error?.code]).toEqual([400, 'input.invalid']);
  });

  it('more bytes than announced, as soon as they are too many', async () => {
    let sent = 0;
    const line = new TextEncoder().encode(`${'x'.repeat(65_535)}\n`);
    const head = '--b\r\nContent-Disposition: form-data; name="f"; filename="a.csv"\r\n\r\n';
    const endless = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(new TextEncoder().encode(head)),
      pull: (controller) => {
        sent += line.length;
        controller.enqueue(line);
      },
    });
    const headers = { 'content-type': 'multipart/form-data; boundary=b' };
    const { status, body } = await refuse(endless, { headers });
    expect([status, body.error?.code]).toEqual([413, 'upload.too_large']);
    expect(sent).toBeGreaterThan(MAX_BYTES);
    expect(sent).toBeLessThan(MAX_BYTES * 2);
  });

  it('what announces too many bytes, without reading it', async () => {
    let pulled = 0;
    const pull = () => {
      pulled += 1;
    };
    const body = new ReadableStream<Uint8Array>({ pull }, { highWaterMark: 0 });
    const headers = { 'content-type': 'multipart/form-data; boundary=b', 'content-length': '999999999' };
    expect(await refuse(body, { headers })).toMatchObject({ status: 413, body: { error: { code: 'upload.too_large' } } });
    expect(pulled).toBe(0);
  });

  it('short rows of a very wide table, which would fill the disk', async () => {
    const bomb = `${Array.from({ length: 2_000 }, (_, index) => `c${index}`).join(',')}\n${'1\n'.repeat(300_000)}`;
    expect(await refuse(form({ 'bomb.csv': bomb }))).toMatchObject({ status: 507, body: { error: { code: 'storage.full' } } });
  }, 60_000);

  it('an upload whose client goes away', async () => {
    const client = new AbortController();
    const head = '--b\r\nContent-Disposition: form-data; name="f"; filename="a.csv"\r\n\r\na,b\r\n1,2\r\n';
    const stalled = new ReadableStream<Uint8Array>({ start: (controller) => controller.enqueue(new TextEncoder().encode(head)) });
    const headers = { 'content-type': 'multipart/form-data; boundary=b' };
    const answer = refuse(stalled, { headers, signal: client.signal });
    await expect.poll(() => filesOf(other).length).toBe(before.length + 1);
    client.abort();
    expect(await answer).toMatchObject({ status: 499, body: { error: { code: 'query.cancelled' } } });
  });

  it('somebody who may not manage sources', async () => {
    const viewer = await other.addUser({ role: 'analyst' });
    expect(await refuse(form({ 'a.csv': 'a\n1\n' }), { token: viewer.token })).toMatchObject({ status: 403 });
  });
});

describe('whose an upload is', () => {
  it('is nobody else’s, however its path is written', async () => {
    const { file } = await uploaded({ 'mine.csv': 'a,b\n1,2\n' });
    mkdirSync(path.join(root, 'shared'), { recursive: true });
    symlinkSync(path.join(root, file), path.join(root, 'shared', 'link.sqlite'));
    symlinkSync(path.join(root, 'uploads', org.organization.id), path.join(root, 'shared', 'folder'));
    const name = path.basename(file);
    const outside = await testSource(other.ctx, { type: 'sqlite', connection: { file: '/etc/passwd' } }).catch((error) => error);
    for (const attempt of [
      file,
      path.join(root, file),
      `shared/../${file}`,
      `uploads/${other.organization.id}/../${org.organization.id}/${name}`,
      `uploads/${org.organization.id.toUpperCase()}/${name}`,
      `UPLOADS/${org.organization.id}/${name}`,
      'shared/link.sqlite',
      `shared/folder/${name}`,
      `uploads/${org.organization.id}/absent.sqlite`,
      'uploads/anything.sqlite',
    ]) {
      const refused = testSource(other.ctx, { type: 'sqlite', connection: { file: attempt } });
      await expect(refused, attempt).rejects.toMatchObject({ code: 'source.file_refused', message: outside.message });
      await expect(connect(other, attempt), attempt).rejects.toMatchObject({ code: 'source.file_refused' });
    }
    expect(await testSource(org.ctx, { type: 'sqlite', connection: { file } })).toMatchObject({ ok: true });
    expect(await testSource(org.ctx, { type: 'sqlite', connection: { file: 'shared/link.sqlite' } })).toMatchObject({ ok: true });
  });

  it('leaves the samples to everybody', async () => {
    mkdirSync(path.join(root, 'samples'), { recursive: true });
    new Database(path.join(root, 'samples', 'shop.sqlite')).exec('CREATE TABLE t (a)').close();
    for (const who of [org, other])
      expect(await testSource(who.ctx, { type: 'sqlite', connection: { file: 'samples/shop.sqlite' } })).toMatchObject({
        ok: true,
      });
  });
});

describe('when an upload goes', () => {
  it('goes with the last source that is on it, once its queries have ended', async () => {
    const { file } = await uploaded({ 'a.csv': 'a,b\n1,2\n' });
    const absolute = path.join(root, file);
    const [first, second] = [await connect(org, file), await connect(org, absolute)];
    await deleteSource(org.ctx, first.id);
    expect(await query(second.id, 'SELECT b FROM a')).toEqual([[2]]);
    const lease = await (await openSource(org.ctx, second.id)).lease();
    await deleteSource(org.ctx, second.id);
    expect(existsSync(absolute)).toBe(true);
    lease.release();
    await expect.poll(() => existsSync(absolute)).toBe(false);
  });

  it('goes after a day when nobody connected it, and what a killed process left too', async () => {
    const [kept, stale, fresh] = [
      await uploaded({ 'a.csv': 'a\n1\n' }),
      await uploaded({ 'a.csv': 'a\n1\n' }),
      await uploaded({ 'a.csv': 'a\n1\n' }),
    ];
    await connect(org, kept.file);
    const part = path.join(folderOf(org), '.part-abc123');
    mkdirSync(part);
    const byHand = path.join(folderOf(org), 'operator.sqlite');
    linkSync(path.join(root, fresh.file), byHand);
    const old = Date.now() / 1000 - 25 * 3600;
    for (const file of [path.join(root, kept.file), path.join(root, stale.file), part]) utimesSync(file, old, old);
    await sweepUploads({ ...org.ctx, clock: systemClock }, 'sqlite');
    expect([kept, stale, fresh].map(({ file }) => existsSync(path.join(root, file)))).toEqual([true, false, true]);
    expect([existsSync(part), existsSync(byHand)]).toEqual([false, true]);
  });
});
