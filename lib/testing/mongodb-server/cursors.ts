/** Open cursors: a flow of documents that is read batch by batch, no further than the client asks. */
import { randomBytes } from 'node:crypto';
import { Encoded } from './codec';
import { type Operation, PAUSE } from './operation';
import type { Flow, PipelineContext } from './pipeline';
import type { Item } from './store';
import { ServerError } from './values';

/** Bytes of documents in one reply. */
const MAX_BATCH = 16 * 1024 * 1024;
export const FIRST_BATCH = 101;

export class Cursor {
  private readonly iterator: Iterator<Item | typeof PAUSE>;
  /** Read already, but it didn't fit into the batch. */
  private ahead: Item | null = null;
  ended = false;
  private given = 0;
  spentMs = 0;
  docsExamined = 0;

  constructor(
    readonly id: bigint,
    readonly database: string,
    readonly collection: string,
    flow: Flow,
    private readonly running: PipelineContext['running'],
    /** Documents in all, when that is known: the last of them ends the cursor. */
    private readonly limit: number | null,
    readonly about: { session: string | null; comment: unknown; user: string | null; connection: number; maxTimeMs: number },
  ) {
    this.iterator = flow[Symbol.iterator]();
  }

  /** @param size documents at most; 0 for as many as fit */
  async batch(size: number, operation: Operation): Promise<Encoded> {
    this.running.operation = operation;
    this.running.lastPause = performance.now();
    const documents: Buffer[] = [];
    let bytes = 0;
    try {
      operation.check();
      while (size === 0 || documents.length < size) {
        const item = this.ahead ?? (await this.next(operation));
        this.ahead = null;
        if (!item) break;
        const { raw } = item;
        if (raw.length > MAX_BATCH + 16_384)
          throw new ServerError(
            10334,
            'BSONObjectTooLarge',
            `BSONObj size: ${raw.length} is invalid. Size must be between 0 and 16793600(16MB)`,
          );
        if (documents.length > 0 && bytes + raw.length > MAX_BATCH) {
          this.ahead = item;
          break;
        }
        documents.push(raw);
        bytes += raw.length;
      }
    } finally {
      this.spentMs += performance.now() - operation.startedAt;
      this.docsExamined += operation.docsExamined;
    }
    this.given += documents.length;
    if (this.limit !== null && this.given >= this.limit) this.ended = true;
    return new Encoded(documents, true);
  }

  private async next(operation: Operation): Promise<Item | null> {
    for (;;) {
      const { value, done } = this.iterator.next();
      if (done) {
        this.ended = true;
        return null;
      }
      if (value !== PAUSE) return value;
      await new Promise((resolve) => setImmediate(resolve));
      operation.check();
    }
  }

  close(): void {
    this.ended = true;
    this.iterator.return?.();
  }
}

export class Cursors {
  private readonly open = new Map<bigint, Cursor>();

  nextId(): bigint {
    return (randomBytes(8).readBigUInt64LE() >> 2n) + 1n;
  }
  add(cursor: Cursor): void {
    this.open.set(cursor.id, cursor);
  }
  /** @throws error 43 */
  get(id: bigint): Cursor {
    const cursor = this.open.get(id);
    if (!cursor) throw new ServerError(43, 'CursorNotFound', `cursor id ${id} not found`);
    return cursor;
  }
  kill(id: bigint): boolean {
    this.open.get(id)?.close();
    return this.open.delete(id);
  }
  killWhere(test: (cursor: Cursor) => boolean): void {
    for (const cursor of this.open.values()) if (test(cursor)) this.kill(cursor.id);
  }
  all(): Cursor[] {
    return [...this.open.values()];
  }
}
