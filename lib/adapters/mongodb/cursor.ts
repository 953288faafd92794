import { Long } from 'mongodb';
import type { QuarryError } from '../../kernel/errors';
import type { ExecuteOptions } from '../contract';
import { BsonType, endOfKey, endOfValue, readLong } from './bson-values';
import type { Command } from './commands';
import type { MongoConnection, RunningOperation } from './connection';
import type { StopReason } from './errors';

/** What the server's own time-out is given before we stop it from outside. */
const BACKSTOP_MS = 1_000;
/** About how large an answer to one getMore should be: large enough to be cheap, small enough to hold two. */
const BATCH_BYTES = 500_000;
const MOST_DOCUMENTS = 2_000;

/** One answer with documents. */
export interface Batch {
  bytes: Buffer;
  /** Where each document starts in `bytes`. */
  starts: number[];
  /** After this one nothing comes. */
  last: boolean;
}

/**
 * A command and the cursor that it opens. At most one batch is asked for ahead of its reader, so that the server works while we do, and never
 * more documents than are wanted altogether.
 */
export class QueryCursor implements RunningOperation {
  readonly finished: Promise<void>;
  /** Why it was stopped, if it was. */
  reason: StopReason = null;
  inFlight = false;
  running = true;
  private pending: Promise<Batch> | null = null;
  private cursorId = 0n;
  private received = 0;
  private readBytes = 0;
  private begun = false;
  private discarding = false;
  private finish: () => void = () => {};
  private timer: NodeJS.Timeout | undefined;
  private readonly onAbort = () => this.stop('cancelled');

  /**
   * @param comment unique, carried by every command of this cursor
   * @param most documents that are wanted
   * @param explain an error in our words, by why it was stopped, if it was
   */
  constructor(
    private readonly connection: MongoConnection,
    private readonly command: Command,
    readonly comment: string,
    private readonly most: number,
    private readonly options: Pick<ExecuteOptions, 'signal' | 'timeoutMs' | 'write'>,
    private readonly explain: (error: unknown, reason: StopReason) => QuarryError,
  ) {
    this.finished = new Promise((resolve) => {
      this.finish = resolve;
    });
    if (options.signal.aborted) this.reason = 'cancelled';
    options.signal.addEventListener('abort', this.onAbort, { once: true });
    connection.begin(this);
  }

  /** The whole answer of a command that opens no cursor. @throws QuarryError */
  async answer(): Promise<Buffer> {
    try {
      const bytes = await this.send(this.command.body);
      if (this.reason !== null) throw new StoppedError();
      return bytes;
    } catch (error) {
      throw this.explain(error, this.reason);
    } finally {
      this.end();
    }
  }

  /** The next documents, or null behind the last. @throws QuarryError */
  async next(): Promise<Batch | null> {
    if (!this.begun) this.pending = this.request(this.command.body, 'firstBatch');
    this.begun = true;
    const { pending } = this;
    if (!pending) return null;
    try {
      const batch = await pending;
      if (this.reason !== null) throw new StoppedError();
      if (batch.last) this.pending = null;
      else this.readAhead();
      return batch;
    } catch (error) {
      this.pending = null;
      throw this.explain(error, this.reason);
    }
  }

  /** Takes no more; what is still open at the server is closed. */
  discard(): void {
    if (this.discarding || !this.running) return;
    this.discarding = true;
    const { pending } = this;
    if (pending) void pending.catch(() => {}).then(() => this.closeCursor());
    else void this.closeCursor();
  }

  private stop(reason: 'cancelled' | 'timeout'): void {
    this.reason ??= reason;
    if (this.inFlight) void this.connection.cancel();
    else this.discard();
  }

  private readAhead(): void {
    const wanted = Math.min(this.command.ownLimit, this.most) - this.received;
    const perDocument = Math.max(1, this.readBytes / Math.max(1, this.received));
    const batchSize = Math.max(1, Math.min(wanted, MOST_DOCUMENTS, Math.floor(BATCH_BYTES / perDocument)));
    const body = this.command.body as { find?: string; aggregate?: string };
    const collection = body.find ?? body.aggregate;
    this.pending = this.request(
      {
        getMore: Long.fromBigInt(this.cursorId),
        collection: typeof collection === 'string' ? collection : '$cmd.aggregate',
        batchSize,
        comment: this.comment,
      },
      'nextBatch',
    );
    this.pending.catch(() => {}); // who reads on sees it
  }

  private async request(body: Readonly<Record<string, unknown>>, list: 'firstBatch' | 'nextBatch'): Promise<Batch> {
    let bytes: Buffer;
    try {
      bytes = await this.send(body);
    } catch (error) {
      this.end();
      throw error;
    }
    const answer = readCursor(bytes, list);
    this.cursorId = answer.id;
    this.received += answer.starts.length;
    this.readBytes += bytes.length;
    const last = answer.id === 0n || this.received >= this.most;
    if (answer.id === 0n) this.end();
    else if (last) this.discard();
    return { bytes, starts: answer.starts, last };
  }

  private async send(body: Readonly<Record<string, unknown>>): Promise<Buffer> {
    if (this.reason !== null) throw new StoppedError();
    this.inFlight = true;
    // The server's time-out counts its own work only; a slow reader's pauses aren't counted here either.
    this.timer = setTimeout(() => this.stop('timeout'), this.options.timeoutMs + BACKSTOP_MS);
    try {
      return await this.connection.query(body, this.options.write === true);
    } finally {
      clearTimeout(this.timer);
      this.inFlight = false;
    }
  }

  private async closeCursor(): Promise<void> {
    const id = this.cursorId;
    if (id !== 0n && this.running && !this.connection.dead) {
      const body = this.command.body as { find?: string; aggregate?: string };
      const collection = body.find ?? body.aggregate;
      await this.connection
        .query({ killCursors: typeof collection === 'string' ? collection : '$cmd.aggregate', cursors: [Long.fromBigInt(id)] })
        .catch(() => {});
    }
    this.end();
  }

  private end(): void {
    if (!this.running) return;
    this.running = false;
    this.options.signal.removeEventListener('abort', this.onAbort);
    this.finish();
  }
}

/** Stands for the reason that the cursor itself knows. */
class StoppedError extends Error {}

/** The cursor's number and the places of its documents in an answer: {cursor: {id, ns, firstBatch: […]}, ok: 1}. */
function readCursor(bytes: Buffer, list: string): { id: bigint; starts: number[] } {
  const cursor = findValue(bytes, 0, 'cursor');
  if (cursor === null || cursor.type !== BsonType.object) throw new TypeError('the answer has no cursor');
  const id = findValue(bytes, cursor.at, 'id');
  const documents = findValue(bytes, cursor.at, list);
  return {
    id: id?.type === BsonType.long ? readLong(bytes, id.at) : 0n,
    starts: documents ? valuesOf(bytes, documents.at).map(({ at }) => at) : [],
  };
}

/** An element of a document by its key. */
export function findValue(bytes: Buffer, start: number, key: string): { type: number; at: number } | null {
  const end = start + bytes.readInt32LE(start) - 1;
  for (let at = start + 4; at < end; ) {
    const type = bytes[at] as number;
    const keyEnd = endOfKey(bytes, at + 1);
    if (bytes.toString('utf8', at + 1, keyEnd) === key) return { type, at: keyEnd + 1 };
    at = endOfValue(bytes, type, keyEnd + 1);
  }
  return null;
}

/** The elements of an array. */
export function valuesOf(bytes: Buffer, start: number): { type: number; at: number }[] {
  const values: { type: number; at: number }[] = [];
  const end = start + bytes.readInt32LE(start) - 1;
  for (let at = start + 4; at < end; ) {
    const type = bytes[at] as number;
    const place = endOfKey(bytes, at + 1) + 1;
    values.push({ type, at: place });
    at = endOfValue(bytes, type, place);
  }
  return values;
}
