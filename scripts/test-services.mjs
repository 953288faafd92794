/**
 * The servers of the tests beside PostgreSQL: MariaDB, Redis, and what speaks MongoDB's protocol. Each is found by its URL variable
 * (then it is used as it is), else started from a program of this machine in a folder and on a loopback port of its own.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { findProgram } from './debian.mjs';
import { choosePort } from './postgres.mjs';
import { run, startChild, waitFor } from './processes.mjs';
import { Problem, step } from './report.mjs';
import { ROOT } from './services.mjs';

const READY = { timeoutMs: 60_000, everyMs: 50 };

/** Programs that integration tests need: those of the servers below, and the SSH server that tests of tunnels start themselves. */
export const SERVER_PROGRAMS = [
  { names: ['mariadbd'], debian: 'mariadb-server', otherwise: 'set TEST_MYSQL_URL and put mariadbd on the PATH' },
  { names: ['mariadb-install-db'], debian: 'mariadb-server', otherwise: 'put it on the PATH' },
  { names: ['redis-server'], debian: 'redis-server', otherwise: 'put it on the PATH' },
  { names: ['sshd'], debian: 'openssh-server', otherwise: 'put it on the PATH' },
];

/**
 * Brings up every server whose variable isn't set.
 * @param {string} scratch folder for data and logs
 * @returns {Promise<Record<string, string>>} the variables that name them
 */
export async function bringUpServers(scratch) {
  const [mysql, redis, mongodb] = await Promise.all([
    given('TEST_MYSQL_URL', 'MySQL', () => startMariadb(path.join(scratch, 'mariadb'))),
    given('TEST_REDIS_URL', 'Redis', () => startRedis(path.join(scratch, 'redis'))),
    given('TEST_MONGODB_URL', 'MongoDB', () => startMongodb(path.join(scratch, 'mongodb'))),
  ]);
  return { TEST_MYSQL_URL: mysql, TEST_REDIS_URL: redis, TEST_MONGODB_URL: mongodb };
}

async function given(variable, label, start) {
  const url = process.env[variable];
  if (!url) return start();
  step(`${label}: ${variable}`);
  return url;
}

/** A MariaDB with a superuser `root`, durable enough for tests only. @returns its URL */
async function startMariadb(folder) {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const data = path.join(folder, 'data');
  const asRoot = process.getuid?.() === 0 ? ['--user=root'] : [];
  const made = await run(findProgram(['mariadb-install-db']), [
    ...['--no-defaults', ...asRoot, `--datadir=${data}`, '--auth-root-authentication-method=normal', '--skip-test-db'],
  ]);
  if (made.code !== 0) throw new Problem(`MariaDB's data folder could not be made: ${made.output.trim().split('\n').at(-1)}.`);
  const port = await choosePort();
  const log = path.join(folder, 'mariadb.err'); // it adds .err to anything else
  const server = startChild(
    findProgram(['mariadbd']),
    [
      ...['--no-defaults', ...asRoot, `--datadir=${data}`, `--port=${port}`, '--bind-address=127.0.0.1', `--log-error=${log}`],
      ...[
        `--socket=${path.join(folder, 's')}`,
        `--pid-file=${path.join(folder, 'pid')}`,
        '--skip-log-bin',
        '--skip-name-resolve',
      ],
      ...['--max-connections=400', '--innodb-flush-log-at-trx-commit=0', '--character-set-server=utf8mb4', '--skip-slave-start'],
    ],
    { cwd: folder, stdio: 'ignore', graceMs: 15_000 },
  );
  await ready(
    'MariaDB',
    server,
    () => readLog(log).includes('ready for connections'),
    () => readLog(log),
  );
  const client = findProgram(['mariadb', 'mysql']);
  const password = 'quarry-test';
  const set = await run(client, [
    ...['--no-defaults', '-uroot', `--socket=${path.join(folder, 's')}`, '-e'],
    `ALTER USER root@'127.0.0.1' IDENTIFIED BY '${password}'`,
  ]);
  if (set.code !== 0) throw new Problem(`MariaDB's password could not be set: ${set.output.trim()}.`);
  const { output } = await run(findProgram(['mariadbd']), ['--version']);
  step(`MySQL: MariaDB ${/Ver ([\d.]+)/.exec(output)?.[1] ?? ''} (mariadbd) on 127.0.0.1:${port}`);
  return `mysql://root:${password}@127.0.0.1:${port}/`;
}

/** A Redis that keeps nothing. @returns its URL */
async function startRedis(folder) {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const port = await choosePort();
  const log = path.join(folder, 'log');
  const program = findProgram(['redis-server']);
  const server = startChild(
    program,
    [
      ...['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--appendonly', 'no'],
      ...['--maxmemory-policy', 'noeviction', '--logfile', log],
    ],
    { cwd: folder, stdio: 'ignore' },
  );
  await ready(
    'Redis',
    server,
    () => readLog(log).includes('Ready to accept connections'),
    () => readLog(log),
  );
  const { output } = await run(program, ['--version']);
  step(`Redis: ${/v=([\d.]+)/.exec(output)?.[1] ?? ''} (redis-server) on 127.0.0.1:${port}`);
  return `redis://127.0.0.1:${port}`;
}

/** `mongod` when it is on the machine, else our own server that speaks its protocol. @returns its URL */
async function startMongodb(folder) {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const program = findProgram(['mongod']);
  return program ? startMongod(program, folder) : startOwnMongodb();
}

async function startMongod(program, folder) {
  const port = await choosePort();
  const log = path.join(folder, 'log');
  const flags = ['--dbpath', folder, '--port', String(port), '--bind_ip', '127.0.0.1', '--logpath', log, '--nounixsocket'];
  const server = startChild(program, flags, { cwd: folder, stdio: 'ignore' });
  await ready(
    'MongoDB',
    server,
    () => readLog(log).includes('Waiting for connections'),
    () => readLog(log),
  );
  const { output } = await run(program, ['--version']);
  step(`MongoDB: ${/v(\d[\d.]+)/.exec(output)?.[1] ?? ''} (mongod) on 127.0.0.1:${port}`);
  return `mongodb://127.0.0.1:${port}/?directConnection=true`;
}

async function startOwnMongodb() {
  const server = startChild(process.execPath, ['--import', 'tsx', 'lib/testing/mongodb-server/main.ts'], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [server.child.stdout, server.child.stderr])
    stream.setEncoding('utf8').on('data', (text) => (said += text));
  await ready(
    'The MongoDB of the tests',
    server,
    () => said.includes('\n'),
    () => said,
  );
  const { url } = JSON.parse(said.split('\n')[0]);
  step(`MongoDB: no mongod here; our own server of its protocol (lib/testing/mongodb-server) on ${new URL(url).host}`);
  return url;
}

async function ready(name, server, check, log) {
  const state = await waitFor(() => (server.exited ? 'exited' : check() ? 'ready' : undefined), READY);
  if (state === 'ready') return;
  await server.stop();
  throw new Problem(`${name} didn't start: ${log().trim().split('\n').at(-1) || 'it said nothing'}.`);
}

function readLog(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
