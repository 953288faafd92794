import { createWriteStream } from 'node:fs';
import { mkdtemp, open, rename, rm, statfs } from 'node:fs/promises';
import path from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { QuarryError } from '../../kernel/errors';
import { newId } from '../../kernel/ids';
import type { UploadedDatabase, UploadOptions, UploadPart } from '../contract';
import { uploadFolderOf } from './file-guard';
import { type Imported, leftUpload, runImport } from './run-import';
import { ensureUploadFolder, PART_PREFIX } from './upload-folder';
import { typeOfDeclared } from './values';

const HEADER = Buffer.from('SQLite format 3\0', 'latin1');
const DATABASE_NAME = /\.(?:sqlite3?|db3?)$/i;
const TABLE_NAME = /\.(?:csv|tsv|tab|txt)$/i;
const MOST_FILES = 100;
/** Room that is left on the disk for everybody else. */
const SPARE_BYTES = 128 * 1024 * 1024;
const CHECK_EVERY_BYTES = 32 * 1024 * 1024;
/** What surrounds the files in a form. */
const FORM_BYTES = 64 * 1024;
/** A database of numbers is larger than their text, and a row of one field may stand for one of many. */
const GROWTH = 3;

interface StoredFile {
  file: string;
  fileName: string;
  isDatabase: boolean;
}

/** FileUploads.receive of the contract: one SQLite file as it is, or CSV files as tables of a new one. [A10] */
export async function receiveUpload(parts: AsyncIterable<UploadPart>, options: UploadOptions): Promise<UploadedDatabase> {
  const { organizationId, maxBytes, expectedBytes, timeoutMs, signal } = options;
  if (expectedBytes !== null && expectedBytes > maxBytes + FORM_BYTES) throw tooLarge(maxBytes);
  const folder = await ensureUploadFolder(organizationId);
  await assertRoom(folder, expectedBytes ?? 0);
  const work = await mkdtemp(path.join(folder, PART_PREFIX));
  try {
    const files = await store(parts, work, options);
    const { database, task } = planImport(files, work, maxBytes);
    const { tables, warnings } = await runImport(task, { timeoutMs, signal });
    const name = `${newId()}.sqlite`;
    await flush(database);
    if (signal.aborted) throw leftUpload();
    await rename(database, path.join(folder, name));
    return { file: `${uploadFolderOf(organizationId)}/${name}`, tables: tables.map(withTypes), warnings };
  } catch (error) {
    throw storageError(error);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function store(parts: AsyncIterable<UploadPart>, work: string, { maxBytes, signal }: UploadOptions): Promise<StoredFile[]> {
  const files: StoredFile[] = [];
  let total = 0;
  let checked = 0;
  for await (const { fileName, content } of parts) {
    if (files.length >= MOST_FILES) throw new QuarryError('input.invalid', `An upload takes at most ${MOST_FILES} files.`);
    const shown = readableName(fileName);
    if (!DATABASE_NAME.test(shown) && !TABLE_NAME.test(shown)) throw wrongKind(shown);
    const file = path.join(work, `file-${files.length}`);
    const head: Buffer[] = [];
    let size = 0;
    const count = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        if (size < HEADER.length) head.push(chunk.subarray(0, HEADER.length));
        size += chunk.length;
        total += chunk.length;
        if (total > maxBytes) return done(tooLarge(maxBytes));
        if (total - checked < CHECK_EVERY_BYTES) return done(null, chunk);
        checked = total;
        assertRoom(work, 0).then(() => done(null, chunk), done);
      },
    });
    await pipeline(content, count, createWriteStream(file, { flags: 'wx', mode: 0o600 }), { signal });
    const isDatabase = Buffer.concat(head).subarray(0, HEADER.length).equals(HEADER);
    if (!isDatabase && DATABASE_NAME.test(shown)) throw notADatabase(shown);
    files.push({ file, fileName: shown, isDatabase });
  }
  return files;
}

function planImport(files: StoredFile[], work: string, maxBytes: number) {
  const [first] = files;
  if (!first) throw new QuarryError('input.invalid', 'Choose a SQLite file, or CSV files.');
  if (files.some(({ isDatabase }) => isDatabase)) {
    if (files.length > 1)
      throw new QuarryError(
        'input.invalid',
        'Upload one SQLite file by itself, or any number of CSV files, which become tables.',
      );
    return { database: first.file, task: { op: 'inspect' as const, database: first.file, fileName: first.fileName } };
  }
  const database = path.join(work, 'made.sqlite');
  const sources = files.map(({ file, fileName }) => ({ file, fileName }));
  return { database, task: { op: 'build' as const, database, files: sources, maxBytes: maxBytes * GROWTH + 1024 * 1024 } };
}

/** Types as the schema will show them: the declared ones of an uploaded database. */
function withTypes({ name, rows, columns }: Imported['tables'][number]): UploadedDatabase['tables'][number] {
  return { name, rows, columns: columns.map((column) => ({ name: column.name, type: typeOfDeclared(column.type) })) };
}

/** A name for messages: the last part of a path, without control characters. */
function readableName(fileName: string): string {
  const base = fileName.split(/[\\/]/).at(-1) ?? '';
  const shown = base.replace(/\p{C}/gu, '');
  return shown.length > 100 ? `…${shown.slice(-99)}` : shown;
}

async function assertRoom(folder: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  // The files, and the database made of them.
  if (bavail * bsize < bytes * 2 + SPARE_BYTES) {
    throw new QuarryError(
      'storage.full',
      'There is not enough room on the server for these files. Ask the operator to make some.',
    );
  }
}

/** What was written is on the disk before its name is. */
async function flush(file: string): Promise<void> {
  const handle = await open(file, 'r+');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function storageError(error: unknown): unknown {
  if (error instanceof QuarryError) return error;
  const { code, name } = (error ?? {}) as { code?: string; name?: string };
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new QuarryError('storage.full', 'The disk of the server became full. Ask the operator to make room.', {
      cause: error,
    });
  if (name === 'AbortError' || code === 'ERR_STREAM_PREMATURE_CLOSE') return leftUpload();
  return error;
}

function tooLarge(maxBytes: number): QuarryError {
  const mebibytes = Math.round((maxBytes / 1024 / 1024) * 10) / 10;
  return new QuarryError(
    'upload.too_large',
    `An upload may have ${mebibytes} MiB in all. Leave out files or columns, or ask the operator to raise UPLOAD_MAX_BYTES.`,
    { details: { maxBytes } },
  );
}

function wrongKind(fileName: string): QuarryError {
  return new QuarryError(
    'source.file_refused',
    `${fileName || 'A file without a name'} is of a kind that cannot be uploaded. Choose .sqlite, .sqlite3, .db, .csv or .tsv; save workbooks as CSV first.`,
    { stage: 'connect' },
  );
}

function notADatabase(fileName: string): QuarryError {
  return new QuarryError('source.file_refused', `${fileName} is not a SQLite database: it does not begin like one.`, {
    stage: 'connect',
  });
}
