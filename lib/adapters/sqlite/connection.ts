import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import { QuarryError } from '../../kernel/errors';
import { projectRoot } from '../../kernel/paths';
import type { ColumnType, TextBatch } from '../contract';
import { children } from './children';
import { openError, queryError, type ReaderError } from './errors';
import { resolveDatabaseFile } from './file-guard';
import type { RawColumn, RawValue } from './values';

type Reply =
  | { op: 'opened' }
  | { op: 'columns'; id: number; columns: RawColumn[] }
  | { op: 'rows'; id: number; rows: RawValue[][] }
  | ({ op: 'text'; id: number } & TextBatch)
  | { op: 'end'; id: number; truncated: null | { by: 'rows' | 'bytes'; limit: number }; affectedRows?: number }
  | ({ op: 'error'; id: number | null } & ReaderError);

export interface Command {
  text: string;
  params: RawValue[];
  maxRows: number;
  maxBytes: number;
  write: boolean;
  /** Rows are to come as packed text, once `describe` has told the types that the first ones have. */
  packed: boolean;
}

/** What comes of a result: raw rows, or packed text. */
export type ReaderBatch = RawValue[][] | TextBatch;

type Ended = Extract<Reply, { op: 'end' }>;

/** One reader process with one open file. One statement at a time. */
export class SqliteConnection {
  dead = false;
  #listener: ((reply: Reply) => void) | null = null;
  #gone: ((error: QuarryError) => void) | null = null;
  #lastId = 0;
  /** The statement whose end has not been seen yet. */
  #current: { id: number; inbox: Inbox } | null = null;
  #stopping: Promise<void> | null = null;
  #closed: Promise<void>;
  /** Why it was ended on purpose; a process that ends without a reason was killed from outside. */
  #reason: QuarryError | null = null;

  private constructor(
    private readonly child: ChildProcess,
    onLost: (connection: SqliteConnection) => void,
  ) {
    child.on('message', (reply) => this.#listener?.(reply as Reply));
    child.on('error', () => undefined);
    this.#closed = new Promise((resolve) => {
      child.once('exit', () => {
        this.dead = true;
        children().delete(child);
        this.#gone?.(this.#reason ?? lostReader());
        if (this.#reason === null) onLost(this);
        resolve();
      });
    });
  }

  /** Starts the process and opens the file. @throws QuarryError source.* */
  static async open(
    file: string,
    options: { organizationId?: string; writable: boolean; timeoutMs: number; onLost: (connection: SqliteConnection) => void },
  ): Promise<SqliteConnection> {
    const real = resolveDatabaseFile(file, { organizationId: options.organizationId });
    const script = path.join(projectRoot(), 'lib', 'adapters', 'sqlite', 'reader-process.mjs');
    // Next to no environment: the process needs none, and secrets have no business there.
    // spawn and not fork: a bundler would try to bundle what fork names.
    const child = spawn(process.execPath, [script], {
      serialization: 'advanced',
      env: { NODE_ENV: 'production' },
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    children().add(child);
    const connection = new SqliteConnection(child, options.onLost);
    try {
      await connection.opened(real, options);
      return connection;
    } catch (error) {
      await connection.close();
      throw error;
    }
  }

  get pid(): string {
    return String(this.child.pid ?? 0);
  }

  private opened(file: string, { writable, timeoutMs }: { writable: boolean; timeoutMs: number }): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new QuarryError('source.unreachable', 'Opening the file took too long.', { stage: 'connect' })),
        timeoutMs,
      );
      const finish = (settle: () => void) => {
        clearTimeout(timer);
        this.#listener = null;
        this.#gone = null;
        settle();
      };
      this.#gone = (error) => finish(() => reject(error));
      this.#listener = (reply) => {
        if (reply.op === 'opened') finish(resolve);
        else if (reply.op === 'error') finish(() => reject(openError(reply)));
      };
      this.send({ op: 'open', file, writable });
    });
  }

  /**
   * Runs one statement. Batches are asked for one by one, so that a slow reader holds the process back.
   * @returns the columns with an iterator over batches of raw rows, which must be read to its end or left
   */
  async run(command: Command): Promise<{ columns: RawColumn[]; batches: AsyncGenerator<ReaderBatch, Ended> }> {
    this.#lastId += 1;
    const id = this.#lastId;
    const inbox = new Inbox();
    this.#current = { id, inbox };
    this.#listener = (reply) => {
      if ('id' in reply && reply.id === id) inbox.push(reply);
    };
    this.#gone = (error) => inbox.fail(error);
    this.send({ op: 'execute', id, ...command });
    const first = await inbox.next();
    if (first.op === 'error') {
      this.#current = null;
      throw queryError(first);
    }
    if (first.op !== 'columns') throw new QuarryError('internal', 'The reader answered out of order.');
    return { columns: first.columns, batches: this.batches(id, inbox) };
  }

  /** Tells the reader by which types the rows of a packed result become text; they are those of its first batch, which comes raw. */
  describe(types: readonly ColumnType[]): void {
    this.send({ op: 'types', id: this.#lastId, types });
  }

  private async *batches(id: number, inbox: Inbox): AsyncGenerator<ReaderBatch, Ended> {
    let ended = false;
    try {
      for (;;) {
        const reply = await inbox.next();
        if (reply.op === 'rows' || reply.op === 'text') {
          yield reply.op === 'rows' ? reply.rows : reply;
          this.send({ op: 'more', id });
          continue;
        }
        ended = true;
        this.#current = null;
        if (reply.op === 'error') throw queryError(reply);
        if (reply.op === 'end') return reply;
      }
    } finally {
      if (!ended) await this.settle();
    }
  }

  /**
   * Ends a result that was left in the middle, or never read.
   * @returns false when the process can't be used any more
   */
  async settle(): Promise<boolean> {
    const current = this.#current;
    if (current && !this.dead) {
      this.#stopping ??= this.stop(current.id, current.inbox).finally(() => {
        this.#stopping = null;
        this.#current = null;
      });
      await this.#stopping;
    }
    return !this.dead;
  }

  /** Leaves a statement early. A process that doesn't hear it, because it is busy, is ended. */
  private async stop(id: number, inbox: Inbox): Promise<void> {
    if (this.dead) return;
    this.send({ op: 'stop', id });
    const late = setTimeout(
      () => this.kill(new QuarryError('query.cancelled', 'The query was stopped.', { stage: 'execute' })),
      250,
    );
    try {
      for (let reply = await inbox.next(); reply.op === 'rows' || reply.op === 'text'; reply = await inbox.next());
    } catch {
      // It is gone, which is as good.
    } finally {
      clearTimeout(late);
    }
    // Its last words may have come after the signal was sent: it is not to be used again.
    if (this.#reason !== null) await this.#closed;
  }

  /** Ends the process at once, and with it whatever it runs; waiting calls fail with `reason`. */
  kill(reason: QuarryError): void {
    this.#reason ??= reason;
    this.child.kill('SIGKILL');
  }

  /** Closes it; resolves when the process is gone. */
  close(): Promise<void> {
    this.kill(new QuarryError('source.unreachable', 'The connection was closed.', { stage: 'connect' }));
    return this.#closed;
  }

  private send(message: object): void {
    if (this.child.connected) this.child.send(message, () => undefined);
  }
}

/** The error of a process that ended without being asked to. */
export function lostReader(): QuarryError {
  return new QuarryError('source.unreachable', 'The process that reads this file ended unexpectedly. Try again.', {
    stage: 'execute',
  });
}

/** Replies that came before somebody asked for them. */
class Inbox {
  readonly #replies: Reply[] = [];
  #error: QuarryError | null = null;
  #waiter: { resolve(reply: Reply): void; reject(error: unknown): void } | null = null;

  push(reply: Reply): void {
    const waiter = this.#waiter;
    this.#waiter = null;
    if (waiter) waiter.resolve(reply);
    else this.#replies.push(reply);
  }

  fail(error: QuarryError): void {
    this.#error = error;
    this.#waiter?.reject(error);
    this.#waiter = null;
  }

  next(): Promise<Reply> {
    const reply = this.#replies.shift();
    if (reply) return Promise.resolve(reply);
    if (this.#error) return Promise.reject(this.#error);
    return new Promise((resolve, reject) => {
      this.#waiter = { resolve, reject };
    });
  }
}
