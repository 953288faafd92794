import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import mysql from 'mysql2/promise';
import ssh2 from 'ssh2';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Lease } from '../adapters/contract';
import { closeDb } from '../db';
import { readEnv } from '../kernel/env';
import { QuarryError } from '../kernel/errors';
import { startMongoServer } from '../testing/mongodb-server';
import { createTestOrganization, type TestOrganization } from '../testing/organization';
import { createSourceDatabase, type SourceDatabase, until } from '../testing/source-database';
import { type SshServer, startSshServer } from '../testing/ssh-server';
import {
  createSource,
  describeConnection,
  drainPools,
  getSource,
  listSourceTypes,
  openSource,
  testSource,
  updateSource,
} from '.';

/** Tunnels over a real OpenSSH server (A11). */

let org: TestOrganization;
let ssh: SshServer;
let database: SourceDatabase;

beforeAll(async () => {
  ssh = await startSshServer();
  database = await createSourceDatabase('CREATE TABLE t (id int primary key); INSERT INTO t VALUES (42)');
  org = await createTestOrganization();
});

afterAll(async () => {
  await drainPools(0);
  await ssh?.remove();
  await database?.drop();
  await org?.drop();
  await closeDb();
});

const type = 'postgres';
const name = () => `tunnelled ${randomUUID()}`;
const byKey = () => ({ host: '127.0.0.1', port: ssh.port, username: ssh.username, privateKey: ssh.privateKey });
const connection = (tunnel: Partial<ReturnType<typeof byKey>> & Record<string, unknown> = {}) => ({
  ...database.connection,
  ssh: { ...byKey(), ...tunnel },
});

async function rowsOf(lease: Lease, text: string): Promise<unknown[]> {
  const options = { signal: new AbortController().signal, timeoutMs: 60_000, maxRows: 1_000_000, maxBytes: 1e9 };
  const rows: unknown[] = [];
  for await (const batch of (await lease.execute({ text }, options)).rows) rows.push(...batch);
  return rows;
}

async function query(id: string, text = 'SELECT id FROM t'): Promise<unknown[]> {
  const lease = await (await openSource(org.ctx, id)).lease({ purpose: 'try' });
  try {
    return await rowsOf(lease, text);
  } finally {
    lease.release();
  }
}

async function failure(work: Promise<unknown>): Promise<QuarryError> {
  const error = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(QuarryError);
  return error as QuarryError;
}

interface OtherEngine {
  connection: { host: string; port: number; database: string; username?: string; password?: string };
  /** Gives one row with the one cell 42. */
  text: string;
  drop(): Promise<void>;
}

async function createMysql(): Promise<OtherEngine> {
  const server = readEnv('TEST_MYSQL_URL');
  if (!server) throw new Error('TEST_MYSQL_URL is not set: run the tests through `npm test`.');
  const url = new URL(server);
  const direct = await mysql.createConnection({
    host: url.hostname,
    port: Number(url.port || 3306),
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    multipleStatements: true,
  });
  const mark = `tunnel_${randomUUID().replaceAll('-', '').slice(0, 12)}`;
  await direct.query(`CREATE DATABASE ${mark}; CREATE TABLE ${mark}.t (id int); INSERT INTO ${mark}.t VALUES (42);
    CREATE USER ${mark} IDENTIFIED BY 'pass-word'; GRANT SELECT ON ${mark}.* TO ${mark}`);
  return {
    connection: {
      host: url.hostname,
      port: Number(url.port || 3306),
      database: mark,
      username: mark,
      password: 'pass-word',
    },
    text: 'SELECT id FROM t',
    drop: async () => {
      await direct.query(`DROP DATABASE ${mark}; DROP USER ${mark}`);
      await direct.end();
    },
  };
}

async function createMongo(): Promise<OtherEngine> {
  const server = await startMongoServer();
  server.seed('shop', 't', 1, () => ({ _id: 42 }));
  const { port } = new URL(server.url);
  return {
    connection: { host: '127.0.0.1', port: Number(port), database: 'shop' },
    text: 'db.t.find({})',
    drop: () => server.stop(),
  };
}

/** A server that takes a password in a dialogue only, as many with PAM do. OpenSSH needs PAM for that, which a test can't set up. */
async function startDialogueServer(password: string): Promise<{ port: number; stop(): Promise<void> }> {
  const { privateKey: hostKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
    publicKeyEncoding: { type: 'pkcs1', format: 'pem' },
  });
  const server = new ssh2.Server({ hostKeys: [hostKey] }, (client) => {
    client.on('error', () => undefined);
    client.on('authentication', (attempt) => {
      if (attempt.method !== 'keyboard-interactive') return attempt.reject(['keyboard-interactive']);
      attempt.prompt([{ prompt: 'Password: ', echo: false }], (answers) =>
        answers?.[0] === password ? attempt.accept() : attempt.reject(['keyboard-interactive']),
      );
    });
    client.on('tcpip', (accept, _reject, { destIP, destPort }) => {
      const channel = accept();
      const socket = connect(destPort, destIP);
      socket.on('error', () => channel.destroy());
      channel.on('error', () => socket.destroy());
      channel.pipe(socket).pipe(channel);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as { port: number }).port,
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

describe('[A11] a connection through an SSH server', () => {
  it('works with a key, shows the host key in the test, and stores it with the source', async () => {
    const found = await testSource(org.ctx, { type, connection: connection() });
    expect(found).toMatchObject({
      ok: true,
      tableCount: 1,
      ssh: { server: `${ssh.username}@127.0.0.1:${ssh.port}`, hostKeySha256: ssh.hostKeySha256() },
    });
    await until(async () => ssh.sessions().length === 0, Boolean);
    const source = await createSource(org.ctx, { name: name(), type, connection: connection() });
    expect(source.summary).toMatchObject({ via: `${ssh.username}@127.0.0.1:${ssh.port}` });
    expect(JSON.stringify(source)).not.toContain('PRIVATE KEY');
    expect(await query(source.id)).toEqual([['42']]);
    const { rows } = await database.admin.query('SELECT client_port FROM pg_stat_activity WHERE usename = $1', [
      database.connection.username,
    ]);
    expect(rows.length).toBeGreaterThan(0);
    expect(ssh.sessions()).toHaveLength(1);
    const form = await describeConnection(org.ctx, source.id);
    expect(form.values).toMatchObject({ 'ssh.host': '127.0.0.1', 'ssh.hostKeySha256': ssh.hostKeySha256() });
    expect(form.stored).toContain('ssh.privateKey');
    expect(JSON.stringify(form)).not.toContain('PRIVATE KEY');
  });

  it('takes a key behind a passphrase, and a fingerprint that was entered', async () => {
    const settings = { privateKey: ssh.encryptedKey, passphrase: ssh.passphrase, hostKeySha256: ssh.hostKeySha256() };
    expect(await testSource(org.ctx, { type, connection: connection(settings) })).toMatchObject({ ok: true });
  });

  it('takes a password', async () => {
    const { username, password } = ssh.createPasswordLogin();
    const tunnel = { username, password, privateKey: undefined };
    expect(await testSource(org.ctx, { type, connection: connection(tunnel) })).toMatchObject({ ok: true });
    const wrong = await failure(testSource(org.ctx, { type, connection: connection({ ...tunnel, password: 'wrong-one' }) }));
    expect(wrong).toMatchObject({
      code: 'source.auth_failed',
      message: expect.stringMatching(/SSH server .* refused .*password/),
    });
    expect(wrong.message).not.toContain('wrong-one');
  });

  it('answers with the password where the server asks for it in a dialogue', async () => {
    const server = await startDialogueServer('dialogue-secret');
    try {
      const tunnel = { port: server.port, privateKey: undefined, password: 'dialogue-secret' };
      expect(await testSource(org.ctx, { type, connection: connection(tunnel) })).toMatchObject({ ok: true });
      const wrong = testSource(org.ctx, { type, connection: connection({ ...tunnel, password: 'another' }) });
      expect((await failure(wrong)).code).toBe('source.auth_failed');
    } finally {
      await server.stop();
    }
  });

  it('says what is wrong with a key that cannot be read', async () => {
    for (const [settings, sentence] of [
      [{ privateKey: 'nonsense' }, /not in a form that Quarry reads/],
      [{ privateKey: ssh.encryptedKey }, /Enter its passphrase/],
      [{ privateKey: ssh.encryptedKey, passphrase: 'wrong' }, /passphrase does not open/],
    ] as const) {
      const error = await failure(testSource(org.ctx, { type, connection: connection(settings) }));
      expect(error).toMatchObject({ code: 'input.invalid', message: expect.stringMatching(sentence) });
    }
  });

  it('tells which of the two is not there: the SSH server, or the database behind it', async () => {
    const noSsh = await failure(testSource(org.ctx, { type, connection: connection({ port: 1 }) }));
    expect(noSsh).toMatchObject({ code: 'source.unreachable', message: expect.stringMatching(/SSH server .*127\.0\.0\.1:1\b/) });
    const input = { ...connection(), port: 1 };
    const noDatabase = await failure(testSource(org.ctx, { type, connection: input }));
    expect(noDatabase).toMatchObject({
      code: 'source.unreachable',
      message: expect.stringMatching(/SSH server .* could not reach 127\.0\.0\.1:1\./),
    });
  });

  it('judges the SSH server by the network guard', async () => {
    const error = await failure(testSource(org.ctx, { type, connection: connection({ host: '169.254.169.254' }) }));
    expect(error.code).toBe('source.host_refused');
    // On this machine the far side is Quarry's own network.
    const own = { ...connection(), host: '169.254.169.254' };
    expect((await failure(testSource(org.ctx, { type, connection: own }))).code).toBe('source.host_refused');
  });

  it('lets the far side resolve the name of the database', async () => {
    const found = await testSource(org.ctx, { type, connection: { ...connection(), host: 'localhost' } });
    expect(found.ok).toBe(true);
  });

  it('closes with the pool', async () => {
    await drainPools(0);
    await until(async () => ssh.sessions().length === 0, Boolean);
    const source = await createSource(org.ctx, { name: name(), type, connection: connection() });
    expect(await query(source.id)).toEqual([['42']]);
    expect(ssh.sessions()).toHaveLength(1);
    await drainPools(0);
    await until(async () => ssh.sessions().length === 0, Boolean);
  });

  it('cancels a query through the tunnel, on the server too', async () => {
    const source = await createSource(org.ctx, { name: name(), type, connection: connection() });
    const lease = await (await openSource(org.ctx, source.id)).lease();
    const controller = new AbortController();
    const options = { signal: controller.signal, timeoutMs: 60_000, maxRows: 10, maxBytes: 1_000 };
    const asleep = failure(lease.execute({ text: 'SELECT pg_sleep(60)' }, options));
    const sleeping = async () =>
      (
        await database.admin.query("SELECT 1 FROM pg_stat_activity WHERE pid = $1 AND state = 'active'", [
          Number(lease.backendId),
        ])
      ).rows.length === 1;
    await until(sleeping, Boolean);
    controller.abort();
    expect((await asleep).code).toBe('query.cancelled');
    await until(async () => !(await sleeping()), Boolean);
    lease.release();
  });

  it('reports a tunnel that is lost in the middle of a query by its name, and opens it again by itself', async () => {
    await drainPools(0);
    const source = await createSource(org.ctx, { name: name(), type, connection: connection() });
    const lease = await (await openSource(org.ctx, source.id)).lease();
    const lost = failure(rowsOf(lease, 'SELECT pg_sleep(60)'));
    await until(async () => ssh.sessions().length === 1, Boolean);
    ssh.cutSessions();
    expect(await lost).toMatchObject({
      code: 'source.unreachable',
      message: expect.stringMatching(`The SSH tunnel ${ssh.username}@127.0.0.1:${ssh.port} was lost`),
    });
    lease.release();
    expect(await query(source.id)).toEqual([['42']]);
    expect(await getSource(org.ctx, source.id)).toMatchObject({ status: { pool: 'open' } });
  });

  it('says so while the SSH server is away, and works again when it is back', async () => {
    await drainPools(0);
    const source = await createSource(org.ctx, { name: name(), type, connection: connection() });
    await ssh.stop();
    try {
      const away = await failure(query(source.id));
      expect(away).toMatchObject({ code: 'source.unreachable', message: expect.stringMatching(/SSH/) });
    } finally {
      await ssh.start();
    }
    const works = () =>
      query(source.id).then(
        () => true,
        () => false,
      );
    await until(works, Boolean);
  });

  it('refuses a server that shows another key than the stored one', async () => {
    await drainPools(0);
    const source = await createSource(org.ctx, { name: name(), type, connection: connection() });
    const first = ssh.hostKeySha256();
    await drainPools(0);
    await ssh.renewHostKey();
    const error = await failure(query(source.id));
    expect(error).toMatchObject({ code: 'source.host_refused', message: expect.stringMatching(/another host key/) });
    expect(error.message).toContain(first);
    expect(error.message).toContain(ssh.hostKeySha256());
    await updateSource(org.ctx, source.id, { connection: { ssh: { hostKeySha256: ssh.hostKeySha256() } } });
    expect(await query(source.id)).toEqual([['42']]);
  });

  it('can be added to a source and taken away again, with the secrets entered anew each time', async () => {
    const source = await createSource(org.ctx, { name: name(), type, connection: database.connection });
    const { password } = database.connection;
    const moved = await failure(updateSource(org.ctx, source.id, { connection: { ssh: byKey() } }));
    expect(moved).toMatchObject({ code: 'input.invalid', message: expect.stringMatching(/password again/) });
    await updateSource(org.ctx, source.id, { connection: { ssh: byKey(), password } });
    expect(await getSource(org.ctx, source.id)).toMatchObject({ summary: { via: expect.stringContaining('127.0.0.1') } });
    const otherServer = await failure(updateSource(org.ctx, source.id, { connection: { ssh: { username: 'somebody' } } }));
    expect(otherServer).toMatchObject({ code: 'input.invalid', message: expect.stringMatching(/key of the SSH tunnel again/) });
    await updateSource(org.ctx, source.id, { connection: { ssh: { host: '' }, password } });
    expect((await getSource(org.ctx, source.id)).summary.via).toBeUndefined();
    expect(await query(source.id)).toEqual([['42']]);
  });

  it.each(['mysql', 'mongodb'])('carries %s too, loses it by name, and finds it again', async (engine) => {
    await drainPools(0);
    const { connection: direct, text, drop } = await (engine === 'mysql' ? createMysql() : createMongo());
    try {
      const tunnelled = { ...direct, ssh: byKey() };
      const source = await createSource(org.ctx, { name: name(), type: engine, connection: tunnelled });
      expect(source.test).toMatchObject({ ok: true, ssh: { hostKeySha256: ssh.hostKeySha256() } });
      expect(await query(source.id, text)).toEqual([['42']]);
      expect(ssh.sessions()).toHaveLength(1);
      const lease = await (await openSource(org.ctx, source.id)).lease();
      ssh.cutSessions();
      const lost = await failure(rowsOf(lease, text));
      expect(lost).toMatchObject({ code: 'source.unreachable', message: expect.stringMatching(/The SSH tunnel .* was lost/) });
      lease.release();
      expect(await query(source.id, text)).toEqual([['42']]);
      await drainPools(0);
      await until(async () => ssh.sessions().length === 0, Boolean);
    } finally {
      await drop();
    }
  });

  it('is offered for every engine with a server, and refused for files', async () => {
    for (const { transport, fields } of listSourceTypes()) {
      expect(fields.some((field) => field.name === 'ssh.host')).toBe(transport === 'network');
    }
    const file = { type: 'sqlite', connection: { file: 'a.sqlite', ssh: byKey() } };
    expect(await failure(testSource(org.ctx, file))).toMatchObject({ code: 'input.invalid' });
  });
});
