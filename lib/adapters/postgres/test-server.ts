import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { postgresCommand } from '../../../scripts/postgres.mjs';
import { CERTIFICATE_LOGIN, type Certificates, type PrivateServer, until } from '../contract-suite';

const LOGIN = { host: 'localhost', database: 'postgres', username: 'postgres', password: 'secret' };

/**
 * A PostgreSQL of its own that lets nobody in without TLS, run as the launcher runs one: as root too, and from a folder that is closed
 * to others. Only for tests.
 */
export async function startPostgresServer(certificates: Certificates): Promise<PrivateServer> {
  const folder = mkdtempSync(path.join(tmpdir(), 'quarry-postgres-'));
  const data = path.join(folder, 'data');
  chmodSync(folder, 0o755);
  const { postgres: serverProgram, initdb, identity, owner, wrap } = await postgresCommand(folder);
  mkdirSync(data);
  const give = (file: string) => owner && chownSync(file, owner.uid, owner.gid);
  give(data);
  const password = path.join(folder, 'password');
  writeFileSync(password, LOGIN.password);
  const [initProgram, ...initPrefix] = wrap(initdb);
  const initFlags = [
    '-D',
    data,
    '-U',
    LOGIN.username,
    '--auth=scram-sha-256',
    `--pwfile=${password}`,
    '-E',
    'UTF8',
    '--locale=C',
  ];
  execFileSync(initProgram, [...initPrefix, ...initFlags], { ...identity, stdio: 'pipe', cwd: folder });
  const files = { 'server.key': certificates.serverKey, 'server.crt': certificates.serverCert, 'ca.crt': certificates.ca };
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(path.join(data, name), text, { mode: 0o600 });
    give(path.join(data, name));
  }
  writeFileSync(
    path.join(data, 'pg_hba.conf'),
    `hostssl all ${CERTIFICATE_LOGIN} 127.0.0.1/32 cert\nhostssl all all 127.0.0.1/32 scram-sha-256\n`,
  );
  const port = await freePort();
  const settings = ['ssl=on', 'ssl_ca_file=ca.crt', 'fsync=off', `port=${port}`, 'listen_addresses=127.0.0.1'];
  const flags = [...settings, `unix_socket_directories=${data}`].flatMap((setting) => ['-c', setting]);

  let stop = async () => {};
  const start = async () => {
    const [program, ...prefix] = wrap(serverProgram);
    const child = spawn(program, [...prefix, '-D', data, ...flags], { ...identity, stdio: 'ignore', cwd: folder });
    const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    stop = async () => {
      child.kill('SIGINT');
      await exited;
    };
    await until(() =>
      ask(port, 'SELECT 1').then(
        () => true,
        () => false,
      ),
    );
  };
  await start();
  await ask(port, `CREATE ROLE ${CERTIFICATE_LOGIN} LOGIN`);
  return {
    connection: { ...LOGIN, port },
    certificateConnection: { ...LOGIN, port, username: CERTIFICATE_LOGIN, password: undefined },
    isEncrypted: async (pid) => (await ask(port, `SELECT ssl FROM pg_stat_ssl WHERE pid = ${pid}`)) === true,
    stop: () => stop(),
    start,
    remove: async () => {
      await stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** One value, over a connection of its own. */
async function ask(port: number, sql: string): Promise<unknown> {
  const { username: user, ...login } = LOGIN;
  const client = new pg.Client({ ...login, user, host: '127.0.0.1', port, ssl: { rejectUnauthorized: false } });
  client.on('error', () => {});
  await client.connect();
  try {
    const result = await client.query({ text: sql, rowMode: 'array' });
    return (result.rows[0] as unknown[] | undefined)?.[0];
  } finally {
    await client.end();
  }
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
