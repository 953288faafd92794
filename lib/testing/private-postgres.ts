import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, chownSync, cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { type PostgresCommand, postgresCommand } from '../../scripts/postgres.mjs';
import { until } from './source-database';

const LOGIN = { username: 'postgres', password: 'secret', database: 'postgres' };
const FLAGS = ['fsync=off', 'listen_addresses=127.0.0.1', 'max_connections=30', 'wal_keep_size=256'];

/** A PostgreSQL of a test's own, which it may stop, start, and copy into a replica. */
export interface PrivatePostgres {
  port: number;
  /** As POST /api/data-sources takes it. */
  connection: { host: string; port: number; database: string; username: string; password: string; tls: { mode: 'disable' } };
  /** Rows of one statement, over a connection of its own. */
  query(sql: string): Promise<Record<string, unknown>[]>;
  /** Ends at once, and its connections with it. */
  stop(): Promise<void>;
  start(): Promise<void>;
  /** A streaming replica of this server. */
  replicate(): Promise<PrivatePostgres>;
  remove(): Promise<void>;
}

export async function startPrivatePostgres(): Promise<PrivatePostgres> {
  const { folder, data, command } = await prepareFolder();
  writeFileSync(path.join(folder, 'password'), LOGIN.password);
  const [initdb, ...prefix] = command.wrap(command.initdb);
  const login = ['-U', LOGIN.username, '--auth=scram-sha-256', `--pwfile=${path.join(folder, 'password')}`];
  const flags = ['-D', data, ...login, '-E', 'UTF8', '--locale=C', '--no-sync'];
  execFileSync(initdb, [...prefix, ...flags], { ...command.identity, stdio: 'pipe', cwd: folder });
  return run(folder, data, command);
}

async function prepareFolder() {
  const folder = mkdtempSync(path.join(tmpdir(), 'quarry-private-postgres-'));
  chmodSync(folder, 0o755);
  const command = await postgresCommand(folder);
  const data = path.join(folder, 'data');
  mkdirSync(data, { mode: 0o700 });
  give(command, data);
  return { folder, data, command };
}

/** To the user that PostgreSQL runs as, with all that is inside. */
function give(command: PostgresCommand, target: string): void {
  const { owner } = command;
  if (!owner) return;
  chownSync(target, owner.uid, owner.gid);
  if (statSync(target).isDirectory()) for (const name of readdirSync(target)) give(command, path.join(target, name));
}

async function run(folder: string, data: string, command: PostgresCommand): Promise<PrivatePostgres> {
  const port = await freePort();
  const flags = [...FLAGS, `port=${port}`, `unix_socket_directories=${data}`].flatMap((setting) => ['-c', setting]);
  const query = (sql: string) => ask(port, sql);
  let stop = async () => {};
  const start = async () => {
    const [program, ...prefix] = command.wrap(command.postgres);
    const child = spawn(program, [...prefix, '-D', data, ...flags], { ...command.identity, stdio: 'ignore', cwd: folder });
    const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    stop = async () => {
      child.kill('SIGINT');
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
    replicate: () => replicate(data, port),
    remove: async () => {
      await stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/**
 * The npm package has no pg_basebackup: the same by hand, as "Making a Base Backup Using the Low Level API" of PostgreSQL's
 * documentation has it.
 */
async function replicate(from: string, primaryPort: number): Promise<PrivatePostgres> {
  const { folder, data, command } = await prepareFolder();
  const client = new pg.Client({ ...address(primaryPort) });
  await client.connect();
  try {
    await client.query("SELECT pg_backup_start('replica', true)");
    cpSync(from, data, { recursive: true, filter: (source) => !/postmaster\.(pid|opts)$|\.s\.PGSQL\./.test(source) });
    const { rows } = await client.query<{ labelfile: string }>('SELECT labelfile FROM pg_backup_stop()');
    writeFileSync(path.join(data, 'backup_label'), rows[0]?.labelfile ?? '');
  } finally {
    await client.end();
  }
  const { username, password } = LOGIN;
  writeFileSync(path.join(data, 'standby.signal'), '');
  writeFileSync(
    path.join(data, 'postgresql.auto.conf'),
    `primary_conninfo = 'host=127.0.0.1 port=${primaryPort} user=${username} password=${password} sslmode=disable'\n`,
  );
  chmodSync(data, 0o700);
  give(command, data);
  return run(folder, data, command);
}

const address = (port: number) => ({
  host: '127.0.0.1',
  port,
  user: LOGIN.username,
  password: LOGIN.password,
  database: LOGIN.database,
});

async function ask(port: number, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client(address(port));
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
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
