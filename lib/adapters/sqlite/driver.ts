import { QuarryError } from '../../kernel/errors';
import type {
  Catalogue,
  Column,
  ConnectionReport,
  ExecuteOptions,
  ExplainPlan,
  Lease,
  OpenLimits,
  Pool,
  PoolStats,
  ResultStream,
  Row,
  Statement,
  TextBatch,
  TextStream,
} from '../contract';
import { ConnectionPool } from '../pool';
import { lostReader, type ReaderBatch, SqliteConnection } from './connection';
import { introspect } from './introspect';
import type { SqliteConfig } from './manifest';
import { positional } from './placeholders';
import { readScans, rowsRead, stopsEarly } from './plan';
import { describeColumns, type RawValue, toBound, toRow } from './values';

const NO_TEXT = { bytes: new Uint8Array(0), ends: new Int32Array(0) };
/** For what the driver asks of its own accord. */
const OWN_LIMITS = { timeoutMs: 30_000, maxRows: 1_000_000, maxBytes: 500_000_000 };

/** Reader processes of one file. Nothing starts before the first lease. */
export function openPool(config: SqliteConfig, limits: OpenLimits): Pool {
  const pool: ConnectionPool<SqliteConnection> = new ConnectionPool(
    {
      connect: () =>
        SqliteConnection.open(config.file, {
          organizationId: limits.organizationId,
          writable: limits.allowWrites,
          timeoutMs: limits.connectTimeoutMs,
          onLost: (connection) => pool.lost(connection),
        }),
      settle: (connection) => connection.settle(),
      close: (connection) => connection.close(),
      interrupt: (connection) =>
        connection.kill(new QuarryError('query.cancelled', 'The source is being closed.', { stage: 'execute' })),
    },
    limits,
  );
  return {
    lease: async (options) => new SqliteLease(await pool.acquire(options?.signal), pool, config, limits),
    stats: (): PoolStats => pool.stats(),
    closeIdle: (count) => pool.closeIdle(count),
    drain: (graceMs) => pool.drain(graceMs),
  };
}

async function* rowsOf(batches: AsyncIterable<ReaderBatch>, columns: readonly Column[]): AsyncGenerator<Row[]> {
  for await (const batch of batches) if (Array.isArray(batch)) yield batch.map((row) => toRow(row, columns));
}

/** Rows with a value that its column's type doesn't foresee come as rows: only these say in a file what they are. */
async function* textOf(batches: AsyncIterable<ReaderBatch>, columns: readonly Column[]): AsyncGenerator<TextBatch> {
  for await (const batch of batches) {
    if (Array.isArray(batch)) yield { ...NO_TEXT, rowCount: batch.length, rows: batch.map((row) => toRow(row, columns)) };
    else yield batch;
  }
}

class SqliteLease implements Lease {
  readonly backendId: string;
  private released = false;
  /** Stops the clock of the last result, which nobody may have read to its end. */
  private endWatch: () => void = () => undefined;

  constructor(
    private readonly connection: SqliteConnection,
    private readonly pool: ConnectionPool<SqliteConnection>,
    private readonly config: SqliteConfig,
    private readonly limits: OpenLimits,
  ) {
    this.backendId = connection.pid;
  }

  async execute(statement: Statement, options: ExecuteOptions): Promise<ResultStream> {
    const { columns, batches, ended } = await this.start(statement, options, false);
    return { columns, rows: rowsOf(batches, columns), outcome: ended };
  }

  async executeText(statement: Statement, options: ExecuteOptions): Promise<TextStream | null> {
    if (options.write) return null;
    const { columns, batches, ended } = await this.start(statement, options, true);
    return { columns, batches: textOf(batches, columns), outcome: ended };
  }

  /** Runs a statement as far as its columns are known. */
  private async start(statement: Statement, options: ExecuteOptions, packed: boolean) {
    const { signal, timeoutMs, maxRows, maxBytes, write = false } = options;
    if (write && !this.limits.allowWrites)
      throw new QuarryError('query.refused', 'This source is for reading only.', { stage: 'execute' });
    if (signal.aborted) throw cancelled();
    this.endWatch();
    if (!(await this.connection.settle())) throw lostReader();
    const watch = new Watch(this.connection, signal, timeoutMs);
    const end = () => watch.end();
    this.endWatch = end;
    try {
      const { text, params = [] } = positional(statement);
      const { columns: raw, batches } = await this.connection.run({
        text,
        params: params.map(toBound),
        maxRows,
        maxBytes,
        write,
        packed,
      });
      // Types of expressions show in the first rows only, so the first batch comes before the columns are told.
      const first = await batches.next();
      const columns = describeColumns(raw, first.done || !Array.isArray(first.value) ? [] : first.value);
      if (packed) this.connection.describe(columns.map(({ type }) => type));
      let outcome: ReturnType<ResultStream['outcome']> = { truncated: null };
      const paced = async function* (): AsyncGenerator<ReaderBatch> {
        try {
          // The first rows of packed text come once more, packed.
          let step = packed && !first.done ? await batches.next() : first;
          while (!step.done) {
            watch.pause();
            yield step.value;
            watch.resume();
            step = await batches.next();
          }
          const { truncated, affectedRows } = step.value;
          outcome = { truncated, ...(affectedRows === undefined ? {} : { affectedRows }) };
        } finally {
          await batches.return({ op: 'end', id: 0, truncated: null });
          end();
        }
      };
      return { columns, batches: paced(), ended: () => outcome };
    } catch (error) {
      end();
      throw error;
    }
  }

  introspect(signal: AbortSignal): Promise<Catalogue> {
    return introspect((text, params) => this.readAll(text, params, signal));
  }

  async validate(): Promise<ConnectionReport> {
    const started = performance.now();
    const [version] = await this.readAll('SELECT sqlite_version()', [], new AbortController().signal);
    const latencyMs = Math.round((performance.now() - started) * 100) / 100;
    const [count] = await this.readAll(
      "SELECT count(*) FROM pragma_table_list WHERE schema = 'main' AND type IN ('table', 'view', 'virtual') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
      [],
      new AbortController().signal,
    );
    return {
      serverVersion: String(version?.[0] ?? ''),
      database: this.config.file.split('/').at(-1) ?? this.config.file,
      tableCount: Number(count?.[0] ?? 0),
      tls: 'off',
      latencyMs,
      // The handle itself is read-only unless the source allows writes; no login has a say.
      canWrite: this.limits.allowWrites,
    };
  }

  async explain(statement: Statement, options: ExecuteOptions): Promise<ExplainPlan> {
    const plan = await this.rowsOf({ ...statement, text: `EXPLAIN QUERY PLAN ${statement.text}` }, options);
    // How far such a statement goes is not known before it runs.
    if (stopsEarly(await this.rowsOf({ ...statement, text: `EXPLAIN ${statement.text}` }, options))) return { plan };
    const scans = readScans(plan);
    const sizes = new Map<string, number>();
    for (const name of new Set(scans.flatMap((scan) => (scan.table === null ? [] : [scan.table])))) {
      const size = await this.tableSize(name, options.signal);
      if (size !== null) sizes.set(name, size);
    }
    return { plan, estimatedRowsRead: rowsRead(scans, sizes) };
  }

  private async rowsOf(statement: Statement, options: ExecuteOptions): Promise<Row[]> {
    const rows: Row[] = [];
    for await (const batch of (await this.execute(statement, options)).rows) rows.push(...batch);
    return rows;
  }

  /** Rows of a table at most, without going through it; null for what has no row ids. */
  private async tableSize(name: string, signal: AbortSignal): Promise<number | null> {
    try {
      const [row] = await this.readAll(`SELECT max(rowid) FROM "${name.replaceAll('"', '""')}"`, [], signal);
      return Number(row?.[0] ?? 0);
    } catch {
      // An alias, a view, a table without row ids: nothing is known of it.
      return null;
    }
  }

  async ping(signal: AbortSignal): Promise<void> {
    await this.readAll('SELECT 1', [], signal);
  }

  /** Small results of the driver's own queries, raw values as text or number. */
  private async readAll(text: string, params: RawValue[], signal: AbortSignal): Promise<RawValue[][]> {
    const watch = new Watch(this.connection, signal, OWN_LIMITS.timeoutMs);
    try {
      const { batches } = await this.connection.run({ text, params, ...OWN_LIMITS, write: false, packed: false });
      const rows: RawValue[][] = [];
      for await (const batch of batches) if (Array.isArray(batch)) rows.push(...batch);
      return rows;
    } finally {
      watch.end();
    }
  }

  release(broken = false): void {
    if (this.released) return;
    this.released = true;
    this.endWatch();
    if (!broken && !this.connection.dead) void this.connection.settle();
    this.pool.release(this.connection, broken || this.connection.dead);
  }
}

/**
 * Ends the process when time is up or the caller leaves: nothing else stops a statement of SQLite from outside. Time in which the
 * caller is busy with a batch doesn't count.
 */
class Watch {
  private timer: NodeJS.Timeout | undefined;
  private leftMs: number;
  private since = 0;
  private readonly onAbort = () => this.connection.kill(cancelled());

  constructor(
    private readonly connection: SqliteConnection,
    private readonly signal: AbortSignal,
    private readonly timeoutMs: number,
  ) {
    this.leftMs = timeoutMs;
    signal.addEventListener('abort', this.onAbort, { once: true });
    this.resume();
  }

  resume(): void {
    this.since = performance.now();
    this.timer = setTimeout(() => this.connection.kill(this.timedOut()), this.leftMs);
  }

  pause(): void {
    clearTimeout(this.timer);
    this.leftMs = Math.max(1, this.leftMs - (performance.now() - this.since));
  }

  end(): void {
    clearTimeout(this.timer);
    this.signal.removeEventListener('abort', this.onAbort);
  }

  private timedOut(): QuarryError {
    const seconds = Math.round(this.timeoutMs / 100) / 10;
    return new QuarryError(
      'query.timeout',
      `The query ran longer than ${seconds} s and was stopped. Filter or aggregate earlier.`,
      {
        stage: 'execute',
        details: { timeoutMs: this.timeoutMs },
      },
    );
  }
}

function cancelled(): QuarryError {
  return new QuarryError('query.cancelled', 'The query was cancelled.', { stage: 'execute' });
}
