import { randomBytes } from 'node:crypto';
import { MongoError } from 'mongodb';
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
  TextStream,
} from '../contract';
import { ConnectionPool } from '../pool';
import { RowCap } from '../row-cap';
import { assertCollections } from './collections';
import { type Command, commandOf } from './commands';
import { MongoConnection, type Shared } from './connection';
import { type Batch, QueryCursor } from './cursor';
import { DocumentRows, ShapeFinder } from './document-rows';
import { queryError } from './errors';
import { estimates } from './explain';
import { fixedColumns } from './fixed-columns';
import { introspect } from './introspect';
import type { MongoConfig } from './manifest';
import { isWrite, type Operation } from './operation';
import { inspectConnection } from './report';
import { type Begun, packRows, readAll, takeRows } from './results';
import { countAnswer, planAnswer, valuesAnswer, writtenOf } from './single-answers';
import { parseOperation } from './statement';
import { surveyOf } from './survey';
import { TextPacker } from './text-packer';

/** How long Quarry's own questions may take. */
const OWN_TIMEOUT_MS = 30_000;
/** Thousands of collections far away take a while; each question has a limit of its own. */
const INTROSPECTION_TIMEOUT_MS = 600_000;
const FIRST_BATCH = 1_000;
/** Results of up to this many rows get their columns from all of their documents, as long as these fit into so many bytes. */
const INTERACTIVE_ROWS = 10_000;
const INTERACTIVE_BYTES = 16_000_000;
/** Longer ones from their first documents. */
const STREAM_BYTES = 4_000_000;

/** The pool of one source. Nothing connects before the first lease. */
export function openPool(config: MongoConfig, limits: OpenLimits): Pool {
  return new MongoPool(config, limits);
}

class MongoPool implements Pool {
  private readonly pool: ConnectionPool<MongoConnection>;
  private readonly shared: Shared;

  constructor(config: MongoConfig, limits: OpenLimits) {
    this.shared = { config, limits, settings: null, known: new Set(), onLost: (connection) => this.pool.lost(connection) };
    this.pool = new ConnectionPool(
      {
        connect: () => MongoConnection.open(this.shared),
        settle: (connection) => (connection.settled ? true : connection.settle()),
        close: (connection) => connection.close(),
        interrupt: (connection) => void connection.cancel(),
      },
      limits,
    );
  }

  async lease(options: { signal?: AbortSignal } = {}): Promise<Lease> {
    return new MongoLease(await this.pool.acquire(options.signal), this.pool, this.shared);
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

class MongoLease implements Lease {
  readonly backendId: string;
  private released = false;

  constructor(
    private readonly connection: MongoConnection,
    private readonly pool: ConnectionPool<MongoConnection>,
    private readonly shared: Shared,
  ) {
    this.backendId = connection.id;
  }

  async execute(statement: Statement, options: ExecuteOptions): Promise<ResultStream> {
    const prepared = this.prepare(parseOperation(statement.text), statement.params, options);
    await this.makeReady(options);
    if (prepared.command.answer !== 'cursor') return this.single(prepared, options);
    const cap = new RowCap(options.maxRows, options.maxBytes);
    const { columns, ...begun } = await this.begin(prepared, options);
    const rows = new DocumentRows(columns);
    return {
      columns,
      rows: readAll(begun, cap, (batch) => takeRows(batch, rows, cap)),
      outcome: () => ({ truncated: cap.truncated }),
    };
  }

  async executeText(statement: Statement, options: ExecuteOptions): Promise<TextStream | null> {
    const prepared = this.prepare(parseOperation(statement.text), statement.params, options);
    if (prepared.command.answer !== 'cursor') return null;
    await this.makeReady(options);
    const cap = new RowCap(options.maxRows, options.maxBytes);
    const { columns, ...begun } = await this.begin(prepared, options);
    const packer = new TextPacker(new DocumentRows(columns));
    return {
      columns,
      batches: readAll(begun, cap, (batch) => packRows(batch, packer, cap)),
      outcome: () => ({ truncated: cap.truncated }),
    };
  }

  introspect(signal: AbortSignal): Promise<Catalogue> {
    return this.guarded(signal, () => introspect(this.connection, signal), INTROSPECTION_TIMEOUT_MS);
  }

  validate(): Promise<ConnectionReport> {
    return this.guarded(undefined, () => inspectConnection(this.connection, this.shared.config));
  }

  async ping(signal: AbortSignal): Promise<void> {
    await this.guarded(signal, () => this.connection.ask({ ping: 1 }));
  }

  async explain(statement: Statement, options: ExecuteOptions): Promise<ExplainPlan> {
    const operation: Operation = { ...parseOperation(statement.text), explain: true, limitPlace: null };
    const prepared = this.prepare(operation, statement.params, options);
    await this.makeReady(options);
    const plan = planAnswer(await this.cursorOf(prepared, options).answer()).values[0] ?? null;
    return { plan, ...(await this.guarded(options.signal, () => estimates(this.connection, operation, plan))) };
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

  /** The command of an operation. Whether it may run is the dialect's to say; what may never be sent is refused here, whoever asks. */
  private prepare(operation: Operation, params: readonly unknown[] | undefined, options: ExecuteOptions): Prepared {
    const writes = isWrite(operation.kind);
    if (options.write && !this.shared.limits.allowWrites)
      throw new QuarryError('query.refused', 'This source is for reading only.', { stage: 'execute' });
    if (operation.kind === 'other' || (writes && (!options.write || operation.explain)))
      throw new QuarryError('query.refused', `${operation.name} is not run here: Quarry reads.`, { stage: 'execute' });
    const survey = surveyOf(operation);
    const comment = `${(options.tag ?? 'quarry').replace(/[^\w:. -]/g, '')} ${randomBytes(9).toString('base64url')}`;
    const command = commandOf(operation, survey, params ?? [], {
      most: oneMore(options.maxRows),
      firstBatch: FIRST_BATCH,
      maxTimeMS: timeoutOf(options),
      comment,
    });
    return { operation, collections: [...survey.collections], command, comment };
  }

  /** Nothing of the last user is left. */
  private async makeReady({ signal, timeoutMs }: ExecuteOptions): Promise<void> {
    if (!(await this.connection.settle())) throw queryError(new ConnectionLost(), this.shared.config, null, timeoutMs);
    if (signal.aborted) throw new QuarryError('query.cancelled', 'The query was cancelled.', { stage: 'execute' });
  }

  private cursorOf({ command, comment }: Prepared, options: ExecuteOptions): QueryCursor {
    const timeoutMs = timeoutOf(options);
    return new QueryCursor(
      this.connection,
      command,
      comment,
      oneMore(options.maxRows),
      { ...options, timeoutMs },
      (error, reason) => {
        const explained = queryError(error, this.shared.config, reason, timeoutMs);
        if (explained.code === 'source.unreachable') this.pool.countError(); // a server that went away counts against the pool
        return explained;
      },
    );
  }

  /** Sends a query and reads its first documents, which tell the columns. */
  private async begin(prepared: Prepared, options: ExecuteOptions): Promise<Begun & { columns: Column[] }> {
    const { operation, collections } = prepared;
    const joined = collections.filter((name) => name !== operation.collection && !this.shared.known.has(name));
    if (joined.length > 0) await this.assertCollections(joined, options.signal);
    const cursor = this.cursorOf(prepared, options);
    const finder = new ShapeFinder(fixedColumns(operation));
    const first: Batch[] = [];
    const interactive = options.maxRows <= INTERACTIVE_ROWS;
    const mostDocuments = interactive ? oneMore(options.maxRows) : FIRST_BATCH;
    const mostBytes = Math.min(options.maxBytes, interactive ? INTERACTIVE_BYTES : STREAM_BYTES);
    let documents = 0;
    let bytes = 0;
    while (first.at(-1)?.last !== true && documents < mostDocuments && bytes <= mostBytes) {
      const batch = await cursor.next();
      if (batch === null) break;
      for (const start of batch.starts) finder.add(batch.bytes, start);
      documents += batch.starts.length;
      bytes += batch.bytes.length;
      first.push(batch);
    }
    const ended = first.at(-1)?.last === true;
    // An empty answer may mean that nothing is there to be asked.
    if (documents === 0 && ended && operation.collection !== null)
      await this.assertCollections([operation.collection], options.signal);
    return { cursor, first, columns: finder.columns(!ended) };
  }

  /** Answers that are one value, one list or one plan. */
  private async single(prepared: Prepared, options: ExecuteOptions): Promise<ResultStream> {
    const { command, collections } = prepared;
    const bytes = await this.cursorOf(prepared, options).answer();
    if (command.answer === 'write') {
      const affectedRows = this.written(bytes, options);
      return { columns: [], rows: each([]), outcome: () => ({ truncated: null, affectedRows }) };
    }
    const { column, values, sizes, isEmpty } =
      command.answer === 'count'
        ? countAnswer(bytes, command.column)
        : command.answer === 'plan'
          ? planAnswer(bytes)
          : valuesAnswer(bytes, command.column);
    if (isEmpty) await this.assertCollections(collections, options.signal);
    const cap = new RowCap(options.maxRows, options.maxBytes);
    const rows: Row[] = [];
    for (const [index, value] of values.entries()) {
      if (!cap.admit(sizes[index] ?? 0)) break;
      rows.push([value]);
    }
    return { columns: [column], rows: each(rows), outcome: () => ({ truncated: cap.truncated }) };
  }

  private written(bytes: Buffer, options: ExecuteOptions): number {
    try {
      return writtenOf(bytes);
    } catch (error) {
      throw queryError(error, this.shared.config, null, timeoutOf(options));
    }
  }

  private assertCollections(names: readonly string[], signal: AbortSignal): Promise<void> {
    return this.guarded(signal, () => assertCollections(this.connection, names, this.shared.known));
  }

  /** Quarry's own small questions: the signal ends them with the connection. */
  private async guarded<T>(signal: AbortSignal | undefined, work: () => Promise<T>, timeoutMs = OWN_TIMEOUT_MS): Promise<T> {
    const { config } = this.shared;
    if (!(await this.connection.settle())) throw queryError(new ConnectionLost(), config, null, timeoutMs);
    const stop = () => this.connection.cut();
    const timer = setTimeout(stop, timeoutMs);
    signal?.addEventListener('abort', stop, { once: true });
    try {
      signal?.throwIfAborted();
      return await work();
    } catch (error) {
      throw queryError(error, config, signal?.aborted ? 'cancelled' : null, timeoutMs);
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', stop);
    }
  }
}

/** A query, ready to be sent. */
interface Prepared {
  operation: Operation;
  collections: string[];
  command: Command;
  comment: string;
}

class ConnectionLost extends MongoError {
  constructor() {
    super('the connection was lost before');
  }
}

/** One row more than is shown tells whether something was cut. */
const oneMore = (rows: number): number => Math.min(Number.MAX_SAFE_INTEGER, rows + 1);

const timeoutOf = ({ timeoutMs }: ExecuteOptions): number => Math.max(1, Math.round(timeoutMs));

async function* each(rows: Row[]): AsyncGenerator<Row[]> {
  if (rows.length > 0) yield rows;
}
