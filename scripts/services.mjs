/**
 * What an installation needs beside the web server: its home folder, its secrets, and the embedded PostgreSQL 18 from npm as the
 * builder database. Plain Node; `pg` is loaded only once PostgreSQL runs.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { choosePort, initCluster, postgresCommand } from './postgres.mjs';
import { commandLine, isAlive, processIdentity, sameProcess, startChild, waitFor, withLock } from './processes.mjs';
import { Problem } from './report.mjs';

/** The folder of the installation. */
export const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

/** Absolute path of QUARRY_HOME. */
export function homeFolder(env = process.env) {
  return path.resolve(ROOT, env.QUARRY_HOME || '.quarry');
}

/** Reads `.env` beside package.json, if there is one; what the environment already says wins. */
export function loadEnvironmentFile() {
  const file = path.join(ROOT, '.env');
  if (existsSync(file)) process.loadEnvFile(file);
}

/**
 * Makes the home folder (closed to others) and checks that it can be written.
 * @throws Problem one line naming the folder and what to do
 */
export function ensureHome(home) {
  try {
    makeFolder(path.join(home, 'logs'));
    const probe = path.join(home, `.probe-${process.pid}`);
    writeFileSync(probe, '', { mode: 0o600 });
    rmSync(probe);
  } catch (error) {
    const whys = {
      ENOSPC: 'the disk is full',
      ENOTDIR: 'a part of the path is a file',
      EROFS: 'the disk is read-only',
      EEXIST: 'it is a file',
    };
    const why = whys[error.code] ?? 'no disk permission';
    throw new Problem(
      `Cannot write to ${home}: ${why} (${error.code}). Make it writable for this user, or set QUARRY_HOME to another folder.`,
    );
  }
}

/** Not mkdir's own `recursive`: Node loops for ever where a folder exists but takes no children, as in /proc. */
function makeFolder(folder) {
  if (existsSync(folder)) return;
  if (path.dirname(folder) !== folder) makeFolder(path.dirname(folder));
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    if (error.code !== 'EEXIST') throw error; // another process was faster
  }
}

/**
 * The installation's secrets, made on the first start and kept in $QUARRY_HOME/secrets.json (0600).
 * @returns {{masterKeyId: string, masterKey: string, authSecret: string, postgresPassword: string}}
 */
export function ensureSecrets(home) {
  const file = path.join(home, 'secrets.json');
  let secrets = {};
  if (existsSync(file)) {
    try {
      secrets = JSON.parse(readFileSync(file, 'utf8'));
    } catch (error) {
      if (error.code === 'EACCES')
        throw new Problem(`No disk permission to read ${file}. Start as the user who made it, or set QUARRY_HOME.`);
      throw new Problem(
        `${file} is not valid JSON. Put it back from a backup: without its keys the stored connections can't be read.`,
      );
    }
  } else if (existsSync(path.join(home, 'postgres', 'PG_VERSION'))) {
    throw new Problem(
      `${file} is missing, but ${home} holds a database. Put the file back from a backup, or move ${home} away to start afresh.`,
    );
  }
  const made = {
    ...secrets,
    masterKeyId: secrets.masterKeyId ?? `kek-${randomBytes(4).toString('hex')}`,
    masterKey: secrets.masterKey ?? randomBytes(32).toString('base64'),
    authSecret: secrets.authSecret ?? randomBytes(32).toString('base64url'),
    postgresPassword: secrets.postgresPassword ?? randomBytes(24).toString('base64url'),
  };
  if (Object.keys(made).length !== Object.keys(secrets).length) writePrivate(file, made);
  return made;
}

/** Writes JSON so that a reader sees the old or the new file, never half of one; readable by this user only. */
export function writePrivate(file, value) {
  const next = `${file}.${process.pid}`;
  writeFileSync(next, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
  renameSync(next, file);
}

function readJson(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

/** Whether the pid is the PostgreSQL of this data folder, and not some process that got its number later. */
function isPostgresOf(pid, data) {
  if (!isAlive(pid)) return false;
  const line = commandLine(pid);
  return line === '' ? true : line.includes('postgres') && line.includes(data);
}

/** The embedded PostgreSQL of a home that runs now, as its starter wrote it to database.json; else undefined. */
export function runningPostgres(home) {
  const found = readJson(path.join(home, 'database.json'));
  return found && isPostgresOf(found.pid, path.join(home, 'postgres')) ? found : undefined;
}

/**
 * Starts the embedded PostgreSQL of a home, or joins the one that runs. It listens on a loopback port (kept from start to start),
 * has no socket file, wants the password from secrets.json, and stops with this process.
 * @param {{home: string, log?: (text: string) => void, settings?: Record<string, string>}} options
 * @returns {Promise<{url: string, port: number, pid: number, joined: boolean, stop(): Promise<void>}>}
 */
export async function startPostgres({ home, log = () => {}, settings = {} }) {
  ensureHome(home);
  const secrets = ensureSecrets(home);
  const started = await withLock(
    path.join(home, 'database.lock'),
    async () => (await joinRunning(home, log)) ?? (await launch(home, secrets, log, settings)),
    { waitMs: 120_000, onWait: () => log('waiting for another start of the same database') },
  );
  if (!started)
    throw new Problem(`Another process has been starting the database of ${home} for two minutes. End it, then start again.`);
  return started;
}

async function joinRunning(home, log) {
  const found = runningPostgres(home);
  if (!found) return undefined;
  if (sameProcess(found.owner)) {
    return { url: found.url, port: found.port, pid: found.pid, joined: true, owner: found.owner, stop: async () => {} };
  }
  log('stopping a database that an earlier, killed start left behind');
  const gone = () => !isPostgresOf(found.pid, path.join(home, 'postgres'));
  process.kill(found.pid, 'SIGINT');
  if (await waitFor(gone, { timeoutMs: 20_000 })) return undefined;
  process.kill(found.pid, 'SIGQUIT');
  if (await waitFor(gone, { timeoutMs: 10_000 })) return undefined;
  throw new Problem(`The database process ${found.pid} of ${home} doesn't stop. End it, then start again.`);
}

async function launch(home, secrets, log, settings) {
  const data = path.join(home, 'postgres');
  const command = await postgresCommand(home);
  if (existsSync(path.join(data, 'PG_VERSION'))) {
    checkVersion(data);
  } else {
    log('making the builder database (PostgreSQL 18, embedded)');
    await initCluster({ home, data, command, password: secrets.postgresPassword });
  }
  removeStalePid(data);
  const file = path.join(home, 'database.json');
  const port = await choosePort(readJson(file)?.port);
  const logFile = path.join(home, 'logs', 'postgres.log');
  if ((statSync(logFile, { throwIfNoEntry: false })?.size ?? 0) > 5_000_000) renameSync(logFile, `${logFile}.1`);
  const options = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    timezone: 'UTC',
    log_timezone: 'UTC',
    max_connections: '200',
    ...settings,
  };
  const flags = Object.entries(options).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const logHandle = openSync(logFile, 'a', 0o600);
  const [bin, ...prefix] = command.wrap(command.postgres);
  const state = startChild(bin, [...prefix, '-D', data, '-p', String(port), ...flags], {
    ...command.identity,
    cwd: data,
    stdio: ['ignore', logHandle, logHandle],
    stopSignal: 'SIGINT',
    graceMs: 15_000,
    env: { ...process.env, LC_ALL: 'C', LC_MESSAGES: 'C' },
  });
  await waitUntilReady(state, data, logFile, log);
  const url = `postgres://quarry:${secrets.postgresPassword}@127.0.0.1:${port}/quarry`;
  await ensureDatabase(url);
  const owner = { pid: process.pid, identity: processIdentity(process.pid) };
  writePrivate(file, { url, port, pid: state.pid, owner });
  return { url, port, pid: state.pid, joined: false, stop: async () => void (await state.stop()), exit: state.exit };
}

function checkVersion(data) {
  const version = readFileSync(path.join(data, 'PG_VERSION'), 'utf8').trim();
  if (version !== '18') {
    throw new Problem(
      `${data} was made by PostgreSQL ${version}; this Quarry brings 18. Restore a backup into a new QUARRY_HOME.`,
    );
  }
}

/** After a kill -9 or a reboot the pid in the lock file may belong to somebody else by now; PostgreSQL would refuse to start. */
function removeStalePid(data) {
  const file = path.join(data, 'postmaster.pid');
  if (!existsSync(file)) return;
  const pid = Number.parseInt(readFileSync(file, 'utf8'), 10);
  if (!isPostgresOf(pid, data)) rmSync(file, { force: true });
}

async function waitUntilReady(state, data, logFile, log) {
  const begin = statSync(logFile).size;
  let told = false;
  const since = Date.now();
  const status = await waitFor(
    () => {
      if (state.exited) return 'exited';
      if (!told && Date.now() - since > 5000) {
        told = true;
        log('the database is recovering from a hard stop');
      }
      const lines = existsSync(path.join(data, 'postmaster.pid'))
        ? readFileSync(path.join(data, 'postmaster.pid'), 'utf8').split('\n')
        : [];
      return Number(lines[0]) === state.pid && lines[7]?.trim() === 'ready' ? 'ready' : undefined;
    },
    { timeoutMs: 120_000, everyMs: 20 },
  );
  if (status === 'ready') return;
  await state.stop();
  const tail = readFileSync(logFile, 'utf8').slice(begin);
  const fatal =
    /(?:FATAL|PANIC):\s*(.+)/.exec(tail)?.[1] ?? state.error?.message ?? tail.trim().split('\n').at(-1) ?? 'no message';
  throw new Problem(`The embedded database didn't start: ${fatal} (see ${logFile}).`);
}

async function ensureDatabase(url) {
  const { default: pg } = await import('pg');
  const admin = new pg.Client({ connectionString: url.replace(/\/quarry$/, '/postgres') });
  try {
    await admin.connect();
    const found = await admin.query("SELECT 1 FROM pg_database WHERE datname = 'quarry'");
    if (found.rowCount === 0) await admin.query('CREATE DATABASE quarry');
  } catch (error) {
    if (error.code === '28P01') {
      throw new Problem(
        'The embedded database refuses the password in secrets.json. Put the secrets.json that belongs to this home back from a backup.',
      );
    }
    throw error;
  } finally {
    await admin.end().catch(() => {});
  }
}

/**
 * Runs something that needs the builder database: DATABASE_URL if set, the running server's database, or one that is started for
 * the time of the work. lib/db finds it by itself, through DATABASE_URL or database.json.
 * @template T
 * @param {(url: string) => Promise<T>} work
 * @param {{log?: (text: string) => void}} options
 * @returns {Promise<T>}
 */
export async function withDatabase(work, { log } = {}) {
  const home = homeFolder();
  ensureHome(home);
  ensureSecrets(home);
  if (process.env.DATABASE_URL) return await work(process.env.DATABASE_URL);
  const server = await startPostgres({ home, log });
  try {
    return await work(server.url);
  } finally {
    await server.stop();
  }
}
