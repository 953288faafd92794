import { QuarryError } from '../../kernel/errors';
import type {
  Catalogue,
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
  TextStream,
} from '../contract';
import { ConnectionPool } from '../pool';
import { RowCap } from '../row-cap';
import { assertSendable, PostgresConnection, type RunningExecution, SESSION_TIMEOUT_MS, type Shared } from './connection';
import { queryError, type StopReason } from './errors';
import { introspect } from './introspect';
import type { PostgresConfig } from './manifest';
import { readPlan, rowsRead } from './plan';
import { inspectConnection } from './report';
import { verifyFunctions } from './verify-functions';

/** Results of up to this many rows are asked for in one go; longer ones by portions. */
const ONE_GO_ROWS = 50_000;
const PORTION_ROWS = 500;
/** What the server's own time-out is given before we cancel from outside. */
const BACKSTOP_MS = 1_000;

/** The pool of one source. Nothing connects before the first lease. */
export function openPool(config: PostgresConfig, limits: OpenLimits): Pool {
  return new PostgresPool(config, limits);
}

class PostgresPool implements Pool {
  private readonly pool: ConnectionPool<PostgresConnection>;

  constructor(config: PostgresConfig, limits: OpenLimits) {
    const shared: Shared = {
      config,
      limits,
      plain: false,
      customTypes: null,
      volatility: new Map(),
      onLost: (connection) => this.pool.lost(connection),
    };
    this.pool = new ConnectionPool(
      {
        connect: () => PostgresConnection.open(shared),
        settle: (connection) => (connection.settled ? true : connection.settle()),
        close: (connection) => connection.close(),
        interrupt: (connection) => void connection.cancel(),
      },
      limits,
    );
    this.leaseOf = (connection) => new PostgresLease(connection, this.pool, shared);
  }

  private readonly leaseOf: (connection: PostgresConnection) => Lease;

  async lease(options: { signal?: AbortSignal } = {}): Promise<Lease> {
    return this.leaseOf(await this.pool.acquire(options.signal));
  }

  stats(): PoolStats {
    return this.pool.stats();
  }

  closeIdle(count: number): Promise<number> {
    return this.pool.closeIdle(count);
  }

  drain(graceMs: number): Promise<void> {
    return this.pool.drain(graceMs);
  }
}

class PostgresLease implements Lease {
  readonly backendId: string;
  private released = false;

  constructor(
    private readonly connection: PostgresConnection,
    private readonly pool: ConnectionPool<PostgresConnection>,
    private readonly shared: Shared,
  ) {
    this.backendId = connection.pid;
  }

  async execute(statement: Statement, options: ExecuteOptions): Promise<ResultStream> {
    const { write = false } = options;
    if (write && !this.shared.limits.allowWrites) throw new QuarryError('query.refused', 'This source is for reading only.');
    const params = (statement.params ?? []).map(toWireValue);
    assertSendable(statement.text, params);
    await this.makeReady(options);
    return this.run(statement.text, params, options, write);
  }

  /** COPY takes no parameters, and only what may stand in parentheses. */
  async executeText(statement: Statement, options: ExecuteOptions): Promise<TextStream | null> {
    const text = statement.text.trim();
    if (options.write || (statement.params?.length ?? 0) > 0 || !COPYABLE.test(text) || text.endsWith(';')) return null;
    if (this.connection.anyBytes) return null;
    assertSendable(text, []);
    await this.makeReady(options);
    return this.runCopy(text, options);
  }

  /** Nothing of the last user is left, the types are known, and the customer's functions only compute. */
  private async makeReady({ signal, timeoutMs, verifyFunctions: functions = [] }: ExecuteOptions): Promise<void> {
    if (!(await this.connection.settle())) throw queryError(null, this.shared.config, null, timeoutMs);
    await this.guarded(signal, timeoutMs, async () => {
      await this.connection.refreshTypes();
      await verifyFunctions(this.connection, this.shared, functions);
    });
    if (signal.aborted) throw new QuarryError('query.cancelled', 'The query was cancelled.', { stage: 'execute' });
  }

  private async runCopy(text: string, options: ExecuteOptions): Promise<TextStream> {
    const timeoutMs = Math.max(1, Math.round(options.timeoutMs));
    const cap = new RowCap(options.maxRows, options.maxBytes);
    // The server's time-out counts a slow reader's pauses too, hence no outer one beside it.
    const watch = new Watch(this.connection, options.signal, timeoutMs + BACKSTOP_MS);
    const prefix = tagPrefix(options);
    const execution = this.connection.startCopy(
      { before: beginTransaction(false, timeoutMs), text: prefix + text, after: 'ROLLBACK' },
      (bytes) => cap.admit(bytes),
    );
    void execution.finished.then(() => watch.stop());
    const explain = (error: unknown) => this.explained(error, watch, timeoutMs, prefix);
    try {
      const fields = await execution.described;
      if (execution.error !== null) throw execution.error;
      return {
        columns: this.connection.columnsOf(fields),
        batches: readAll(execution, watch, explain),
        outcome: () => ({ truncated: cap.truncated }),
      };
    } catch (error) {
      throw explain(error);
    }
  }

  /** A failed query's error in our words; a server that went away counts against the pool. */
  private explained(error: unknown, watch: Watch, timeoutMs: number, prefix: string): QuarryError {
    const explained = queryError(error, this.shared.config, watch.reason, timeoutMs, prefix.length);
    if (explained.code === 'source.unreachable') this.pool.countError();
    return explained;
  }

  private async run(text: string, params: (string | null)[], options: ExecuteOptions, write: boolean): Promise<ResultStream> {
    const prefix = tagPrefix(options);
    const timeoutMs = Math.max(1, Math.round(options.timeoutMs));
    const cap = new RowCap(options.maxRows, options.maxBytes);
    const watch = new Watch(this.connection, options.signal, timeoutMs + BACKSTOP_MS);
    const execution = this.connection.start(
      {
        before: beginTransaction(write, timeoutMs),
        text: prefix + text,
        params,
        after: write ? 'COMMIT' : 'ROLLBACK',
        fetchSize: write || options.maxRows <= ONE_GO_ROWS ? 0 : PORTION_ROWS,
      },
      (bytes) => cap.admit(bytes),
      () => watch.restart(),
    );
    void execution.finished.then(() => watch.stop());
    const explain = (error: unknown) => this.explained(error, watch, timeoutMs, prefix);
    try {
      const fields = await execution.described;
      if (execution.error !== null) throw execution.error;
      return {
        columns: this.connection.columnsOf(fields),
        rows: readAll(execution, watch, explain),
        outcome: () => ({ truncated: cap.truncated, ...(write ? { affectedRows: affectedRows(execution.commandTag) } : {}) }),
      };
    } catch (error) {
      throw explain(error);
    }
  }

  introspect(signal: AbortSignal): Promise<Catalogue> {
    return this.guarded(signal, SESSION_TIMEOUT_MS, () => introspect(this.connection));
  }

  validate(): Promise<ConnectionReport> {
    return this.guarded(undefined, SESSION_TIMEOUT_MS, () => inspectConnection(this.connection, this.shared.config));
  }

  async explain(statement: Statement, options: ExecuteOptions): Promise<ExplainPlan> {
    const text = `EXPLAIN (FORMAT JSON, VERBOSE) ${statement.text}`;
    const result = await this.execute({ ...statement, text }, options);
    const rows: Row[] = [];
    for await (const batch of result.rows) rows.push(...batch);
    const plan = rows[0]?.[0] ?? null;
    const { rows: estimatedRows, cost: estimatedCost, scans } = readPlan(plan);
    const filtered = scans.filter(({ share }) => share !== null);
    const sizes = filtered.length === 0 ? new Map<string, number>() : await this.tableSizes(filtered, options);
    const estimatedRowsRead = rowsRead(scans, (schema, name) => sizes.get(`${schema}.${name}`));
    return { plan, estimatedRows, estimatedRowsRead, estimatedCost };
  }

  /** Rows of tables as the planner believes, by "schema.name". */
  private async tableSizes(tables: { schema: string; name: string }[], { signal, timeoutMs }: ExecuteOptions) {
    if (!(await this.connection.settle())) throw queryError(null, this.shared.config, null, timeoutMs);
    const found = await this.guarded(signal, timeoutMs, () =>
      this.connection.rows(
        `SELECT n.nspname || '.' || c.relname, c.reltuples::bigint FROM pg_catalog.pg_class c
         JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
         WHERE c.reltuples >= 0 AND n.nspname || '.' || c.relname = ANY (SELECT json_array_elements_text($1::json))`,
        [JSON.stringify(tables.map(({ schema, name }) => `${schema}.${name}`))],
      ),
    );
    return new Map(found.map(([name, count]) => [String(name), Number(count)]));
  }

  async ping(signal: AbortSignal): Promise<void> {
    await this.guarded(signal, SESSION_TIMEOUT_MS, async () => {
      if (!(await this.connection.settle())) throw queryError(null, this.shared.config, null, SESSION_TIMEOUT_MS);
      await this.connection.rows('SELECT 1');
    });
  }

  /**
   * Caught up while it hears from the primary and has nothing left to replay; else the age of what it replayed last (of its start, when
   * that is nothing).
   */
  async replicaLag(signal: AbortSignal): Promise<number | null> {
    const [row] = await this.guarded(signal, SESSION_TIMEOUT_MS, () =>
      this.connection.rows(`
        SELECT CASE WHEN NOT pg_is_in_recovery() THEN NULL
          WHEN pg_last_wal_receive_lsn() <= pg_last_wal_replay_lsn() AND EXISTS (SELECT FROM pg_stat_wal_receiver) THEN 0
          ELSE greatest(0, extract(epoch FROM clock_timestamp() - coalesce(pg_last_xact_replay_timestamp(), pg_postmaster_start_time()))) END`),
    );
    return row?.[0] == null ? null : Number(row[0]);
  }

  release(broken = false): void {
    if (this.released) return;
    this.released = true;
    if (broken || this.connection.dead) {
      this.pool.release(this.connection, true);
      return;
    }
    // Starts to tidy up at once; the next user waits for it only if it isn't done by then.
    void this.connection.settle();
    this.pool.release(this.connection);
  }

  /** Runs Quarry's own catalogue queries so that the signal stops them and their errors are ours. */
  private async guarded<T>(signal: AbortSignal | undefined, timeoutMs: number, work: () => Promise<T>): Promise<T> {
    const stop = () => void this.connection.cancel();
    signal?.addEventListener('abort', stop, { once: true });
    try {
      return await work();
    } catch (error) {
      throw queryError(error, this.shared.config, signal?.aborted ? 'cancelled' : null, timeoutMs);
    } finally {
      signal?.removeEventListener('abort', stop);
    }
  }
}

const COPYABLE = /^(?:select|with|values|table|\()/i;

function tagPrefix({ tag }: ExecuteOptions): string {
  return tag ? `/* ${tag.replace(/[^\w:. -]/g, '')} */ ` : '';
}

function beginTransaction(write: boolean, timeoutMs: number): string[] {
  const setTimeoutHere = timeoutMs === SESSION_TIMEOUT_MS ? [] : [`SET LOCAL statement_timeout = ${timeoutMs}`];
  return [write ? 'BEGIN READ WRITE' : 'BEGIN READ ONLY', ...setTimeoutHere];
}

/** What of an execution its reader uses: rows as cells, or packed. */
interface Readable<Batch> extends RunningExecution {
  next(): Promise<Batch | null>;
}

/**
 * Every batch to the last. A server that is between two portions has nothing to cancel and doesn't hear a cancel request, so that a
 * stopped query ends here too.
 */
async function* readAll<Batch>(
  execution: Readable<Batch>,
  watch: Watch,
  explain: (error: unknown) => QuarryError,
): AsyncGenerator<Batch> {
  const assertWanted = () => {
    if (watch.reason !== null) throw explain(null);
  };
  try {
    for (let batch = await execution.next(); batch !== null; batch = await execution.next()) {
      assertWanted();
      yield batch;
      assertWanted();
    }
  } catch (error) {
    throw explain(error);
  } finally {
    if (execution.running) execution.discard();
  }
}

/** Sends the cancel request when the caller goes away, or when the server's own time-out did not do its work. */
class Watch {
  reason: StopReason = null;
  private timer: NodeJS.Timeout | undefined;
  private readonly onAbort = () => this.stopQuery('cancelled');

  constructor(
    private readonly connection: PostgresConnection,
    private readonly signal: AbortSignal,
    private readonly afterMs: number,
  ) {
    signal.addEventListener('abort', this.onAbort, { once: true });
    this.restart();
  }

  restart(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.stopQuery('timeout'), this.afterMs);
  }

  stop(): void {
    clearTimeout(this.timer);
    this.signal.removeEventListener('abort', this.onAbort);
  }

  private stopQuery(reason: 'cancelled' | 'timeout'): void {
    this.reason ??= reason;
    void this.connection.cancel();
  }
}

/** "INSERT 0 3" and "UPDATE 3" end in the count. */
function affectedRows(commandTag: string): number {
  return Number(/(\d+)$/.exec(commandTag)?.[1] ?? 0);
}

/** A bound value as text; the server infers the type. Objects go as JSON, arrays as array literals. */
function toWireValue(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return value ? 'true' : 'false';
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Uint8Array) return `\\x${Buffer.from(value).toString('hex')}`;
  if (Array.isArray(value)) return arrayLiteral(value);
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function arrayLiteral(values: unknown[]): string {
  const items = values.map((value) => {
    if (Array.isArray(value)) return arrayLiteral(value);
    const text = toWireValue(value);
    return text === null ? 'NULL' : `"${text.replace(/[\\"]/g, '\\$&')}"`;
  });
  return `{${items.join(',')}}`;
}
