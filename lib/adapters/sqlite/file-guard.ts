import { realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import { QuarryError } from '../../kernel/errors';
import { isId } from '../../kernel/ids';
import { quarryHome } from '../../kernel/paths';
import { settings } from '../../kernel/settings';

/** The folder whose files may be connected: SQLITE_ROOT, else $QUARRY_HOME/sqlite. */
export function allowedFolder(): string {
  return path.resolve(/* turbopackIgnore: true */ settings().sqliteRoot ?? path.join(quarryHome(), 'sqlite'));
}

/** Below the allowed folder: what organisations upload, a folder each, which no other organisation may connect. */
const UPLOADS = 'uploads';

/** The folder of an organisation's uploads, relative to the allowed folder. */
export function uploadFolderOf(organizationId: string): string {
  if (!isId(organizationId)) throw refused();
  return `${UPLOADS}/${organizationId.toLowerCase()}`;
}

/**
 * The real path of a database file, inside the allowed folder [A10] and outside other organisations' uploads. Judged by name first, so that
 * nothing outside can be probed for existence, and again after symbolic links are followed.
 * @param organizationId who opens it; without one, no upload may be opened
 * @throws QuarryError source.file_refused | source.file_missing
 */
export function resolveDatabaseFile(
  file: string,
  { organizationId, folder = allowedFolder() }: { organizationId?: string; folder?: string } = {},
): string {
  const wanted = path.resolve(folder, file);
  if (!isInside(folder, wanted) || isForeignUpload(folder, wanted, organizationId)) throw refused();
  const realFolder = realpath(folder);
  const real = realFolder === null ? null : realpath(wanted);
  if (realFolder === null || real === null) {
    throw new QuarryError(
      'source.file_missing',
      `There is no file ${path.basename(file)} in the folder of allowed files. Copy it there, or check its name.`,
      {
        stage: 'connect',
      },
    );
  }
  if (!isInside(realFolder, real) || isForeignUpload(realFolder, real, organizationId)) throw refused();
  if (!statSync(real).isFile()) {
    throw new QuarryError('source.file_refused', `${path.basename(file)} is not a regular file.`, { stage: 'connect' });
  }
  return real;
}

/** Compared without case: some file systems know none. The folder of uploads may itself be a link, so it's known by both its names. */
function isForeignUpload(folder: string, file: string, organizationId: string | undefined): boolean {
  const named = path.join(folder, UPLOADS);
  for (const uploads of new Set([named, realpath(named) ?? named])) {
    if (!isInside(uploads.toLowerCase(), file.toLowerCase())) continue;
    const own = organizationId === undefined ? null : path.join(uploads, organizationId);
    if (own === null || !isInside(own.toLowerCase(), file.toLowerCase())) return true;
  }
  return false;
}

function isInside(folder: string, file: string): boolean {
  const relative = path.relative(folder, file);
  return relative !== '' && relative !== '..' && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative);
}

function realpath(file: string): string | null {
  try {
    return realpathSync(file);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw new QuarryError(
      'source.file_refused',
      'The file cannot be opened. Check that Quarry may read it and the folders above it.',
      {
        stage: 'connect',
        cause: error,
      },
    );
  }
}

function refused(): QuarryError {
  return new QuarryError(
    'source.file_refused',
    'Only files inside the folder of allowed files (SQLITE_ROOT) can be connected. Copy the file there.',
    {
      stage: 'connect',
    },
  );
}
