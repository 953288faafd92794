/** The browser of the end-to-end tests: Debian's Chromium. Playwright's own download isn't used. */
import { accessSync, constants, existsSync } from 'node:fs';
import path from 'node:path';
import { run } from './processes.mjs';
import { Problem, step } from './report.mjs';

function findChromium() {
  const named = process.env.CHROMIUM_PATH;
  if (named) {
    if (existsSync(named)) return named;
    throw new Problem(`CHROMIUM_PATH names ${named}, which isn't there.`);
  }
  const folders = ['/usr/bin', ...(process.env.PATH ?? '').split(path.delimiter)];
  for (const name of ['chromium', 'chromium-browser', 'google-chrome']) {
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

/** @returns {Promise<string>} path of the program @throws Problem when there is none and it can't be installed here */
export async function ensureChromium() {
  const found = findChromium();
  if (found) return found;
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) {
    throw new Problem('The browser tests need Chromium. Install it ("sudo apt-get install chromium"), or set CHROMIUM_PATH.');
  }
  step('installing Chromium from Debian');
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const update = await run('apt-get', ['-o', 'DPkg::Lock::Timeout=300', 'update', '-qq'], { env });
  const install = await run('apt-get', ['-o', 'DPkg::Lock::Timeout=300', 'install', '-y', '-qq', 'chromium'], { env });
  const now = findChromium();
  if (now) return now;
  const line = `${update.output}\n${install.output}`.split('\n').find((text) => text.startsWith('E:'));
  throw new Problem(
    `Chromium could not be installed: ${line ?? `apt-get ended with ${install.code}`}. Install it, or set CHROMIUM_PATH.`,
  );
}
