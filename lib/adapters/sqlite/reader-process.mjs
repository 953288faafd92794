/**
 * One connection to a SQLite file, in a process of its own: better-sqlite3 blocks its thread, and a statement that runs too long can only
 * be ended by ending the process. Plain JavaScript, because it is forked by path from a production build. It gets no environment and
 * trusts nobody: even with the parser bypassed it runs only one statement that SQLite itself calls read-only and that gives rows.
 *
 * In:  {op: 'open', file, writable} {op: 'execute', id, text, params, maxRows, maxBytes, write} {op: 'more', id} {op: 'stop', id}
 * Out: {op: 'opened'} {op: 'columns', id, columns} {op: 'rows', id, rows} {op: 'end', id, truncated, affectedRows} {op: 'error', id, code, message}
 */
import { createRequire } from 'node:module';
import { watched } from './parent-watch.mjs';

const BATCH_ROWS = 1_000;
const BATCH_BYTES = 1_000_000;
/** Batches that may be on their way before the reader asked for more. */
const WINDOW = 3;
const HEAP_LIMIT_BYTES = 512 * 1024 * 1024;

let database = null;
let writable = false;
/** Reads a page of the schema: what another program changed of it is known to whatever is prepared afterwards. */
let freshenSchema = null;
/** The statement that is being read: credits are batches that may still be sent. */
let running = null;

process.on('message', (message) => {
  if (message.op === 'open') open(message);
  else if (message.op === 'execute') execute(message);
  else if (running && message.id === running.id) {
    if (message.op === 'stop') running.stopped = true;
    else running.credits += 1;
    running.wake?.();
  }
});

async function open({ file, writable: mayWrite }) {
  try {
    const Database = createRequire(import.meta.url)('better-sqlite3');
    writable = mayWrite === true;
    database = new Database(file, { readonly: !writable, fileMustExist: true, timeout: 5_000 });
    database.pragma('trusted_schema = OFF');
    database.pragma(`hard_heap_limit = ${HEAP_LIMIT_BYTES}`);
    database.pragma('cell_size_check = ON');
    database.pragma('temp_store = MEMORY');
    database.defaultSafeIntegers(true);
    // The first real read: a file that isn't a database fails here and not later.
    database.prepare('SELECT count(*) FROM sqlite_schema').get();
    freshenSchema = database.prepare('SELECT 1 FROM sqlite_schema LIMIT 1');
    await watched;
    process.send({ op: 'opened' });
  } catch (error) {
    fail(null, error);
  }
}

async function execute({ id, text, params, maxRows, maxBytes, write }) {
  running = { id, credits: WINDOW, stopped: false, wake: null };
  try {
    if (write && writable) return change(id, text, params);
    // query_only is a wall of its own; it is raised each time, because a PRAGMA may have lowered it.
    database.pragma('query_only = ON');
    assertReading(text);
    freshenSchema.get();
    const statement = database.prepare(text);
    if (!statement.reader || !statement.readonly)
      throw Object.assign(new Error('not a reading statement'), { code: 'QUARRY_REFUSED' });
    await read(id, statement, params, maxRows, maxBytes);
  } catch (error) {
    fail(id, error);
  } finally {
    running = null;
  }
}

/** What takes effect while it is prepared (PRAGMA, also behind EXPLAIN) must not get that far. */
function assertReading(text) {
  const words = text
    .replace(/--[^\n]*|\/\*[\s\S]*?\*\//g, ' ')
    .trim()
    .toUpperCase();
  const inner = words.replace(/^EXPLAIN\s+(QUERY\s+PLAN\s+)?/, '');
  const explained = inner !== words;
  const allowed =
    /^(SELECT|WITH|VALUES)\b/.test(inner) ||
    (!explained &&
      /^PRAGMA\s+(\w+\s*\.\s*)?(TABLE_INFO|TABLE_XINFO|TABLE_LIST|INDEX_LIST|INDEX_INFO|INDEX_XINFO|FOREIGN_KEY_LIST|FOREIGN_KEY_CHECK|DATABASE_LIST|COLLATION_LIST|FUNCTION_LIST|COMPILE_OPTIONS|INTEGRITY_CHECK|QUICK_CHECK)\s*(\(|$)/.test(
        inner,
      )) ||
    (!explained &&
      /^PRAGMA\s+(\w+\s*\.\s*)?(PAGE_COUNT|PAGE_SIZE|USER_VERSION|SCHEMA_VERSION|ENCODING|APPLICATION_ID|FREELIST_COUNT)\s*$/.test(
        inner,
      ));
  if (!allowed) throw Object.assign(new Error('not a reading statement'), { code: 'QUARRY_REFUSED' });
}

async function read(id, statement, params, maxRows, maxBytes) {
  statement.raw(true);
  const columns = statement.columns().map((column) => ({ name: column.name, declared: column.type }));
  process.send({ op: 'columns', id, columns });
  let rows = [];
  let batchBytes = 0;
  let count = 0;
  let bytes = 0;
  let truncated = null;
  for (const row of statement.iterate(...params)) {
    if (count >= maxRows) {
      truncated = { by: 'rows', limit: maxRows };
      break;
    }
    const size = sizeOf(row);
    if (bytes + size > maxBytes) {
      truncated = { by: 'bytes', limit: maxBytes };
      break;
    }
    rows.push(row);
    count += 1;
    bytes += size;
    batchBytes += size;
    if (rows.length >= BATCH_ROWS || batchBytes >= BATCH_BYTES) {
      await send(id, rows);
      if (running.stopped) break;
      rows = [];
      batchBytes = 0;
    }
  }
  if (rows.length > 0 && !running.stopped) await send(id, rows);
  process.send({ op: 'end', id, truncated });
}

/** Sends a batch, and waits when the other side has not asked for more. */
async function send(id, rows) {
  process.send({ op: 'rows', id, rows });
  running.credits -= 1;
  while (running.credits <= 0 && !running.stopped) {
    await new Promise((resolve) => {
      running.wake = resolve;
    });
  }
  // Lets messages that arrived meanwhile (stop) be read between two batches.
  await new Promise((resolve) => setImmediate(resolve));
}

function change(id, text, params) {
  database.pragma('query_only = OFF');
  const statement = database.prepare(text);
  if (statement.reader) throw Object.assign(new Error('RETURNING is not supported'), { code: 'QUARRY_REFUSED' });
  const { changes } = database.transaction(() => statement.run(...params)).immediate();
  process.send({ op: 'columns', id, columns: [] });
  process.send({ op: 'end', id, truncated: null, affectedRows: changes });
}

function sizeOf(row) {
  let size = 2;
  for (const value of row) size += typeof value === 'string' ? value.length + 2 : value instanceof Uint8Array ? value.length : 9;
  return size;
}

function fail(id, error) {
  process.send({
    op: 'error',
    id,
    code: typeof error?.code === 'string' ? error.code : 'SQLITE_ERROR',
    message: String(error?.message ?? error),
  });
}
