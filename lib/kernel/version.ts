import { readFileSync } from 'node:fs';
import path from 'node:path';
import { projectRoot } from './paths';

let version: string | undefined;

/** Quarry's own version, as in package.json. */
export function quarryVersion(): string {
  version ??= String(JSON.parse(readFileSync(path.join(projectRoot(), 'package.json'), 'utf8')).version);
  return version;
}
