import type { Connection, FieldDef, Submittable } from 'pg';
import type { TextBatch } from '../contract';
import type { RunningExecution } from './connection';
import { isLost } from './execution';
import { TextPacker } from './text-packer';
import type { ValueType } from './types';
import { WaitingReader } from './waiting-reader';

type Wire = Connection & { stream: Connection['stream'] & { cork(): void; uncork(): void; pause(): void; resume(): void } };

export interface CopyPlan {
  /** Statements before the query: BEGIN and settings. */
  before: string[];
  /** A single SELECT or VALUES without parameters. */
  text: string;
  after: string;
}

/** Above this many bytes of packed, unread text the socket is not read any further. */
const HIGH_WATER_BYTES = 4_000_000;

/**
 * A query read through COPY … TO STDOUT, all in one flight. The query is first prepared and described by itself: that tells the
 * columns, and the server refuses a text that isn't one whole statement, so that nothing can end the parenthesis early and turn
 * into another form of COPY, whatever our parser thought of it.
 */
export class CopyExecution implements Submittable, RunningExecution {
  /** Read by pg's client to know prepared statements; ours have none. */
  readonly name = '';
  readonly text: string;
  readonly described: Promise<FieldDef[]>;
  readonly finished: Promise<void>;
  error: unknown = null;

  private connection: Wire | null = null;
  private packer: TextPacker | null = null;
  private toSkip: number;
  private paused = false;
  private allRows = false;
  private discarding = false;
  private ended = false;
  private readonly reader = new WaitingReader();
  private resolveColumns: (fields: FieldDef[]) => void = () => {};
  private rejectColumns: (error: unknown) => void = () => {};
  private complete: () => void = () => {};
  private readonly noData = () => this.fail(new Error('the statement gives no rows'));

  constructor(
    private readonly plan: CopyPlan,
    private readonly typesOf: (fields: FieldDef[]) => ValueType[],
    private readonly onRow: (bytes: number) => boolean,
  ) {
    this.text = plan.text;
    this.toSkip = plan.before.length;
    this.described = new Promise((resolve, reject) => {
      this.resolveColumns = resolve;
      this.rejectColumns = reject;
    });
    this.described.catch(() => {}); // whoever awaits it sees the error; nobody has to
    this.finished = new Promise((resolve) => {
      this.complete = resolve;
    });
  }

  get running(): boolean {
    return !this.ended && !this.allRows && this.error === null;
  }

  /** The next rows, or null after the last. @throws what the server or the socket reported */
  async next(): Promise<TextBatch | null> {
    for (;;) {
      if (this.packer && this.packer.rowCount > 0) {
        const batch = this.packer.take();
        if (this.paused) {
          this.paused = false;
          this.connection?.stream.resume();
        }
        return batch;
      }
      if (this.error !== null) throw this.error;
      if (this.allRows || this.ended) return null;
      await this.reader.wait();
    }
  }

  /** Takes no more rows. What still comes is thrown away; the caller cancels it if that takes long. */
  discard(): void {
    this.discarding = true;
    this.packer?.take();
    if (this.paused) {
      this.paused = false;
      this.connection?.stream.resume();
    }
  }

  // ------------------------------------------------------------ called by pg's client

  submit(connection: Connection): void {
    const wire = connection as Wire;
    this.connection = wire;
    wire.stream.cork();
    try {
      for (const text of this.plan.before) this.sendCommand(wire, text);
      wire.parse({ name: '', text: this.plan.text, types: [] }, true);
      wire.describe({ type: 'S', name: '' }, true);
      wire.once('noData', this.noData);
      this.sendCommand(wire, `COPY (\n${this.plan.text}\n) TO STDOUT`);
      this.sendCommand(wire, this.plan.after);
      wire.sync();
    } finally {
      wire.stream.uncork();
    }
  }

  handleRowDescription(message: { fields: FieldDef[] }): void {
    this.packer = new TextPacker(this.typesOf(message.fields));
    this.connection?.removeListener('noData', this.noData);
    this.resolveColumns(message.fields);
  }

  handleCopyData(message: { chunk: Uint8Array }): void {
    if (this.discarding || !this.packer) return;
    if (!this.onRow(message.chunk.length)) {
      this.discarding = true;
      this.allRows = true;
      this.reader.wake();
      return;
    }
    try {
      // The chunk is a view of the driver's own buffer, which it uses again: it's packed at once.
      this.packer.append(message.chunk);
    } catch (error) {
      this.fail(error);
      this.discarding = true;
      return;
    }
    if (this.packer.size > HIGH_WATER_BYTES && !this.paused) {
      this.paused = true;
      this.connection?.stream.pause();
    }
    this.reader.wakeSoon();
  }

  handleCommandComplete(): void {
    if (this.toSkip > 0) {
      this.toSkip -= 1;
      return;
    }
    this.allRows = true;
    this.reader.wake();
  }

  handleEmptyQuery(): void {
    this.allRows = true;
    this.reader.wake();
  }

  handleDataRow(): void {}

  handlePortalSuspended(): void {}

  handleCopyInResponse(connection: Connection): void {
    (connection as Connection & { sendCopyFail(message: string): void }).sendCopyFail('COPY is not allowed');
  }

  handleError(error: unknown): void {
    this.fail(error);
    // pg's client forgets a query that failed: its ReadyForQuery is only to be heard here.
    if (isLost(error)) this.end();
    else this.connection?.once('readyForQuery', () => this.end());
  }

  handleReadyForQuery(): void {
    this.end();
  }

  // ------------------------------------------------------------

  private sendCommand(wire: Wire, text: string): void {
    wire.parse({ name: '', text, types: [] }, true);
    wire.bind({ portal: '', statement: '', values: [], binary: false } as never, true);
    wire.execute({ portal: '', rows: '0' } as never, true);
  }

  private fail(error: unknown): void {
    this.error ??= error;
    this.connection?.removeListener('noData', this.noData);
    this.rejectColumns(error);
    this.reader.wake();
  }

  private end(): void {
    if (this.ended) return;
    this.ended = true;
    this.allRows = true;
    this.connection?.removeListener('noData', this.noData);
    this.resolveColumns([]);
    this.complete();
    this.reader.wake();
  }
}
