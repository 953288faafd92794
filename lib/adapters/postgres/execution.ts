import type { Connection, FieldDef, Submittable } from 'pg';
import type { Cell, Row } from '../contract';
import { WaitingReader } from './waiting-reader';

/** What the wire hands over. pg's own types say less than its protocol does. */
export interface DataRow {
  /** Bytes of the message. */
  length: number;
  fields: (string | null)[];
}

/** The calls of pg's connection that an execution makes: messages of the extended protocol (manual, 54.2.3). */
interface Wire extends Connection {
  stream: Connection['stream'] & { cork(): void; uncork(): void; pause(): void; resume(): void };
}

export interface ExecutionPlan {
  /** Statements before the query, in the same flight: BEGIN and settings. They take no parameters and return no rows. */
  before: string[];
  text: string;
  params: (string | null)[];
  /** COMMIT or ROLLBACK. */
  after: string;
  /** Rows to ask for at a time; 0 asks for all in one go, which lets the server run a plan in parallel. */
  fetchSize: number;
}

/** Above this many bytes of unread rows the socket is not read any further. */
const HIGH_WATER_BYTES = 1_000_000;
/** In a streamed result the next portion is asked for when fewer than this are unread. */
const LOW_WATER_BYTES = 100_000;

type Reader = (text: string) => Cell;

/**
 * One statement on the wire, always by the extended protocol, so that a text of two statements is refused by the server itself
 * whatever our parser thought of it. Transaction start, query and transaction end leave in one flight when all rows are asked for
 * at once: a small query costs one round trip.
 */
export class Execution implements Submittable {
  /** Settles when the columns are known, or the query failed before. */
  get described(): Promise<FieldDef[]> {
    return this.columns.promise;
  }
  /** Resolves when the server is ready for the next query, or the connection is gone. Never rejects. */
  get finished(): Promise<void> {
    return this.completion.promise;
  }
  /** Name is read by pg's client to know prepared statements; ours have none. */
  readonly name = '';
  readonly text: string;
  commandTag = '';
  error: unknown = null;

  private connection: Wire | null = null;
  private toSkip: number;
  private readers: Reader[] = [];
  private rows: Row[] = [];
  private bytes = 0;
  private paused = false;
  private allRows = false;
  private discarding = false;
  private suspended = false;
  private ended = false;
  private readonly reader = new WaitingReader();
  private allRowsAreIn = false;
  private endSent = false;
  private readonly columns = deferred<FieldDef[]>();
  private readonly completion = deferred<void>();
  private readonly ready = () => this.end();
  private readonly noData = () => this.columns.resolve([]);

  constructor(
    private readonly plan: ExecutionPlan,
    private readonly readersOf: (fields: FieldDef[]) => Reader[],
    private readonly onRow: (bytes: number) => boolean,
    private readonly onPortion: () => void = () => {},
  ) {
    this.text = plan.text;
    this.toSkip = plan.before.length;
    this.columns.promise.catch(() => {}); // whoever awaits it sees the error; nobody has to
  }

  /** The next rows, or null after the last. @throws what the server or the socket reported */
  async next(): Promise<Row[] | null> {
    for (;;) {
      if (this.rows.length > 0) {
        const batch = this.rows;
        this.rows = [];
        this.bytes = 0;
        this.resume();
        return batch;
      }
      if (this.error !== null) throw this.error;
      if (this.allRows || this.ended) return null;
      await this.reader.wait();
    }
  }

  /** True while the server still works on it. */
  get running(): boolean {
    return !this.ended && !this.allRows && this.error === null;
  }

  /** Takes no more rows. What still comes is thrown away; the caller cancels it if that takes long. */
  discard(): void {
    this.discarding = true;
    this.rows = [];
    this.bytes = 0;
    if (this.suspended) this.finish();
    this.resume();
  }

  // ------------------------------------------------------------ called by pg's client

  submit(connection: Connection): void {
    const wire = connection as Wire;
    this.connection = wire;
    wire.stream.cork();
    try {
      for (const text of this.plan.before) this.sendCommand(wire, text);
      wire.parse({ name: '', text: this.plan.text, types: [] }, true);
      wire.bind({ portal: '', statement: '', values: this.plan.params, binary: false } as never, true);
      wire.describe({ type: 'P', name: '' }, true);
      wire.once('noData', this.noData);
      // Not handleReadyForQuery: after an error pg's client no longer counts this as its active query and doesn't call it.
      wire.once('readyForQuery', this.ready);
      wire.execute({ portal: '', rows: String(this.plan.fetchSize) } as never, true);
      if (this.plan.fetchSize === 0) {
        this.sendCommand(wire, this.plan.after);
        wire.sync();
      } else {
        wire.flush();
      }
    } finally {
      wire.stream.uncork();
    }
  }

  handleRowDescription(message: { fields: FieldDef[] }): void {
    this.readers = this.readersOf(message.fields);
    this.columns.resolve(message.fields);
  }

  handleDataRow(message: DataRow): void {
    if (this.discarding) return;
    if (!this.onRow(message.length)) {
      this.discarding = true;
      this.allRows = true;
      this.reader.wake();
      return;
    }
    const { readers } = this;
    const { fields } = message;
    const row: Row = new Array(fields.length);
    try {
      for (let i = 0; i < fields.length; i += 1) {
        const text = fields[i];
        const read = readers[i];
        row[i] = text === null || text === undefined || read === undefined ? null : read(text);
      }
    } catch (error) {
      this.fail(error);
      this.discarding = true;
      return;
    }
    this.rows.push(row);
    this.bytes += message.length;
    if (this.bytes > HIGH_WATER_BYTES && !this.paused) {
      this.paused = true;
      this.connection?.stream.pause();
    }
    this.reader.wakeSoon();
  }

  handlePortalSuspended(): void {
    this.suspended = true;
    if (this.discarding) this.finish();
    else if (this.bytes < LOW_WATER_BYTES) this.fetchMore();
    this.reader.wake();
  }

  handleCommandComplete(message: { text: string }): void {
    if (this.toSkip > 0) {
      this.toSkip -= 1;
      return;
    }
    if (this.allRowsAreIn) return; // the answer to `after`
    this.allRowsAreIn = true;
    this.commandTag = message.text;
    if (this.plan.fetchSize > 0) this.sendEnd();
    // A write has happened only when its COMMIT has: next() then waits for ReadyForQuery.
    if (this.plan.after !== 'COMMIT') {
      this.allRows = true;
      this.reader.wake();
    }
  }

  handleEmptyQuery(): void {
    this.columns.resolve([]);
    this.handleCommandComplete({ text: '' });
  }

  handleError(error: unknown): void {
    this.fail(error);
    // An error of the server is followed by "skip to Sync"; in the one-flight form the Sync is under way already.
    if (this.plan.fetchSize > 0 && !this.endSent) this.connection?.sync();
    // pg's client forgets a query that failed: its ReadyForQuery is only to be heard here.
    if (isLost(error)) this.end();
    else this.connection?.once('readyForQuery', () => this.end());
  }

  handleReadyForQuery(): void {}

  /** COPY TO STDOUT and FROM STDIN never get here through the parser; with it bypassed they find nobody who listens. */
  handleCopyInResponse(connection: Connection): void {
    (connection as Connection & { sendCopyFail(message: string): void }).sendCopyFail('COPY is not allowed');
  }

  handleCopyData(): void {}

  // ------------------------------------------------------------

  private sendCommand(wire: Wire, text: string): void {
    wire.parse({ name: '', text, types: [] }, true);
    wire.bind({ portal: '', statement: '', values: [], binary: false } as never, true);
    wire.execute({ portal: '', rows: '0' } as never, true);
  }

  private sendEnd(): void {
    const wire = this.connection;
    if (!wire || this.endSent) return;
    this.endSent = true;
    wire.stream.cork();
    this.sendCommand(wire, this.plan.after);
    wire.sync();
    wire.stream.uncork();
  }

  /** Gives up a suspended portal. */
  private finish(): void {
    this.suspended = false;
    this.allRowsAreIn = true;
    this.allRows = true;
    this.sendEnd();
  }

  private fetchMore(): void {
    this.suspended = false;
    this.onPortion();
    this.connection?.execute({ portal: '', rows: String(this.plan.fetchSize) } as never, true);
    this.connection?.flush();
  }

  private resume(): void {
    if (this.paused) {
      this.paused = false;
      this.connection?.stream.resume();
    }
    if (this.suspended) this.fetchMore();
  }

  private fail(error: unknown): void {
    this.error ??= error;
    this.columns.reject(error);
    this.reader.wake();
  }

  private end(): void {
    if (this.ended) return;
    this.ended = true;
    this.connection?.removeListener('noData', this.noData);
    this.connection?.removeListener('readyForQuery', this.ready);
    this.allRows = true;
    this.columns.resolve([]);
    this.completion.resolve();
    this.reader.wake();
  }
}

function deferred<T>(): { promise: Promise<T>; resolve(value: T): void; reject(error: unknown): void } {
  let resolve: (value: T) => void = () => {};
  let reject: (error: unknown) => void = () => {};
  const promise = new Promise<T>((onValue, onError) => {
    resolve = onValue;
    reject = onError;
  });
  return { promise, resolve, reject };
}

/** True for an error of the socket rather than of the server: server errors carry a severity. */
export function isLost(error: unknown): boolean {
  return (
    !(typeof error === 'object' && error !== null && 'severity' in error) || (error as { severity: unknown }).severity === 'FATAL'
  );
}
