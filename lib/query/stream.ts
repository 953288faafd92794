import { type Ctx, describeError } from '../access';
import type { Column, Lease, Row, TextBatch } from '../adapters/contract';
import { QuarryError } from '../kernel/errors';
import { settings } from '../kernel/settings';
import { passCostGate } from './cost-gate';
import { executionOf, explainFailure, isBroken, leaseFor, notesOf } from './execute';
import { jsonFormatter } from './format';
import { recordRun } from './history';
import { runQuery } from './pipeline';
import { locateSource, type Prepared, prepareQuery } from './prepare';
import { type RunningHandle, registerRunning } from './running';
import { atStage, Trace } from './trace';
import type { QueryOrigin, QueryRequest, QueryResult, QueryStream, StreamEnd, Truncation } from './types';

/** A streamed run with rows in exact form; formats are put on top. */
export interface RawStream<Batch = Row[]> {
  queryId: string;
  columns: Column[];
  batches: AsyncIterable<Batch>;
  end(): StreamEnd;
  close(): Promise<void>;
}

/**
 * Starts a query whose rows are read as fast as the reader takes them, and no faster. The same stages as runQuery; never cached;
 * the row cap is MAX_EXPORT_ROWS and the time, the reader's included, EXPORT_TIMEOUT.
 * @throws QuarryError as runQuery
 */
export async function openStream(ctx: Ctx, request: QueryRequest, origin: QueryOrigin): Promise<RawStream> {
  return begin(ctx, request, origin, executeRows);
}

/** The same for files of text: packed text where the engine has a fast way to it, else rows. */
export async function openTextStream(
  ctx: Ctx,
  request: QueryRequest,
  origin: QueryOrigin,
): Promise<RawStream<Row[] | TextBatch>> {
  return begin<Row[] | TextBatch>(ctx, request, origin, async (lease, ...execution) => {
    const text = await lease.executeText?.(...execution);
    return text ? { ...text, batches: withRows(text.batches) } : executeRows(lease, ...execution);
  });
}

async function* withRows(batches: AsyncIterable<TextBatch>): AsyncGenerator<Row[] | TextBatch> {
  for await (const batch of batches) yield batch.rows ?? batch;
}

interface Source<Batch> {
  columns: Column[];
  batches: AsyncIterable<Batch>;
  outcome(): { truncated: Truncation };
}
type Execute<Batch> = (lease: Lease, ...execution: Parameters<Lease['execute']>) => Promise<Source<Batch>>;

const executeRows: Execute<Row[]> = async (lease, ...execution) => {
  const { columns, rows, outcome } = await lease.execute(...execution);
  return { columns, batches: rows, outcome };
};

async function begin<Batch extends Row[] | TextBatch>(
  ctx: Ctx,
  request: QueryRequest,
  origin: QueryOrigin,
  execute: Execute<Batch>,
): Promise<RawStream<Batch>> {
  const source = await locateSource(ctx, request.dataSourceId);
  const run = new StreamRun(ctx, request, registerRunning(ctx, request, origin), origin, execute);
  try {
    const { maxExportRows, exportTimeoutMs } = settings();
    const ceilings = { rows: maxExportRows, timeoutMs: exportTimeoutMs };
    const prepared = await prepareQuery(ctx, request, source, ceilings, run.trace);
    await run.start(prepared);
    return run;
  } catch (error) {
    throw run.fail(error);
  }
}

class StreamRun<Batch extends Row[] | TextBatch> implements RawStream<Batch> {
  readonly trace = new Trace();
  readonly queryId: string;
  columns: Column[] = [];
  readonly #started = performance.now();
  readonly #startedAt: Date;
  #prepared: Prepared | null = null;
  #lease: Lease | null = null;
  #result: Source<Batch> | null = null;
  #deadline: NodeJS.Timeout | null = null;
  #notes: string[] = [];
  #rowCount = 0;
  #truncated: Truncation = null;
  #durationMs = 0;
  #finished = false;
  #failure: QuarryError | null = null;
  #closed = false;
  #streamingSince: number | null = null;

  constructor(
    readonly ctx: Ctx,
    readonly request: QueryRequest,
    readonly running: RunningHandle,
    readonly origin: QueryOrigin,
    readonly execute: Execute<Batch>,
  ) {
    this.queryId = running.queryId;
    this.#startedAt = ctx.clock.date();
  }

  async start(prepared: Prepared): Promise<void> {
    this.#prepared = prepared;
    const { signal } = this.running;
    this.trace.add('cache', 0);
    await this.trace.run('execute', async () => {
      const lease = await leaseFor(prepared, signal);
      this.#lease = lease;
      const execution = executionOf(prepared, this.queryId, signal, Number.MAX_SAFE_INTEGER);
      this.#notes = [...prepared.warnings, ...notesOf(lease), ...(await passCostGate(this.ctx, lease, prepared, execution))];
      this.#result = await this.execute(lease, ...execution);
      this.columns = this.#result.columns;
    });
    this.#streamingSince = performance.now();
    // The server's time-out does not count while a slow reader makes us wait; this one does.
    this.#deadline = setTimeout(() => this.running.abort(tooLong(prepared.timeoutMs)), prepared.timeoutMs);
    this.#deadline.unref();
  }

  readonly batches: AsyncIterable<Batch> = { [Symbol.asyncIterator]: () => this.#read() };

  async *#read(): AsyncGenerator<Batch> {
    const result = this.#result;
    if (!result || this.#closed) return;
    try {
      for await (const batch of result.batches) {
        this.running.signal.throwIfAborted();
        this.#rowCount += Array.isArray(batch) ? batch.length : batch.rowCount;
        yield batch;
      }
      this.#truncated = result.outcome().truncated;
      this.#finished = true;
    } catch (error) {
      // Our own reason (cancelled, out of time) says more than what the aborted driver reports.
      const cause = this.running.signal.aborted ? this.running.signal.reason : error;
      this.#failure = this.#prepared ? await explainFailure(this.ctx, this.#prepared, cause) : atStage(cause, 'execute');
      throw this.#failure;
    } finally {
      // Leaving the loop has closed the cursor, so the connection is clean unless something failed on it.
      this.#release(this.#failure !== null && isBroken(this.#failure));
    }
  }

  end(): StreamEnd {
    const warnings = this.#notes.length > 0 ? { warnings: this.#notes } : {};
    return { rowCount: this.#rowCount, truncated: this.#truncated, durationMs: this.#durationMs, ...warnings };
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.running.abort(new QuarryError('query.cancelled', 'The query was cancelled, because its reader went away.'));
    this.#release(true);
  }

  fail(error: unknown): QuarryError {
    const failure = atStage(error, 'execute');
    this.#failure = failure;
    this.#release(isBroken(failure));
    return failure;
  }

  /** Gives everything back, once, however the stream ended. */
  #release(broken: boolean): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#deadline) clearTimeout(this.#deadline);
    this.#lease?.release(broken);
    this.running.done();
    const now = performance.now();
    this.#durationMs = Math.round((now - this.#started) * 100) / 100;
    // Reading and writing out alternate at the reader's pace: what follows the first row counts as format.
    if (this.#streamingSince !== null) this.trace.add('format', now - this.#streamingSince);
    const failure = this.#failure ?? (this.#finished ? null : reasonOf(this.running.signal));
    void this.trace.run('metrics', () => this.#record(failure));
  }

  #record(error: QuarryError | null): void {
    recordRun(this.ctx, {
      queryId: this.queryId,
      dataSourceId: this.request.dataSourceId,
      origin: this.origin,
      query: this.request.query,
      normalised: this.#prepared?.facts.normalised ?? null,
      error,
      rowCount: this.#rowCount,
      durationMs: this.#durationMs,
      cacheState: 'bypass',
      stages: this.trace.spans,
      startedAt: this.#startedAt,
    });
  }
}

function reasonOf(signal: AbortSignal): QuarryError {
  return signal.reason instanceof QuarryError
    ? signal.reason
    : new QuarryError('query.cancelled', 'The query was cancelled, because its reader went away.');
}

function tooLong(timeoutMs: number): QuarryError {
  return new QuarryError('query.timeout', `The result was not read within ${Math.round(timeoutMs / 1000)} s.`, {
    stage: 'execute',
  });
}

/**
 * A query's rows as JSON in batches; with ENABLE_STREAMING=false in a single one, under the limits of interactive queries. Read them
 * all, or call close().
 * @throws QuarryError as runQuery
 */
export async function streamQuery(ctx: Ctx, request: QueryRequest): Promise<QueryStream> {
  if (!settings().enableStreaming) return wholeResult(await runQuery(ctx, request));
  const raw = await openStream(ctx, request, request.origin ?? 'api');
  const format = jsonFormatter(raw.columns);
  async function* batches() {
    for await (const batch of raw.batches) yield format(batch);
  }
  return {
    queryId: raw.queryId,
    columns: raw.columns,
    batches: { [Symbol.asyncIterator]: batches },
    end: () => raw.end(),
    close: () => raw.close(),
  };
}

function wholeResult({ queryId, columns, rows, rowCount, truncated, durationMs, warnings }: QueryResult): QueryStream {
  async function* batches() {
    if (rows.length > 0) yield rows.map((row) => [...row]);
  }
  return {
    queryId,
    columns: [...columns],
    batches: { [Symbol.asyncIterator]: batches },
    end: () => ({ rowCount, truncated, durationMs, ...(warnings.length > 0 ? { warnings } : {}) }),
    close: async () => undefined,
  };
}

async function* inOnePiece(pieces: AsyncGenerator<string>): AsyncGenerator<string> {
  let whole = '';
  for await (const piece of pieces) whole += piece;
  yield whole;
}

/** Pieces of text or bytes as a stream, made only when the reader asks. `close` runs when the reader leaves. */
export function byteStream(pieces: AsyncIterator<string | Uint8Array>, close: () => Promise<void>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const next = await pieces.next();
          if (next.done) controller.close();
          else controller.enqueue(typeof next.value === 'string' ? encoder.encode(next.value) : next.value);
        } catch (error) {
          controller.error(error);
        }
      },
      async cancel() {
        await close();
        // Ends the generators too; one that waits for the database ends when the cancelled query does.
        pieces.return?.().catch(() => undefined);
      },
    },
    { highWaterMark: 1 },
  );
}

/**
 * API.md's stream: one {columns} line, {rows} batches, one {end} line; when it fails half-way, the last line is {error} instead.
 */
export function ndjsonStream(ctx: Ctx, stream: QueryStream): ReadableStream<Uint8Array> {
  async function* lines() {
    yield `${JSON.stringify({ queryId: stream.queryId, columns: stream.columns })}\n`;
    try {
      for await (const rows of stream.batches) yield `${JSON.stringify({ rows })}\n`;
      yield `${JSON.stringify({ end: stream.end() })}\n`;
    } catch (error) {
      yield `${JSON.stringify(describeError(ctx, error))}\n`;
    }
  }
  return byteStream(settings().enableStreaming ? lines() : inOnePiece(lines()), () => stream.close());
}
