/**
 * Makes a database of uploaded files, or looks at an uploaded one, in a process of its own: better-sqlite3 blocks its thread, and what
 * strangers upload is best read where nothing else is. Like the reader it gets no environment.
 *
 * In:  {op: 'build', database, files: [{file, fileName}], maxBytes} | {op: 'inspect', database, fileName}
 * Out: {op: 'done', tables: [{name, rows, columns: [{name, type}]}], warnings} | {op: 'error', kind: 'file' | 'full' | 'other', fileName, message}
 */
import { closeSync, openSync, readSync } from 'node:fs';
import { createRequire } from 'node:module';
import { FileProblem } from './csv-file.mjs';
import { importCsv, quote } from './csv-table.mjs';
import { watched } from './parent-watch.mjs';

const Database = createRequire(import.meta.url)('better-sqlite3');
const HEAP_LIMIT_BYTES = 256 * 1024 * 1024;
const PAGE_BYTES = 4096;
/** Tables of an uploaded database that are told of; counting the rows of thousands would take long. */
const MOST_TABLES = 200;

process.once('message', async (message) => {
  await watched;
  process.send(await (message.op === 'build' ? build(message) : inspect(message)), () => process.disconnect());
});

async function build({ database: file, files, maxBytes }) {
  const database = new Database(file);
  let current = '';
  try {
    // Nothing is lost when the process dies: the file is thrown away then.
    database.pragma('journal_mode = OFF');
    database.pragma('synchronous = OFF');
    database.pragma(`page_size = ${PAGE_BYTES}`);
    database.pragma(`max_page_count = ${Math.ceil(maxBytes / PAGE_BYTES)}`);
    database.pragma(`hard_heap_limit = ${HEAP_LIMIT_BYTES}`);
    const tables = [];
    const warnings = [];
    const taken = new Set();
    database.exec('BEGIN');
    for (const entry of files) {
      current = entry.fileName;
      const { warnings: found, ...table } = await importCsv(database, entry, taken);
      tables.push(table);
      warnings.push(...found.map((warning) => `${entry.fileName}: ${warning}`));
    }
    database.exec('COMMIT');
    database.exec('ANALYZE');
    return { op: 'done', tables, warnings };
  } catch (error) {
    return failure(error, current);
  } finally {
    database.close();
  }
}

function inspect({ database: file, fileName }) {
  let database = null;
  try {
    const warnings = leaveWal(file) ? [`${fileName}: ${WAL_WARNING}`] : [];
    database = new Database(file, { readonly: true, fileMustExist: true });
    harden(database);
    const names = database
      .prepare(
        "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type IN ('table', 'virtual') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name",
      )
      .pluck()
      .all();
    if (names.length > MOST_TABLES)
      warnings.push(`${fileName}: It has ${names.length} tables; the first ${MOST_TABLES} are listed.`);
    return { op: 'done', tables: names.slice(0, MOST_TABLES).map((name) => tableOf(database, name)), warnings };
  } catch (error) {
    return failure(error, fileName);
  } finally {
    database?.close();
  }
}

function harden(database) {
  database.pragma('trusted_schema = OFF');
  database.pragma('cell_size_check = ON');
  database.pragma(`hard_heap_limit = ${HEAP_LIMIT_BYTES}`);
}

const WAL_WARNING =
  'It was in use with a write-ahead log (WAL). What had not been written back from a -wal file beside it is not in this copy.';

/** A file that wants side files is turned into one that doesn't. @returns whether it was one */
function leaveWal(file) {
  const head = Buffer.alloc(20);
  const handle = openSync(file, 'r');
  readSync(handle, head, 0, 20, 0);
  closeSync(handle);
  if (head[18] !== 2 && head[19] !== 2) return false;
  const database = new Database(file, { fileMustExist: true });
  try {
    harden(database);
    database.pragma('journal_mode = DELETE');
  } finally {
    database.close();
  }
  return true;
}

function tableOf(database, name) {
  const columns = database.prepare('SELECT name, type FROM pragma_table_xinfo(?) WHERE hidden <> 1').all(name);
  return { name, rows: countRows(database, name), columns };
}

/** Null for what can't be counted: a virtual table whose module isn't here. */
function countRows(database, name) {
  try {
    return database
      .prepare(`SELECT count(*) FROM ${quote(name)}`)
      .pluck()
      .get();
  } catch (error) {
    if (String(error?.code).startsWith('SQLITE_CORRUPT')) throw error;
    return null;
  }
}

function failure(error, fileName) {
  const code = String(error?.code ?? '');
  if (error instanceof FileProblem) return { op: 'error', kind: 'file', fileName, message: error.message };
  if (code === 'SQLITE_FULL' || code === 'ENOSPC') return { op: 'error', kind: 'full', fileName, message: '' };
  if (code === 'SQLITE_NOTADB' || code.startsWith('SQLITE_CORRUPT'))
    return { op: 'error', kind: 'file', fileName, message: 'is damaged, or is not a SQLite database' };
  return { op: 'error', kind: 'other', fileName, message: `${code} ${String(error?.message ?? error)}` };
}
