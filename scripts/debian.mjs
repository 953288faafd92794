/** Programs that come with the system, not from npm: found on the machine, else installed from Debian's packages where we may. */
import { accessSync, constants, existsSync } from 'node:fs';
import path from 'node:path';
import { run } from './processes.mjs';
import { Problem, step } from './report.mjs';

/** Servers' programs are often outside a user's PATH. */
const FOLDERS = ['/usr/bin', '/usr/sbin', '/usr/local/bin', '/usr/local/sbin', '/opt/homebrew/bin'];

/** @returns {string | undefined} path of the first of these programs that is installed */
export function findProgram(names) {
  const folders = [...FOLDERS, ...(process.env.PATH ?? '').split(path.delimiter)].filter(Boolean);
  for (const name of names) {
    for (const folder of folders) {
      const file = path.join(folder, name);
      try {
        accessSync(file, constants.X_OK);
        return file;
      } catch {
        // not here
      }
    }
  }
  return undefined;
}

/**
 * Makes sure that programs are there; what is missing is installed in one go.
 * @param {{names: string[], debian: string, otherwise: string}[]} wanted names that a program may have, the package that holds it, and
 *   how else a person can provide what it is for ("set TEST_MYSQL_URL")
 * @returns {Promise<string[]>} their paths, in the same order
 * @throws Problem naming the first that is missing and can't be installed here
 */
export async function ensurePrograms(wanted) {
  const missing = wanted.filter(({ names }) => !findProgram(names));
  const reason = missing.length > 0 ? await install([...new Set(missing.map(({ debian }) => debian))]) : undefined;
  return wanted.map(({ names, debian, otherwise }) => {
    const found = findProgram(names);
    if (found) return found;
    throw new Problem(
      `The tests need ${names[0]}${reason ? ` and it could not be installed: ${reason}` : ''}. Install it ("sudo apt-get install ${debian}"), or ${otherwise}.`,
    );
  });
}

/** @returns {Promise<string | undefined>} why it failed, in a line */
async function install(packages) {
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return undefined;
  step(`installing from Debian: ${packages.join(', ')}`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const options = ['-o', 'DPkg::Lock::Timeout=300', '-qq'];
  const update = await run('apt-get', [...options, 'update'], { env });
  const result = await run('apt-get', [...options, 'install', '-y', '--no-install-recommends', ...packages], { env });
  if (result.code === 0) return undefined;
  const line = `${update.output}\n${result.output}`.split('\n').find((text) => text.startsWith('E:'));
  return line ?? `apt-get ended with ${result.code}`;
}
