import { accessSync, constants, existsSync, readdirSync, readFileSync, statfsSync, statSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { toQuarryError } from '../../lib/kernel/errors';
import { projectRoot, quarryHome } from '../../lib/kernel/paths';
import { describeSettings, readSettings, settings } from '../../lib/kernel/settings';
import { quarryVersion } from '../../lib/kernel/version';
import { runningPostgres, withDatabase } from '../../scripts/services.mjs';
import { Failure } from '../failure';
import { print, printJson, terminalWidth } from '../output';
import { formatTable } from '../table';

interface Check {
  name: string;
  /** note: nothing is wrong, but there is something to know. */
  state: 'ok' | 'note' | 'problem';
  detail: string;
}

const ok = (name: string, detail: string): Check => ({ name, state: 'ok', detail });
const remark = (name: string, detail: string): Check => ({ name, state: 'note', detail });
const problem = (name: string, detail: string): Check => ({ name, state: 'problem', detail });

const OLDEST_NODE = [20, 19] as const;
const LOW_DISK_BYTES = 1024 ** 3;
const FULL_DISK_BYTES = 200 * 1024 ** 2;

/** Looks at what an installation needs and says what is wrong and what to do. Changes nothing. */
export async function doctor(options: { json?: boolean }): Promise<void> {
  const found = checkSettings();
  const checks = [checkNode(), checkHome(), checkSecrets(), checkDisk(), found];
  // Without valid settings neither the database nor the port is known.
  if (found.state !== 'problem') checks.push(...(await checkDatabase()), await checkPort());
  const wrong = checks.filter(({ state }) => state === 'problem').length;
  if (options.json) printJson({ ok: wrong === 0, version: quarryVersion(), checks, settings: describeSettings() });
  else {
    print(`Quarry ${quarryVersion()}, home ${quarryHome()}\n`);
    for (const { name, state, detail } of checks) print(`${state.padEnd(8)} ${name.padEnd(11)} ${detail}`);
    const rows = describeSettings().map(({ env, value, origin }) => [env, value ?? 'not set', origin]);
    print(`\n${formatTable([{ name: 'setting' }, { name: 'value' }, { name: 'origin' }], rows, terminalWidth())}`);
  }
  if (wrong > 0) throw new Failure('doctor', `${wrong} of ${checks.length} checks found a problem.`);
}

function checkNode(): Check {
  const version = process.versions.node;
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const recent = major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1]);
  return recent ? ok('node', version) : problem('node', `${version} is too old. Install Node ${OLDEST_NODE.join('.')} or newer.`);
}

function checkSettings(): Check {
  try {
    readSettings();
  } catch (error) {
    return problem('settings', toQuarryError(error).message);
  }
  const own = describeSettings().filter(({ origin }) => origin === 'environment').length;
  return ok('settings', `${own} from the environment, the others as shipped`);
}

const modeOf = (file: string) => statSync(file).mode & 0o777;
const octal = (mode: number) => mode.toString(8).padStart(3, '0');

function checkHome(): Check {
  const home = quarryHome();
  if (!existsSync(home)) return remark('home', `${home} is not there yet; the first start makes it.`);
  try {
    accessSync(home, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch {
    return problem('home', `No disk permission for ${home}. Give this user the right to write there, or set QUARRY_HOME.`);
  }
  const mode = modeOf(home);
  if (mode & 0o066) return problem('home', `Others may read or write ${home} (${octal(mode)}). Run: chmod 700 ${home}`);
  return ok('home', octal(mode));
}

function checkSecrets(): Check {
  const file = path.join(quarryHome(), 'secrets.json');
  if (!existsSync(file)) return remark('secrets', 'secrets.json is not there yet; the first start makes it.');
  const mode = modeOf(file);
  if (mode & 0o077) return problem('secrets', `Others may read ${file} (${octal(mode)}). Run: chmod 600 ${file}`);
  let secrets: Record<string, unknown>;
  try {
    secrets = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return problem(
      'secrets',
      `${file} is not valid JSON. Put it back from a backup: without it stored connections can't be read.`,
    );
  }
  if (Buffer.from(String(secrets.masterKey), 'base64').length !== 32) {
    return problem('secrets', `${file} has no valid masterKey (32 bytes, base64). Put the file back from a backup.`);
  }
  if (String(secrets.authSecret ?? '').length < 32)
    return problem('secrets', `${file} has no valid authSecret. Remove the entry; the next start makes one.`);
  return ok('secrets', octal(mode));
}

function checkDisk(): Check {
  const home = quarryHome();
  const { bavail, bsize } = statfsSync(existsSync(home) ? home : projectRoot());
  const free = bavail * bsize;
  const detail = `${(free / 1024 ** 3).toFixed(1)} GiB free`;
  if (free < FULL_DISK_BYTES) return problem('disk', `${detail}. Make room before Quarry stops writing.`);
  return free < LOW_DISK_BYTES ? remark('disk', `${detail}. That is little.`) : ok('disk', detail);
}

async function checkDatabase(): Promise<Check[]> {
  const home = quarryHome();
  const external = settings().databaseUrl !== undefined;
  if (!external && !existsSync(path.join(home, 'postgres', 'PG_VERSION'))) {
    return [remark('database', 'The embedded database is not there yet; the first start makes it.')];
  }
  const how = external ? 'DATABASE_URL' : runningPostgres(home) ? 'embedded, running' : 'embedded, started for this check';
  try {
    return external ? await askDatabase(how) : await withDatabase(() => askDatabase(how));
  } catch (error) {
    return [
      problem('database', error instanceof Error && error.name === 'Problem' ? error.message : toQuarryError(error).message),
    ];
  }
}

async function askDatabase(how: string): Promise<Check[]> {
  const { closeDb, pingDb, systemDb } = await import('../../lib/db');
  try {
    const { latencyMs } = await pingDb();
    const [server] = await systemDb().$queryRaw<{ version: string }[]>`SELECT current_setting('server_version') AS version`;
    const database = ok('database', `PostgreSQL ${server?.version ?? ''} (${how}), ${latencyMs.toFixed(1)} ms`);
    const [table] = await systemDb().$queryRaw<
      { there: boolean }[]
    >`SELECT to_regclass('_prisma_migrations') IS NOT NULL AS there`;
    const applied = table?.there
      ? await systemDb().$queryRaw<{ name: string }[]>`
          SELECT migration_name AS name FROM _prisma_migrations WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL`
      : [];
    return [database, compareMigrations(new Set(applied.map(({ name }) => name)))];
  } finally {
    await closeDb();
  }
}

function compareMigrations(applied: ReadonlySet<string>): Check {
  const folder = path.join(projectRoot(), 'prisma', 'migrations');
  const shipped = readdirSync(folder).filter((name) => existsSync(path.join(folder, name, 'migration.sql')));
  const pending = shipped.filter((name) => !applied.has(name));
  const unknown = [...applied].filter((name) => !shipped.includes(name));
  if (unknown.length > 0)
    return problem('migrations', `The database is newer than this Quarry (${unknown.join(', ')}). Update Quarry.`);
  if (pending.length > 0)
    return remark('migrations', `${pending.length} pending. The next start applies them, or run: quarry migrate`);
  return ok('migrations', `${shipped.length} applied`);
}

async function checkPort(): Promise<Check> {
  const { host, port } = settings();
  if (await canListen(host, port)) return ok('port', `${port} is free`);
  const reachable = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  try {
    const response = await fetch(`http://${reachable}:${port}/api/health`, { signal: AbortSignal.timeout(3_000) });
    const body: { status?: string; version?: string } = await response.json();
    if (body.status === 'ok' && body.version) return ok('port', `Quarry ${body.version} serves on ${port}`);
  } catch {
    // Something else listens there.
  }
  return problem('port', `Port ${port} is taken by another program. End it, or set PORT.`);
}

function canListen(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.once('error', () => resolve(false));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
