import { randomUUID } from 'node:crypto';
import { existsSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer, type Server, type Socket } from 'node:net';
import path from 'node:path';
import { type APIRequestContext, type APIResponse, expect, test } from '@playwright/test';
import { quarryHome } from '../lib/kernel/paths';
import { signInAsOwner, withBuilderDatabase } from './installation';

/**
 * What people and programs get wrong, sent over HTTP to the production server: each has its stable code and a sentence to act on,
 * and nothing is lost or half-saved.
 */
test.describe.configure({ mode: 'serial' });

const CANARY = 'canary-s3cret-9f1';
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Signed in with a cookie, and with a token that is bound to the organisation. */
let browser: APIRequestContext;
let api: APIRequestContext;
let storefront: string;
/** Slug of the first organisation: the owner may belong to others, made by the specs before this one. */
let organization: string;
const servers: Server[] = [];
const sockets: Socket[] = [];
const files: string[] = [];

test.beforeAll(async ({ playwright, baseURL }) => {
  browser = await playwright.request.newContext({ baseURL });
  organization = await signInAsOwner(browser);
  const made = await browser.post('/api/tokens', {
    data: { name: `bad input ${randomUUID()}` },
    headers: { 'x-quarry-organization': organization },
  });
  const { token } = await made.json();
  api = await playwright.request.newContext({ baseURL, extraHTTPHeaders: { authorization: `Bearer ${token}` } });
  const source = (await listSources()).find(({ name }) => name === 'Storefront (PostgreSQL)');
  storefront = source?.id ?? '';
  expect(storefront).toMatch(UUID);
});

test.afterAll(async () => {
  for (const socket of sockets) socket.destroy();
  for (const server of servers) server.close();
  for (const file of files) unlinkSync(file);
  await browser.dispose();
  await api.dispose();
});

async function listSources(): Promise<{ id: string; name: string }[]> {
  return (await (await api.get('/api/data-sources')).json()).dataSources;
}

/** The error's message, when status, code and shape are what they should be. */
async function refusal(answer: APIResponse, status: number, code: string): Promise<string> {
  const text = await answer.text();
  expect(answer.status(), text).toBe(status);
  const { error } = JSON.parse(text);
  expect(error.code).toBe(code);
  expect(error.message).toMatch(/^[A-Z“"].{10,}[.]$/s);
  expect(error.requestId).toMatch(UUID);
  expect(answer.headers()['x-request-id']).toBe(error.requestId);
  expect(text).not.toMatch(new RegExp(`${CANARY}|node_modules|\\.ts:\\d`));
  return error.message;
}

const run = (query: string, more: object = {}) =>
  api.post('/api/execute-query', { data: { dataSourceId: storefront, query, ...more } });

async function rowsOf(query: string, more: object = {}): Promise<unknown[][]> {
  const answer = await run(query, more);
  expect(answer.status(), await answer.text()).toBe(200);
  return (await answer.json()).rows;
}

const activeQueries = (text: string) =>
  withBuilderDatabase(async (client) => {
    const sql =
      "SELECT count(*)::int AS n FROM pg_stat_activity WHERE state = 'active' AND pid <> pg_backend_pid() AND query LIKE $1";
    return (await client.query<{ n: number }>(sql, [`%${text}%`])).rows[0]?.n;
  });

async function listen(onSocket: (socket: Socket) => void): Promise<number> {
  const server = createServer((socket) => {
    sockets.push(socket.on('error', () => undefined));
    onSocket(socket);
  });
  servers.push(server);
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return (server.address() as AddressInfo).port;
}

/** Says what PostgreSQL says to a wrong password (protocol 3.0: 'N' to the TLS request, then ErrorResponse 28P01). */
function refusePassword(socket: Socket): void {
  const fields = Buffer.from('SFATAL\0C28P01\0Mpassword authentication failed\0\0');
  const head = Buffer.alloc(5);
  head.write('E');
  head.writeInt32BE(4 + fields.length, 1);
  socket.on('data', (data) => (data.length === 8 ? socket.write('N') : socket.end(Buffer.concat([head, fields]))));
}

test('a source that cannot be connected is not saved, and says why', async () => {
  const before = await listSources();
  const connect = (port: number) =>
    api.post('/api/data-sources', {
      data: {
        name: `unreachable ${port}`,
        type: 'postgres',
        connection: { host: '127.0.0.1', port, database: 'shop', username: 'reader', password: CANARY },
      },
    });
  const closed = await listen(() => undefined);
  await new Promise((done) => servers.pop()?.close(done));
  const [wrongPassword, unreachable, silent] = await Promise.all([
    connect(await listen(refusePassword)),
    connect(closed),
    connect(await listen(() => undefined)),
  ]);
  await refusal(wrongPassword, 502, 'source.auth_failed');
  expect(await refusal(unreachable, 502, 'source.unreachable')).toContain(`127.0.0.1:${closed}`);
  expect(await refusal(silent, 502, 'source.unreachable')).toContain('did not answer in time');
  // What is stored of each; its health moves on by itself.
  const stored = (sources: object[]) => sources.map((source) => ({ ...source, status: undefined }));
  expect(stored(await listSources())).toEqual(stored(before));
});

test('files outside the allowed folder stay unread', async () => {
  const folder = path.join(quarryHome(), 'sqlite');
  const link = path.join(folder, `${randomUUID()}.sqlite`);
  const junk = path.join(folder, `${randomUUID()}.sqlite`);
  symlinkSync(path.join(quarryHome(), 'secrets.json'), link);
  writeFileSync(junk, 'x'.repeat(5000));
  files.push(link, junk);
  const open = (file: string) => api.post('/api/data-sources/test', { data: { type: 'sqlite', connection: { file } } });
  await refusal(await open('nowhere.sqlite'), 502, 'source.file_missing');
  for (const file of ['../secrets.json', '/etc/passwd', path.basename(link), path.basename(junk)]) {
    await refusal(await open(file), 400, 'source.file_refused');
  }
});

test('a query that is wrong, several or a write changes nothing', async () => {
  const [before] = await rowsOf('SELECT count(*) FROM orders', { cache: 'bypass' });
  expect(await refusal(await run('SELECT * FORM orders'), 400, 'query.invalid')).toContain('near "FORM"');
  await refusal(await run('SELECT 1; DELETE FROM orders'), 400, 'query.invalid');
  for (const write of [
    'DELETE FROM orders',
    'WITH gone AS (DELETE FROM orders RETURNING *) SELECT * FROM gone',
    'SELECT * INTO copied FROM orders',
    "COPY (SELECT 1) TO PROGRAM 'id'",
    "SELECT set_config('transaction_read_only', 'off', false)",
    "SELECT pg_read_file('/etc/passwd')",
  ]) {
    await refusal(await run(write), 403, 'query.refused');
  }
  const unknown = await run('SELECT * FROM ordrs');
  await refusal(unknown, 422, 'query.failed');
  expect((await unknown.json()).error.hints).toContain('Did you mean orders?');
  expect(await rowsOf('SELECT count(*) FROM orders', { cache: 'bypass' })).toEqual([before]);
});

test('a question about nothing in the schema is declined, with questions that would work', async () => {
  const question = 'What is the airspeed velocity of an unladen swallow?';
  const answer = await (await api.post('/api/query', { data: { dataSourceId: storefront, question } })).json();
  expect(answer).toMatchObject({ status: 'declined', query: null, rows: [] });
  expect(answer.suggestions.length).toBeGreaterThan(0);
});

test('a long query ends in time, or when it is cancelled, in the database too', async () => {
  await refusal(await run('SELECT pg_sleep(60), 101', { timeoutMs: 1000 }), 504, 'query.timeout');
  await expect.poll(() => activeQueries('pg_sleep(60), 101')).toBe(0);

  const queryId = randomUUID();
  const running = run('SELECT pg_sleep(60), 102', { queryId });
  await expect.poll(() => activeQueries('pg_sleep(60), 102')).toBe(1);
  expect(await (await api.post(`/api/queries/${queryId}/cancel`)).json()).toEqual({ cancelled: true });
  await refusal(await running, 499, 'query.cancelled');
  await expect.poll(() => activeQueries('pg_sleep(60), 102')).toBe(0);
  await refusal(await api.post(`/api/queries/${queryId}/cancel`), 404, 'not_found');
});

test('a million rows are cut and said to be, or exported whole', async () => {
  const query = 'SELECT n, md5(n::text) AS hash FROM generate_series(1, 1000000) AS n';
  const cut = await (await run(query)).json();
  expect([cut.rowCount, cut.rows.length, cut.truncated]).toEqual([10_000, 10_000, { by: 'rows', limit: 10_000 }]);
  const file = await api.post('/api/execute-query/export?format=csv', { data: { dataSourceId: storefront, query } });
  const lines = (await file.text()).split('\r\n');
  expect([lines.length, lines[0], lines.at(-2)]).toEqual([1_000_002, 'n,hash', '1000000,8155bc545f84d9652f1012ef2bdfb6eb']);
});

test("another organisation's ids do not exist", async () => {
  const made = await browser.post('/api/organizations', {
    data: { name: `Rival ${randomUUID()}` },
    headers: { 'x-quarry-organization': organization },
  });
  expect(made.status(), await made.text()).toBe(201);
  const headers = { 'x-quarry-organization': (await made.json()).slug };
  const one = `/api/data-sources/${storefront}`;
  const asked = { dataSourceId: storefront, question: 'How many orders are there?' };
  for (const answer of [
    await browser.get(one, { headers }),
    await browser.patch(one, { headers, data: { name: 'mine' } }),
    await browser.delete(one, { headers }),
    await browser.get(`${one}/schema`, { headers }),
    await browser.post('/api/execute-query', { headers, data: { dataSourceId: storefront, query: 'SELECT 1' } }),
    await browser.post('/api/execute-query/stream', { headers, data: { dataSourceId: storefront, query: 'SELECT 1' } }),
    await browser.post('/api/query', { headers, data: asked }),
    await browser.post('/api/query', { headers, data: { ...asked, stream: true } }),
  ]) {
    await refusal(answer, 404, 'not_found');
  }
  expect(await (await api.get(one)).json()).toMatchObject({ name: 'Storefront (PostgreSQL)' });
});

test('a tampered cookie signs nobody in', async ({ playwright, baseURL }) => {
  const { cookies } = await browser.storageState();
  const session = cookies.find(({ name }) => name.includes('session'));
  const value = session?.value ?? '';
  const middle = Math.floor(value.length / 2);
  const altered = `${value.slice(0, middle)}${value[middle] === 'A' ? 'B' : 'A'}${value.slice(middle + 1)}`;
  const forger = await playwright.request.newContext({ baseURL, extraHTTPHeaders: { cookie: `${session?.name}=${altered}` } });
  await refusal(await forger.get('/api/me'), 401, 'auth.invalid');
  await forger.dispose();
});

test('a corrupted secret is told, and entering the connection again mends it', async () => {
  const connection = { file: 'samples/network.sqlite' };
  const made = await api.post('/api/data-sources', { data: { name: `corrupt ${randomUUID()}`, type: 'sqlite', connection } });
  expect(made.status(), await made.text()).toBe(201);
  const { id } = await made.json();
  await withBuilderDatabase((client) =>
    client.query(
      `UPDATE credentials SET sealed = overlay(sealed PLACING 'AAAA' FROM length(sealed) - 8) WHERE "dataSourceId" = $1`,
      [id],
    ),
  );
  await refusal(await api.patch(`/api/data-sources/${id}`, { data: { pool: { max: 2 } } }), 500, 'vault.corrupt');
  expect((await listSources()).map((source) => source.id)).toContain(id);
  expect((await api.patch(`/api/data-sources/${id}`, { data: { connection } })).status()).toBe(200);
  const query = { dataSourceId: id, query: 'SELECT count(*) > 0 FROM devices' };
  expect((await api.post('/api/execute-query', { data: query })).status()).toBe(200);
  expect((await api.delete(`/api/data-sources/${id}`)).status()).toBe(204);
});

test('requests that are no requests get the same shape of error', async () => {
  const post = (data: string | Buffer) =>
    api.post('/api/execute-query', { data, headers: { 'content-type': 'application/json' } });
  await refusal(await post('{"query":'), 400, 'input.invalid');
  await refusal(await post(Buffer.from([0x22, 0xff, 0x22])), 400, 'input.invalid');
  await refusal(await post(`{"query":"${'x'.repeat(1_100_000)}"}`), 400, 'input.invalid');
  await refusal(await run('SELECT 1', { url: 'postgres://elsewhere' }), 400, 'input.invalid');
  await refusal(await run("SELECT 'a\0b'"), 400, 'input.invalid');
  await refusal(await run('SELECT $1::text', { parameters: ['\ud800'] }), 400, 'input.invalid');
  await refusal(await api.get('/api/conversations?query=%00'), 400, 'input.invalid');
  await refusal(await api.get('/api/nowhere'), 404, 'not_found');
  await refusal(await api.get('/api/data-sources/%E0%A4%A'), 404, 'not_found');
  await refusal(await api.delete('/api/health'), 405, 'method.not_allowed');
});

test('values stay exact, and parameters and files are data', async () => {
  const hostile = "'; DROP TABLE orders; --";
  expect(await rowsOf('SELECT $1::text', { parameters: [hostile] })).toEqual([[hostile]]);
  const exact = `SELECT 9223372036854775807, 9007199254740991, 12345678901234567890.123456789, 'NaN'::float8, '-Infinity'::float8,
    'שלום 😀'::text, NULL, 1 AS a, 2 AS a`;
  const row = [
    '9223372036854775807',
    9007199254740991,
    '12345678901234567890.123456789',
    'NaN',
    '-Infinity',
    'שלום 😀',
    null,
    1,
    2,
  ];
  expect(await rowsOf(exact)).toEqual([row]);
  const file = await api.post('/api/execute-query/export?format=csv', {
    data: { dataSourceId: storefront, query: `SELECT '=1+1' AS "@sum", -5 AS n, 9223372036854775807 AS big, 'a,"b"' AS q` },
  });
  expect(await file.text()).toBe(`'@sum,n,big,q\r\n'=1+1,-5,9223372036854775807,"a,""b"""\r\n`);
  expect(existsSync(path.join(quarryHome(), 'secrets.json'))).toBe(true);
});
