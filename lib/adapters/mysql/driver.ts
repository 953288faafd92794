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
  TextBatch,
  TextStream,
} from '../contract';
import { ConnectionPool } from '../pool';
import { RowCap } from '../row-cap';
import { MysqlConnection, SESSION_TIMEOUT_MS, type Shared } from './connection';
import { analysisOf } from './dialect';
import { queryError, type StopReason } from './errors';
import type { Execution } from './execution';
import { planOf } from './explain';
import { stopsAfter } from './facts';
import { introspect } from './introspect';
import type { MysqlConfig } from './manifest';
import { toParameter } from './parameters';
import { replicaLag } from './replica-lag';
import { inspectConnection } from './report';
import { CellSink, type RowSink } from './rows';
import { TextPacker } from './text-packer';
import { columnOf } from './types';
import { verifyFunctions } from './verify-functions';
import { type Field, MAX_PAYLOAD_BYTES } from './wire';

/** What the server's own time-out is given before we cancel from outside. */
const BACKSTOP_MS = 1_000;

/** The pool of one source. Nothing connects before the first lease. */
export function openPool(config: MysqlConfig, limits: OpenLimits): Pool {
  return new MysqlPool(config, limits);
}

class MysqlPool implements Pool {
  private readonly pool: ConnectionPool<MysqlConnection>;
  private readonly shared: Shared;

  constructor(config: MysqlConfig, limits: OpenLimits) {
    this.shared = {
      config,
      limits,
      plain: false,
      functions: new Map(),
      onLost: (connection) => this.pool.lost(connection),
    };
    this.pool = new ConnectionPool(
      {
        connect: () => MysqlConnection.open(this.shared),
        settle: (connection) => (connection.settled ? true : connection.settle()),
        close: (connection) => connection.close(),
        interrupt: (connection) => void connection.cancel(),
      },
      limits,
    );
  }

  async lease(options: { signal?: AbortSignal } = {}): Promise<Lease> {
    return new MysqlLease(await this.pool.acquire(options.signal), this.pool, this.shared);
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

class MysqlLease implements Lease {
  readonly backendId: string;
  private released = false;

  constructor(
    private readonly connection: MysqlConnection,
    private readonly pool: ConnectionPool<MysqlConnection>,
    private readonly shared: Shared,
  ) {
    this.backendId = connection.id;
  }

  async execute(statement: Statement, options: ExecuteOptions): Promise<ResultStream> {
    const { write = false } = options;
    if (write && !this.shared.limits.allowWrites) throw new QuarryError('query.refused', 'This source is for reading only.');
    const { execution, cap, columns, explain } = await this.begin(statement, options, (fields) => new CellSink(fields));
    if (write) await this.commit(execution, explain);
    return {
      columns,
      rows: readBatches<Row[]>(execution, explain),
      outcome: () => ({ truncated: cap.truncated, ...(write ? { affectedRows: execution.affectedRows } : {}) }),
    };
  }

  async executeText(statement: Statement, options: ExecuteOptions): Promise<TextStream | null> {
    if (options.write) return null;
    const { execution, cap, columns, explain } = await this.begin(statement, options, (fields) => new TextPacker(fields));
    return { columns, batches: readBatches<TextBatch>(execution, explain), outcome: () => ({ truncated: cap.truncated }) };
  }

  /** Starts a statement; resolves when its columns are known. */
  private async begin<B extends Row[] | TextBatch>(
    statement: Statement,
    options: ExecuteOptions,
    sinkFor: (fields: Field[]) => RowSink<B>,
  ) {
    const { write = false } = options;
    const params = (statement.params ?? []).map(toParameter);
    const prefix = tagPrefix(options);
    const text = prefix + statement.text;
    assertSendable(text, params);
    const timeoutMs = Math.max(1, Math.round(options.timeoutMs));
    await this.makeReady(options, timeoutMs);
    const cap = new RowCap(options.maxRows, options.maxBytes);
    const watch = new Watch(this.connection, options.signal, timeoutMs + BACKSTOP_MS);
    const execution = this.connection.start<B>({ text, params, write }, sinkFor, (bytes) => cap.admit(bytes));
    void execution.finished.then(() => watch.stop());
    const explain = (error: unknown) => this.explained(error, watch.reason, timeoutMs, statement.text);
    try {
      const fields = await execution.described;
      if (execution.error !== null) throw execution.error;
      // A statement that sleeps may answer as if nothing had happened when it is stopped.
      return {
        execution,
        cap,
        columns: fields.map(columnOf),
        explain: Object.assign(explain, { stopped: () => watch.reason !== null }),
      };
    } catch (error) {
      throw explain(error);
    }
  }

  /** A write has happened only when its COMMIT has. */
  private async commit(execution: Execution<Row[]>, explain: (error: unknown) => QuarryError): Promise<void> {
    try {
      await execution.finished;
      if (execution.error !== null) throw execution.error;
      await this.connection.rows('COMMIT');
    } catch (error) {
      throw explain(error);
    }
  }

  /** Nothing of the last user is left, the server knows the time-out, and the customer's functions only compute. */
  private async makeReady({ signal, write, verifyFunctions: names = [] }: ExecuteOptions, timeoutMs: number): Promise<void> {
    if (!(await this.connection.settle())) throw queryError(null, this.shared.config, null, timeoutMs);
    await this.guarded(signal, timeoutMs, async () => {
      if (names.length > 0) await verifyFunctions(this.connection, this.shared, names);
      if (timeoutMs !== SESSION_TIMEOUT_MS) await this.connection.limitTime(timeoutMs);
      if (write) await this.connection.rows('START TRANSACTION READ WRITE');
    });
    if (signal.aborted) throw new QuarryError('query.cancelled', 'The query was cancelled.', { stage: 'execute' });
  }

  /** A failed query's error in our words; a server that went away counts against the pool. */
  private explained(error: unknown, reason: StopReason, timeoutMs: number, text: string): QuarryError {
    const explained = queryError(error, this.shared.config, reason, timeoutMs, text);
    if (explained.code === 'source.unreachable') this.pool.countError();
    return explained;
  }

  introspect(signal: AbortSignal): Promise<Catalogue> {
    return this.guarded(signal, SESSION_TIMEOUT_MS, () => introspect(this.connection));
  }

  validate(): Promise<ConnectionReport> {
    return this.guarded(undefined, SESSION_TIMEOUT_MS, () => inspectConnection(this.connection, this.shared.config));
  }

  async explain(statement: Statement, options: ExecuteOptions): Promise<ExplainPlan> {
    const result = await this.execute({ ...statement, text: `EXPLAIN FORMAT=JSON ${statement.text}` }, options);
    const rows: Row[] = [];
    for await (const batch of result.rows) rows.push(...batch);
    // MariaDB's plan names no cost before version 11; the session knows the one of its last plan.
    const [status] = await this.guarded(options.signal, options.timeoutMs, () =>
      this.connection.rows("SHOW SESSION STATUS LIKE 'Last_query_cost'"),
    );
    return planOf(rows[0]?.[0] ?? null, Number(status?.[1] ?? 0), stopsAfter(analysisOf(statement.text)));
  }

  async ping(signal: AbortSignal): Promise<void> {
    await this.guarded(signal, SESSION_TIMEOUT_MS, async () => {
      if (!(await this.connection.settle())) throw queryError(null, this.shared.config, null, SESSION_TIMEOUT_MS);
      await this.connection.rows('SELECT 1');
    });
  }

  /** As the server says itself; a login without the privilege to ask, or a replica that has stopped, gives null. */
  async replicaLag(signal: AbortSignal): Promise<number | null> {
    return this.guarded(signal, SESSION_TIMEOUT_MS, () => replicaLag(this.connection));
  }

  release(broken = false): void {
    if (this.released) return;
    this.released = true;
    if (broken || this.connection.dead) {
      this.pool.release(this.connection, true);
      return;
    }
    // Starts to tidy up at once; the next user waits for it only if it isn't done by then.
    if (!this.connection.settled) void this.connection.settle();
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

function tagPrefix({ tag }: ExecuteOptions): string {
  return tag ? `/* ${tag.replace(/[^\w:. -]/g, '')} */ ` : '';
}

/** Refuses what one packet can't carry. @param params encoded values */
function assertSendable(text: string, params: readonly { bytes: Uint8Array | null }[]): void {
  const bytes = params.reduce((sum, param) => sum + (param.bytes?.length ?? 0), Buffer.byteLength(text));
  if (bytes > MAX_PAYLOAD_BYTES - 1_000) throw new QuarryError('query.invalid', 'The query is longer than 16 MB. Shorten it.');
}

type Explain = ((error: unknown) => QuarryError) & { stopped(): boolean };

async function* readBatches<B extends Row[] | TextBatch>(execution: Execution<B>, explain: Explain): AsyncGenerator<B> {
  try {
    for (let batch = await execution.read(); batch !== null; batch = await execution.read()) {
      if (explain.stopped()) break;
      yield batch;
    }
    if (explain.stopped()) throw new Error('stopped');
  } catch (error) {
    throw explain(error);
  } finally {
    if (execution.running) execution.discard();
  }
}

/** Sends KILL QUERY when the caller goes away, or when the server's own time-out did not do its work. */
class Watch {
  reason: StopReason = null;
  private readonly timer: NodeJS.Timeout;
  private readonly onAbort = () => this.stopQuery('cancelled');

  constructor(
    private readonly connection: MysqlConnection,
    private readonly signal: AbortSignal,
    afterMs: number,
  ) {
    signal.addEventListener('abort', this.onAbort, { once: true });
    this.timer = setTimeout(() => this.stopQuery('timeout'), afterMs);
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
