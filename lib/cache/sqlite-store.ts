import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import Database, { type Database as Connection, type Statement } from 'better-sqlite3';
import type { Clock } from '../kernel/clock';
import { logger } from '../kernel/log';
import { type ByteStore, StoreAway } from './byte-store';

/** After a full disk or a failing one, it is tried again so much later. */
const REST_MS = 30_000;
/** Another process that writes is waited for so long; a cache that waits longer costs more than it saves. */
const BUSY_MS = 50;
const PAGE_BYTES = 4_096;
/** Reads noted between two writes. */
const MOST_TOUCHED = 10_000;

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS entries (
    key TEXT PRIMARY KEY, value BLOB NOT NULL, bytes INTEGER NOT NULL, expires_at INTEGER NOT NULL, used INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS entries_by_use ON entries (used, key);
  CREATE TABLE IF NOT EXISTS total (one INTEGER PRIMARY KEY CHECK (one = 1), bytes INTEGER NOT NULL);
  INSERT OR IGNORE INTO total VALUES (1, 0);
  CREATE TRIGGER IF NOT EXISTS entry_added AFTER INSERT ON entries
    BEGIN UPDATE total SET bytes = bytes + new.bytes; END;
  CREATE TRIGGER IF NOT EXISTS entry_removed AFTER DELETE ON entries
    BEGIN UPDATE total SET bytes = bytes - old.bytes; END;
`;

interface Open {
  connection: Connection;
  statements: Record<keyof typeof SQL, Statement>;
}

const SQL = {
  get: 'SELECT value FROM entries WHERE key = ? AND expires_at > ?',
  touch: 'UPDATE entries SET used = ? WHERE key = ?',
  insert: 'INSERT INTO entries (key, value, bytes, expires_at, used) VALUES (?, ?, ?, ?, ?)',
  remove: 'DELETE FROM entries WHERE key = ?',
  total: 'SELECT bytes FROM total',
  oldest: 'SELECT key, bytes, expires_at AS expiresAt FROM entries ORDER BY used, key LIMIT 1',
  // A prefix as a range of the primary key; keys are plain ASCII.
  clear: 'DELETE FROM entries WHERE key >= :prefix AND key < :prefix || char(127)',
  stats: `SELECT count(*) AS entries, coalesce(sum(bytes), 0) AS bytes FROM entries
    WHERE key >= :prefix AND key < :prefix || char(127) AND expires_at > :now`,
  clean: 'DELETE FROM entries WHERE expires_at <= ?',
};

/**
 * Bytes in a SQLite file, which several processes may share and which survives a restart. Bounded, least recently used first out.
 * Writes don't wait for the disk: a crash of the machine may cost the file, which then starts anew, as any file that can't be read.
 * The driver blocks its thread: for 0.02 ms when it reads one row of a result, for some 10 ms when it writes 200 KB.
 */
export function sqliteStore(options: { file: string; maxBytes: number; clock: Clock }): ByteStore {
  const { clock } = options;
  let open: Open | null = null;
  let restsUntil = 0;
  let startedAnew = false;
  /** Keys used since the last write: their order is written with it, so that reading writes nothing. */
  let touched = new Map<string, number>();
  let sequence = 0;
  /** Of last use: grows within this process, and across processes as their clocks do. */
  const nextUse = () => {
    sequence = Math.max(sequence + 1, Math.round((performance.timeOrigin + performance.now()) * 1_000));
    return sequence;
  };

  const run = <T>(work: (open: Open) => T): T => {
    if (clock.now() < restsUntil) throw new StoreAway();
    try {
      open ??= openFile(options);
      return work(open);
    } catch (error) {
      return recover(error, work);
    }
  };

  const recover = <T>(error: unknown, work: (open: Open) => T): T => {
    const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
    // A mistake of ours, not of the file's.
    if (code === null) throw error;
    if (/^SQLITE_BUSY|^SQLITE_LOCKED/.test(code)) throw new StoreAway();
    close();
    if (/^SQLITE_(CORRUPT|NOTADB|SCHEMA|ERROR|MISMATCH)/.test(code) && !startedAnew) {
      startedAnew = true;
      logger().warn({ code }, 'cache file: it could not be read and is started anew');
      for (const suffix of ['', '-wal', '-shm']) rmSync(options.file + suffix, { force: true });
      return run(work);
    }
    restsUntil = clock.now() + REST_MS;
    startedAnew = false;
    logger().warn({ code }, 'cache file: not usable now; memory is used instead');
    throw new StoreAway();
  };

  const close = () => {
    try {
      open?.connection.close();
    } catch {
      // It is of no use any more either way.
    }
    open = null;
  };

  const write = ({ connection, statements }: Open, key: string, value: Buffer, expiresAt: number): string[] => {
    const evicted: string[] = [];
    const put = connection.transaction(() => {
      for (const [one, use] of touched) statements.touch.run(use, one);
      statements.remove.run(key);
      statements.insert.run(key, value, value.length, expiresAt, nextUse());
      for (let total = totalOf(statements); total > options.maxBytes; total = totalOf(statements)) {
        const oldest = statements.oldest.get() as { key: string; expiresAt: number } | undefined;
        if (!oldest) break;
        statements.remove.run(oldest.key);
        if (oldest.expiresAt > clock.now()) evicted.push(oldest.key);
      }
    });
    put.immediate();
    touched = new Map();
    return evicted;
  };

  return {
    async get(key) {
      const row = run(({ statements }) => statements.get.get(key, clock.now())) as { value: Buffer } | undefined;
      if (row && (touched.size < MOST_TOUCHED || touched.has(key))) touched.set(key, nextUse());
      return row?.value;
    },
    set: async (key, value, ttlMs) => run((now) => write(now, key, value, Math.ceil(clock.now() + ttlMs))),
    delete: async (key) => void run(({ statements }) => statements.remove.run(key)),
    clearPrefix: async (prefix) => void run(({ statements }) => statements.clear.run({ prefix })),
    stats: async (prefix) =>
      run(({ statements }) => statements.stats.get({ prefix, now: clock.now() })) as { entries: number; bytes: number },
    async clean() {
      return run(({ connection, statements }) => {
        const { changes } = statements.clean.run(clock.now());
        connection.pragma('incremental_vacuum');
        connection.pragma('wal_checkpoint(TRUNCATE)');
        return changes;
      });
    },
    trouble: () => (clock.now() < restsUntil ? 'The file of the cache cannot be used.' : null),
  };
}

const totalOf = (statements: Open['statements']) => (statements.total.get() as { bytes: number }).bytes;

function openFile({ file, maxBytes }: { file: string; maxBytes: number }): Open {
  mkdirSync(/* turbopackIgnore: true */ path.dirname(file), { recursive: true, mode: 0o700 });
  const connection = new Database(/* turbopackIgnore: true */ file, { timeout: BUSY_MS });
  try {
    chmodSync(/* turbopackIgnore: true */ file, 0o600);
    connection.pragma('auto_vacuum = INCREMENTAL');
    connection.pragma('journal_mode = WAL');
    connection.pragma('synchronous = OFF');
    // A second wall behind the bound: pages freed and not yet given back, indexes.
    connection.pragma(`max_page_count = ${Math.ceil((maxBytes * 2) / PAGE_BYTES) + 256}`);
    connection.exec(SCHEMA);
    const names = Object.keys(SQL) as (keyof typeof SQL)[];
    const statements = Object.fromEntries(names.map((name) => [name, connection.prepare(SQL[name])])) as Open['statements'];
    return { connection, statements };
  } catch (error) {
    connection.close();
    throw error;
  }
}
