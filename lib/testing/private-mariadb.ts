import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import mysql, { type RowDataPacket } from 'mysql2/promise';
import { until } from './source-database';

const LOGIN = { username: 'keeper', password: 'secret', database: 'private' };

/** A MariaDB of a test's own, which it may stop, start, and give a replica. It counts what is read (information_schema.TABLE_STATISTICS). */
export interface PrivateMariaDb {
  port: number;
  /** As POST /api/data-sources takes it; the login may do everything. */
  connection: { host: string; port: number; database: string; username: string; password: string; tls: { mode: 'disable' } };
  /** Rows of the last statement, over a connection of its own. */
  query(sql: string): Promise<Record<string, unknown>[]>;
  /** Ends at once, and its connections with it. */
  stop(): Promise<void>;
  start(): Promise<void>;
  /** A server that replays everything that this one has ever written. */
  replicate(): Promise<PrivateMariaDb>;
  remove(): Promise<void>;
}

export function startPrivateMariaDb(): Promise<PrivateMariaDb> {
  return run(1);
}

/** @param serverId tells the servers of one replication apart */
async function run(serverId: number): Promise<PrivateMariaDb> {
  const folder = mkdtempSync(path.join(tmpdir(), 'quarry-private-mariadb-'));
  const port = await freePort();
  const flags = flagsOf(folder, port, serverId);
  const query = (sql: string) => ask(port, sql);
  let stop = async () => {};
  const start = async () => {
    const child = spawn('mariadbd', flags, { stdio: 'ignore' });
    const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    stop = async () => {
      child.kill('SIGTERM');
      await exited;
    };
    await until(
      () =>
        query('SELECT 1').then(
          () => 'up',
          (error: unknown) => String(error),
        ),
      (state) => state === 'up',
    );
  };
  await start();
  return {
    port,
    connection: { host: '127.0.0.1', port, ...LOGIN, tls: { mode: 'disable' } },
    query,
    stop: () => stop(),
    start,
    replicate: async () => {
      const replica = await run(serverId + 1);
      const { username, password } = LOGIN;
      await replica.query(
        `CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT=${port}, MASTER_USER='${username}', MASTER_PASSWORD='${password}',
           MASTER_USE_GTID=slave_pos, MASTER_CONNECT_RETRY=1;
         START SLAVE`,
      );
      await until(
        () => replica.query('SHOW SLAVE STATUS'),
        ([status]) => status?.Seconds_Behind_Master === 0,
      );
      return replica;
    },
    remove: async () => {
      await stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Makes the data folder, and says how its server is started. */
function flagsOf(folder: string, port: number, serverId: number): string[] {
  const data = path.join(folder, 'data');
  // As root the server wants to be told that this is meant.
  const own = ['--no-defaults', `--datadir=${data}`, ...(process.getuid?.() === 0 ? ['--user=root'] : [])];
  execFileSync('mariadb-install-db', [...own, '--auth-root-authentication-method=normal', '--skip-test-db'], { stdio: 'pipe' });
  const initial = path.join(folder, 'init.sql');
  writeFileSync(
    initial,
    [
      // Each server has them by itself.
      'SET sql_log_bin = 0;',
      `CREATE DATABASE IF NOT EXISTS ${LOGIN.database};`,
      `CREATE USER IF NOT EXISTS ${LOGIN.username}@'%' IDENTIFIED BY '${LOGIN.password}';`,
      `GRANT ALL PRIVILEGES ON *.* TO ${LOGIN.username}@'%';`,
    ].join('\n'),
  );
  return [
    ...own,
    `--port=${port}`,
    '--bind-address=127.0.0.1',
    `--socket=${path.join(folder, 'server.sock')}`,
    `--pid-file=${path.join(folder, 'server.pid')}`,
    `--init-file=${initial}`,
    `--server-id=${serverId}`,
    '--log-bin=changes',
    '--userstat=ON',
    '--skip-name-resolve',
    '--innodb-buffer-pool-size=16M',
    '--innodb-flush-log-at-trx-commit=0',
  ];
}

async function ask(port: number, sql: string): Promise<Record<string, unknown>[]> {
  const { username: user, password, database } = LOGIN;
  const client = await mysql.createConnection({ host: '127.0.0.1', port, user, password, database, multipleStatements: true });
  try {
    const [result] = await client.query<RowDataPacket[] | RowDataPacket[][]>(sql);
    if (!Array.isArray(result)) return [];
    const last = result.at(-1);
    return Array.isArray(last) ? last : (result as RowDataPacket[]);
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
