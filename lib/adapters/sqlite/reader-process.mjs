/**
 * One connection to a SQLite file, in a process of its own: better-sqlite3 blocks its thread, and a statement that runs too long can only
 * be ended by ending the process. Plain JavaScript, because it is forked by path from a production build. It gets no environment and
 * trusts nobody: even with the parser bypassed it runs only one statement that SQLite itself calls read-only and that gives rows.
 *
 * In:  {op: 'open', file, writable} {op: 'execute', id, text, params, maxRows, maxBytes, write, packed} {op: 'types', id, types} {op: 'more', id} {op: 'stop', id}
 * Out: {op: 'opened'} {op: 'columns', id, columns} {op: 'rows', id, rows} {op: 'text', id, rowCount, bytes, ends}
 *      {op: 'end', id, truncated, affectedRows} {op: 'error', id, code, message}
 */
import { createRequire } from 'node:module';
import { watched } from './parent-watch.mjs';
import { TextPacker } from './text-packer.mjs';

const BATCH_ROWS = 1_000;
const BATCH_BYTES = 1_000_000;
// Small ones: measured a sixth faster than four times as many rows at once, and 500 are no faster.
const PACKED_ROWS = 1_000;
const PACKED_BYTES = 100_000;
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
    else if (message.op === 'types') running.types = message.types;
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

async function execute(command) {
  const { id, text, params, write } = command;
  running = { id, credits: WINDOW, stopped: false, types: null, wake: null };
  try {
    if (write && writable) return change(id, text, params);
    // query_only is a wall of its own; it is raised each time, because a PRAGMA may have lowered it.
    database.pragma('query_only = ON');
    assertReading(text);
    freshenSchema.get();
    const statement = database.prepare(text);
    if (!statement.reader || !statement.readonly)
      throw Object.assign(new Error('not a reading statement'), { code: 'QUARRY_REFUSED' });
    await read(command, statement);
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

async function read({ id, params, maxRows, maxBytes, packed }, statement) {
  statement.raw(true);
  const columns = statement.columns().map((column) => ({ name: column.name, declared: column.type }));
  process.send({ op: 'columns', id, columns });
  const batch = packed ? new PackedBatch(id) : new RowBatch(id);
  const bounded = maxBytes < Number.MAX_SAFE_INTEGER;
  let count = 0;
  let bytes = 0;
  let truncated = null;
  for (const row of statement.iterate(...params)) {
    if (count >= maxRows) {
      truncated = { by: 'rows', limit: maxRows };
      break;
    }
    const size = bounded ? sizeOf(row) : 0;
    if (bytes + size > maxBytes) {
      truncated = { by: 'bytes', limit: maxBytes };
      break;
    }
    count += 1;
    bytes += size;
    if (batch.add(row, size)) {
      await batch.flush();
      if (running.stopped) break;
    }
  }
  if (!running.stopped) await batch.flush();
  process.send({ op: 'end', id, truncated });
}

class RowBatch {
  #rows = [];
  #bytes = 0;

  constructor(id) {
    this.id = id;
  }

  get empty() {
    return this.#rows.length === 0;
  }

  /**
   * @param size in bytes, 0 when nobody has looked
   * @returns whether it is time to send
   */
  add(row, size) {
    this.#rows.push(row);
    this.#bytes += size || sizeOf(row);
    return this.#rows.length >= BATCH_ROWS || this.#bytes >= BATCH_BYTES;
  }

  /** Sends what there is. @returns its rows */
  async flush() {
    const rows = this.#rows;
    this.#rows = [];
    this.#bytes = 0;
    if (rows.length > 0) await send({ op: 'rows', id: this.id, rows });
    return rows;
  }
}

/**
 * Rows as packed text. The first ones go out as they are: from them the other side tells the types by which values become text, and only
 * then are they packed. Rows with a value that its column's type doesn't foresee go out as they are too, with those behind them.
 */
class PackedBatch {
  #packer = null;
  #plain;

  constructor(id) {
    this.id = id;
    this.#plain = new RowBatch(id);
  }

  add(row, size) {
    if (this.#packer === null || !this.#plain.empty || !this.#packer.append(row)) return this.#plain.add(row, size);
    return this.#packer.rowCount >= PACKED_ROWS || this.#packer.size >= PACKED_BYTES;
  }

  async flush() {
    if (this.#packer !== null) {
      await this.#flushPacked();
      if (!running.stopped) await this.#plain.flush();
      return;
    }
    const first = await this.#plain.flush();
    if (first.length === 0) return;
    while (running.types === null && !running.stopped) await nextMessage();
    if (running.stopped) return;
    this.#packer = new TextPacker(running.types);
    for (const row of first) this.add(row, 0);
    await this.flush();
  }

  async #flushPacked() {
    if (this.#packer.rowCount > 0) await send({ op: 'text', id: this.id, ...this.#packer.take() });
  }
}

/** Sends a batch, and waits when the other side has not asked for more. */
async function send(message) {
  process.send(message);
  running.credits -= 1;
  while (running.credits <= 0 && !running.stopped) await nextMessage();
  // Lets messages that arrived meanwhile (stop) be read between two batches.
  await new Promise((resolve) => setImmediate(resolve));
}

function nextMessage() {
  return new Promise((resolve) => {
    running.wake = resolve;
  });
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
