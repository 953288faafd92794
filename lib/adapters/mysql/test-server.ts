import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import mysql from 'mysql2/promise';
import { CERTIFICATE_LOGIN, type Certificates, type PrivateServer, until } from '../contract-suite';

const LOGIN = { host: 'localhost', database: 'private', username: 'keeper', password: 'secret' };

/** A MariaDB of its own that lets nobody in without TLS. Only for tests. */
export async function startMariaDbServer(certificates: Certificates): Promise<PrivateServer> {
  const folder = mkdtempSync(path.join(tmpdir(), 'quarry-mariadb-'));
  const data = path.join(folder, 'data');
  // As root the server wants to be told that this is meant.
  const identity = process.getuid?.() === 0 ? ['--user=root'] : [];
  const install = [
    '--no-defaults',
    `--datadir=${data}`,
    '--auth-root-authentication-method=normal',
    '--skip-test-db',
    ...identity,
  ];
  execFileSync('mariadb-install-db', install, { stdio: 'pipe' });
  const files = { 'server.key': certificates.serverKey, 'server.crt': certificates.serverCert, 'ca.crt': certificates.ca };
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(folder, name), text, { mode: 0o600 });
  const initial = path.join(folder, 'init.sql');
  writeFileSync(
    initial,
    [
      `CREATE DATABASE IF NOT EXISTS ${LOGIN.database};`,
      `CREATE USER IF NOT EXISTS ${LOGIN.username}@'%' IDENTIFIED BY '${LOGIN.password}';`,
      `GRANT ALL PRIVILEGES ON *.* TO ${LOGIN.username}@'%';`,
      `CREATE USER IF NOT EXISTS ${CERTIFICATE_LOGIN}@'%' REQUIRE X509;`,
      `GRANT SELECT ON ${LOGIN.database}.* TO ${CERTIFICATE_LOGIN}@'%';`,
    ].join('\n'),
  );
  const port = await freePort();
  const flags = [
    '--no-defaults',
    `--datadir=${data}`,
    `--port=${port}`,
    '--bind-address=127.0.0.1',
    `--socket=${path.join(folder, 'server.sock')}`,
    `--pid-file=${path.join(folder, 'server.pid')}`,
    `--init-file=${initial}`,
    `--ssl-key=${path.join(folder, 'server.key')}`,
    `--ssl-cert=${path.join(folder, 'server.crt')}`,
    `--ssl-ca=${path.join(folder, 'ca.crt')}`,
    '--require-secure-transport=ON',
    '--performance-schema=ON',
    '--skip-name-resolve',
    '--innodb-buffer-pool-size=16M',
    '--innodb-flush-log-at-trx-commit=0',
    ...identity,
  ];

  let stop = async () => {};
  const start = async () => {
    const child = spawn('mariadbd', flags, { stdio: 'ignore' });
    const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    stop = async () => {
      child.kill('SIGTERM');
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
  return {
    connection: { ...LOGIN, port },
    certificateConnection: { ...LOGIN, port, username: CERTIFICATE_LOGIN, password: undefined },
    isEncrypted: async (id) =>
      (await ask(
        port,
        `SELECT s.VARIABLE_VALUE FROM performance_schema.status_by_thread s JOIN performance_schema.threads t USING (THREAD_ID)
         WHERE t.PROCESSLIST_ID = ${id} AND s.VARIABLE_NAME = 'Ssl_cipher'`,
      )) !== '',
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
  const { username: user, password } = LOGIN;
  const client = await mysql.createConnection({
    host: '127.0.0.1',
    port,
    user,
    password,
    ssl: { rejectUnauthorized: false },
    rowsAsArray: true,
  });
  try {
    const [rows] = await client.query(sql);
    return (rows as unknown[][])[0]?.[0];
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
