import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { postgresCommand } from '../../../scripts/postgres.mjs';
import type { ConnectionInput, Pool } from '../contract';
import { expectCode, read, until } from '../contract-suite';
import { postgres } from './index';

/** TLS against a server of its own with a private CA, which lets nobody in without it (A8). */

const folder = mkdtempSync(path.join(tmpdir(), 'quarry-tls-'));
const pools: Pool[] = [];
let server: { port: number; stop(): Promise<void> };

beforeAll(async () => {
  makeCertificates();
  server = await startServer();
});

afterAll(async () => {
  await Promise.all(pools.map((pool) => pool.drain(0)));
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const pem = (name: string) => readFileSync(path.join(folder, name), 'utf8');

function open(tls: ConnectionInput['tls'] | undefined, overrides: { host?: string; username?: string } = {}): Pool {
  const { host = 'localhost', username = 'postgres' } = overrides;
  const config = postgres.manifest.parseConnection({
    host,
    port: server.port,
    database: 'postgres',
    username,
    password: 'secret',
    tls,
  });
  const pool = postgres.open(config, {
    max: 2,
    min: 0,
    waitMs: 5_000,
    connectTimeoutMs: 5_000,
    recycleMs: 3_600_000,
    allowWrites: false,
    resolveHost: async () => '127.0.0.1',
  });
  pools.push(pool);
  return pool;
}

describe('TLS', () => {
  it('is on by itself where the server offers it, and the server says so', async () => {
    const pool = open(undefined);
    expect((await read(pool, 'SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()')).rows).toEqual([[true]]);
    const lease = await pool.lease();
    expect((await lease.validate()).tls).toMatch(/^TLSv1\.[23] \S+/);
    lease.release();
  });

  it('is required by the server: without it the message says what is missing', async () => {
    const error = await expectCode(open({ mode: 'disable' }).lease(), 'source.auth_failed');
    expect(error.message).toMatch(/without TLS/);
  });

  it('"require" does not check the certificate', async () => {
    expect((await read(open({ mode: 'require' }), 'SELECT 1')).rows).toEqual([['1']]);
  });

  it('"verify-ca" takes the right CA under any host name, and no other CA', async () => {
    expect((await read(open({ mode: 'verify-ca', ca: pem('ca.crt') }, { host: 'other.test' }), 'SELECT 1')).rows).toEqual([
      ['1'],
    ]);
    const error = await expectCode(open({ mode: 'verify-ca', ca: pem('other-ca.crt') }).lease(), 'source.tls_failed');
    expect(error.message).toMatch(/not signed by the given CA/);
    await expectCode(open({ mode: 'verify-ca' }).lease(), 'source.tls_failed');
  });

  it('"verify-full" also wants the host name that was asked for, not the address the guard chose', async () => {
    expect((await read(open({ mode: 'verify-full', ca: pem('ca.crt') }), 'SELECT 1')).rows).toEqual([['1']]);
    const error = await expectCode(
      open({ mode: 'verify-full', ca: pem('ca.crt') }, { host: 'other.test' }).lease(),
      'source.tls_failed',
    );
    expect(error.message).toMatch(/another host name/);
    await expectCode(open({ mode: 'verify-full', ca: pem('other-ca.crt') }).lease(), 'source.tls_failed');
  });

  it('sends the client certificate', async () => {
    const withCertificate = open(
      { mode: 'require', cert: pem('client.crt'), key: pem('client.key') },
      { username: 'by_certificate' },
    );
    expect((await read(withCertificate, 'SELECT current_user')).rows).toEqual([['by_certificate']]);
    await expectCode(
      open({ mode: 'require' }, { username: 'by_certificate' }).lease(),
      'source.auth_failed',
      'source.tls_failed',
    );
  });

  it('cancels a query over TLS', async () => {
    const pool = open({ mode: 'verify-full', ca: pem('ca.crt') });
    const controller = new AbortController();
    const running = expectCode(read(pool, 'SELECT pg_sleep(60)', { signal: controller.signal }), 'query.cancelled');
    const other = open({ mode: 'require' });
    const sleeping = async () =>
      (
        await read(
          other,
          "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)' AND state = 'active' AND pid <> pg_backend_pid()",
        )
      ).rows[0]?.[0];
    await until(async () => (await sleeping()) === '1');
    controller.abort();
    await running;
    await until(async () => (await sleeping()) === '0');
  });

  it('tells a certificate that is no PEM, and a key without its certificate, before connecting', () => {
    expect(() => open({ mode: 'verify-ca', ca: 'not a certificate' })).toThrow(/PEM/);
    expect(() => open({ mode: 'require', key: pem('client.key') })).toThrow(/Paste both/);
  });

  it('says that a server offers no TLS', async () => {
    // Answers N to the request for TLS, as a server without it does (manual, 54.2.10).
    const plain = createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', () => socket.write('N'));
    });
    await new Promise<void>((resolve) => plain.listen(0, '127.0.0.1', resolve));
    const { port } = plain.address() as { port: number };
    try {
      const config = postgres.manifest.parseConnection({ uri: `postgres://u:p@127.0.0.1:${port}/d?sslmode=require` });
      const pool = postgres.open(config, {
        max: 1,
        min: 0,
        waitMs: 1_000,
        connectTimeoutMs: 2_000,
        recycleMs: 1e6,
        allowWrites: false,
      });
      const error = await expectCode(pool.lease(), 'source.tls_failed');
      expect(error.message).toMatch(/does not offer TLS/);
    } finally {
      plain.close();
    }
  });
});

/** A CA, a server certificate for localhost, a client certificate for by_certificate, and a CA that signed nothing. */
function makeCertificates(): void {
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  for (const ca of ['ca', 'other-ca']) {
    openssl(
      'req',
      '-x509',
      ...newKey,
      '-keyout',
      `${ca}.key`,
      '-out',
      `${ca}.crt`,
      '-days',
      '2',
      '-subj',
      `/CN=Quarry test ${ca}`,
    );
  }
  const sign = (name: string, subject: string, extensions: string) => {
    writeFileSync(path.join(folder, `${name}.ext`), extensions);
    openssl('req', ...newKey, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', subject);
    openssl(
      'x509',
      '-req',
      '-in',
      `${name}.csr`,
      '-CA',
      'ca.crt',
      '-CAkey',
      'ca.key',
      '-CAcreateserial',
      '-days',
      '2',
      '-extfile',
      `${name}.ext`,
      '-out',
      `${name}.crt`,
    );
  };
  sign('server', '/CN=localhost', 'subjectAltName=DNS:localhost\n');
  sign('client', '/CN=by_certificate', 'extendedKeyUsage=clientAuth\n');
}

/** A PostgreSQL of its own with ssl = on, run as the launcher runs one: as root too, and from a folder that is closed to others. */
async function startServer(): Promise<{ port: number; stop(): Promise<void> }> {
  const data = path.join(folder, 'data');
  chmodSync(folder, 0o755);
  const { postgres: serverProgram, initdb, identity, owner, wrap } = await postgresCommand(folder);
  mkdirSync(data);
  const give = (file: string) => owner && chownSync(file, owner.uid, owner.gid);
  give(data);
  const password = path.join(folder, 'password');
  writeFileSync(password, 'secret');
  const [initProgram, ...initPrefix] = wrap(initdb);
  const initFlags = ['-D', data, '-U', 'postgres', '--auth=scram-sha-256', `--pwfile=${password}`, '-E', 'UTF8', '--locale=C'];
  execFileSync(initProgram, [...initPrefix, ...initFlags], { ...identity, stdio: 'pipe', cwd: folder });
  for (const name of ['server.key', 'server.crt', 'ca.crt']) {
    writeFileSync(path.join(data, name), pem(name), { mode: 0o600 });
    give(path.join(data, name));
  }
  writeFileSync(
    path.join(data, 'pg_hba.conf'),
    'hostssl all by_certificate 127.0.0.1/32 cert\nhostssl all all 127.0.0.1/32 scram-sha-256\n',
  );
  const port = await freePort();
  const settings = [
    'ssl=on',
    'ssl_ca_file=ca.crt',
    'fsync=off',
    `port=${port}`,
    'listen_addresses=127.0.0.1',
    `unix_socket_directories=${data}`,
  ];
  const [program, ...prefix] = wrap(serverProgram);
  const flags = settings.flatMap((setting) => ['-c', setting]);
  const child = spawn(program, [...prefix, '-D', data, ...flags], { ...identity, stdio: 'ignore', cwd: folder });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const connect = async () => {
    const client = new pg.Client({
      host: '127.0.0.1',
      port,
      user: 'postgres',
      password: 'secret',
      database: 'postgres',
      ssl: { rejectUnauthorized: false },
    });
    client.on('error', () => {});
    await client.connect();
    await client.query('CREATE ROLE by_certificate LOGIN');
    await client.end();
  };
  await until(() =>
    connect().then(
      () => true,
      () => false,
    ),
  );
  return {
    port,
    stop: async () => {
      child.kill('SIGINT');
      await exited;
    },
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}
