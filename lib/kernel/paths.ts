import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { readEnv } from './env';

let root: string | undefined;

/** The folder of the installation (the one with Quarry's package.json), found upwards from the working directory. */
export function projectRoot(): string {
  if (root) return root;
  let folder = process.cwd();
  for (;;) {
    const file = path.join(folder, 'package.json');
    if (existsSync(file) && JSON.parse(readFileSync(file, 'utf8')).name === 'quarry') {
      root = folder;
      return folder;
    }
    const parent = path.dirname(folder);
    if (parent === folder) return process.cwd();
    folder = parent;
  }
}

/** Absolute path of QUARRY_HOME: secrets, embedded database, uploads, logs. Default `.quarry` beside package.json. */
export function quarryHome(): string {
  return path.resolve(/* turbopackIgnore: true */ projectRoot(), readEnv('QUARRY_HOME') ?? '.quarry');
}
