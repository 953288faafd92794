import { realpathSync } from 'node:fs';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { isId } from '../../kernel/ids';
import { allowedFolder, resolveDatabaseFile, uploadFolderOf } from './file-guard';
import type { SqliteConfig } from './manifest';

/** Folders in which an upload is being made; a process that was killed leaves one. */
export const PART_PREFIX = '.part-';
const UPLOAD = /^(?:(.+)\.sqlite|\.part-[\w-]+)$/;

/** Absolute path of the folder of an organisation's uploads. */
const folderOf = (organizationId: string) => path.join(allowedFolder(), uploadFolderOf(organizationId));

/** Makes the folder when it isn't there; only the operator's user may look into it. */
export async function ensureUploadFolder(organizationId: string): Promise<string> {
  const folder = folderOf(organizationId);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  return folder;
}

/** The name of the upload that a connection is to, however its path is written; null when it's none of this organisation. */
export function uploadOf({ file }: SqliteConfig, organizationId: string): string | null {
  try {
    const real = resolveDatabaseFile(file, { organizationId });
    const name = path.basename(real);
    return path.dirname(real) === realpathSync(folderOf(organizationId)) && isUpload(name) ? name : null;
  } catch {
    // Not there any more, or not a file that may be opened at all.
    return null;
  }
}

/** Uploads of an organisation that were made before a moment (milliseconds since the epoch). */
export async function listUploads(organizationId: string, olderThanMs: number): Promise<string[]> {
  const folder = folderOf(organizationId);
  const found: string[] = [];
  for (const name of await readdir(folder).catch(() => [])) {
    const about = isUpload(name) ? await stat(path.join(folder, name)).catch(() => null) : null;
    if (about && about.mtimeMs < olderThanMs) found.push(name);
  }
  return found;
}

/** Removes one, with files that SQLite may have put beside it. */
export async function removeUpload(organizationId: string, name: string): Promise<void> {
  if (!isUpload(name)) return;
  const file = path.join(folderOf(organizationId), name);
  const beside = name.startsWith(PART_PREFIX) ? [] : ['-journal', '-wal', '-shm'].map((suffix) => file + suffix);
  await Promise.all([file, ...beside].map((target) => rm(target, { recursive: true, force: true })));
}

/** Only what Quarry itself put there: a file that an operator adds by hand has another name. */
function isUpload(name: string): boolean {
  const match = UPLOAD.exec(name);
  return match !== null && (match[1] === undefined || isId(match[1]));
}
