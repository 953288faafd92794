import { QuarryError } from '../kernel/errors';
import type { OpenLimits, PoolStats } from './contract';

/** How one kind of connection is opened, judged and closed. */
export interface Connector<C> {
  /** @throws QuarryError when it can't connect */
  connect(): Promise<C>;
  /** Resolves once nothing of the previous user is left on the connection (transaction rolled back); false: it can't be used again. */
  settle(connection: C): boolean | Promise<boolean>;
  /** Closes it, never throws; resolves when the server or process is gone. */
  close(connection: C): Promise<void>;
  /** Ends whatever the connection is running, so that its user gets an error. */
  interrupt(connection: C): void;
}

interface Waiter<C> {
  resolve(slot: Slot<C>): void;
  reject(error: unknown): void;
}

interface Slot<C> {
  connection: C;
  openedAt: number;
  idleSince: number;
}

/** An idle connection above the minimum is closed after this long; a whole pool that nobody uses is closed by lib/sources. */
const IDLE_TRIM_MS = 300_000;

/**
 * The one connection pool of all engines: at most `max` connections, first come first served, last used first reused,
 * replaced when older than `recycleMs`. Its counts are the truth that `stats()` tells: a connection that is being opened or
 * tidied up counts as active, so active + idle never exceeds max.
 */
export class ConnectionPool<C extends object> {
  private readonly idle: Slot<C>[] = [];
  private readonly active = new Map<C, Slot<C>>();
  private readonly waiters: Waiter<C>[] = [];
  private opening = 0;
  private opened = 0;
  private errors = 0;
  private closed = false;
  private readonly drained: (() => void)[] = [];
  private readonly trimmer: NodeJS.Timeout;

  constructor(
    private readonly connector: Connector<C>,
    private readonly limits: OpenLimits,
    private readonly now: () => number = Date.now,
  ) {
    this.trimmer = setInterval(() => this.trim(), IDLE_TRIM_MS / 5);
    this.trimmer.unref();
  }

  /**
   * A connection for the caller alone, until it is given back.
   * @throws QuarryError pool.timeout with the number waiting, query.cancelled when the signal aborts, or what `connect` throws
   */
  async acquire(signal?: AbortSignal): Promise<C> {
    if (this.closed) throw closing();
    if (signal?.aborted) throw cancelled();
    for (;;) {
      const slot =
        this.idle.pop() ?? (this.active.size + this.opening < this.limits.max ? await this.open() : await this.wait(signal));
      this.active.set(slot.connection, slot);
      if (this.closed) {
        await this.discard(slot.connection);
        throw closing();
      }
      const usable = !this.isOld(slot) && (await this.connector.settle(slot.connection));
      if (usable && !signal?.aborted) return slot.connection;
      if (usable) {
        this.release(slot.connection);
        throw cancelled();
      }
      await this.discard(slot.connection);
    }
  }

  /** Gives a connection back. The next user waits until it has settled. */
  release(connection: C, broken = false): void {
    const slot = this.active.get(connection);
    if (!slot) return;
    if (broken || this.closed || this.isOld(slot)) {
      void this.discard(connection);
      return;
    }
    this.active.delete(connection);
    slot.idleSince = this.now();
    const waiter = this.waiters.shift();
    if (waiter) {
      this.active.set(connection, slot);
      waiter.resolve(slot);
    } else {
      this.idle.push(slot);
      this.announceIfDrained();
    }
  }

  /** A connection failed by itself (server restarted, process killed): it is dropped wherever it is. */
  lost(connection: C): void {
    this.errors += 1;
    const index = this.idle.findIndex((slot) => slot.connection === connection);
    if (index >= 0) {
      this.idle.splice(index, 1);
      void this.connector.close(connection);
    }
  }

  /** Counts an error that a query met through no fault of its own text. */
  countError(): void {
    this.errors += 1;
  }

  stats(): PoolStats {
    return {
      min: this.limits.min,
      max: this.limits.max,
      active: this.active.size + this.opening,
      idle: this.idle.length,
      waiting: this.waiters.length,
      opened: this.opened,
      errors: this.errors,
    };
  }

  /** Takes no more work, waits up to `graceMs` for what runs, interrupts the rest, closes everything. */
  async drain(graceMs: number): Promise<void> {
    this.closed = true;
    clearInterval(this.trimmer);
    for (const waiter of this.waiters.splice(0)) waiter.reject(closing());
    await Promise.all(this.idle.splice(0).map((slot) => this.connector.close(slot.connection)));
    if (this.active.size + this.opening === 0) return;
    await this.emptied(graceMs);
    for (const connection of this.active.keys()) this.connector.interrupt(connection);
    if (this.active.size > 0) await this.emptied(1_000);
    await Promise.all([...this.active.keys()].map((connection) => this.discard(connection)));
  }

  private emptied(timeoutMs: number): Promise<void> {
    if (this.active.size + this.opening === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      this.drained.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  private announceIfDrained(): void {
    if (this.active.size + this.opening === 0) for (const done of this.drained.splice(0)) done();
  }

  private isOld(slot: Slot<C>): boolean {
    return this.now() - slot.openedAt >= this.limits.recycleMs;
  }

  private async open(): Promise<Slot<C>> {
    this.opening += 1;
    try {
      const connection = await this.connector.connect();
      const slot = { connection, openedAt: this.now(), idleSince: this.now() };
      this.opened += 1;
      this.active.set(connection, slot);
      this.opening -= 1;
      return slot;
    } catch (error) {
      this.errors += 1;
      this.opening -= 1;
      this.announceIfDrained();
      this.serveFreedPlace();
      throw error;
    }
  }

  private wait(signal: AbortSignal | undefined): Promise<Slot<C>> {
    return new Promise((resolve, reject) => {
      const leave = (error: QuarryError) => {
        const index = this.waiters.indexOf(waiter);
        if (index >= 0) this.waiters.splice(index, 1);
        waiter.reject(error);
      };
      const timer = setTimeout(() => leave(this.waitedTooLong()), this.limits.waitMs);
      const onAbort = () => leave(cancelled());
      const finish = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
      };
      const waiter: Waiter<C> = {
        resolve: (slot) => {
          finish();
          resolve(slot);
        },
        reject: (error) => {
          finish();
          reject(error);
        },
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.waiters.push(waiter);
    });
  }

  private waitedTooLong(): QuarryError {
    const waiting = this.waiters.length;
    const seconds = Math.round(this.limits.waitMs / 100) / 10;
    return new QuarryError(
      'pool.timeout',
      `All ${this.limits.max} connections to this source stayed busy for ${seconds} s, with ${waiting} requests waiting. Try again, or raise the pool size of the source.`,
      { stage: 'connect', details: { waiting, max: this.limits.max, active: this.active.size + this.opening }, retryAfterS: 1 },
    );
  }

  /** Closes a connection that was in use; its place goes to the next who waits. */
  private async discard(connection: C): Promise<void> {
    try {
      await this.connector.close(connection);
    } finally {
      this.active.delete(connection);
      this.announceIfDrained();
      this.serveFreedPlace();
    }
  }

  /** When a connection went away and somebody waits, a new one is opened for the first of them. */
  private serveFreedPlace(): void {
    if (this.closed || this.waiters.length === 0 || this.active.size + this.opening >= this.limits.max) return;
    const waiter = this.waiters.shift();
    if (!waiter) return;
    this.open().then(waiter.resolve, waiter.reject);
  }

  private trim(): void {
    const surplus = this.active.size + this.idle.length - this.limits.min;
    const stale = this.idle
      .filter((slot) => this.isOld(slot) || this.now() - slot.idleSince >= IDLE_TRIM_MS)
      .slice(0, Math.max(0, surplus));
    for (const slot of stale) {
      this.idle.splice(this.idle.indexOf(slot), 1);
      void this.connector.close(slot.connection);
    }
  }
}

function closing(): QuarryError {
  return new QuarryError('source.unreachable', 'The connections to this source are being closed. Try again in a moment.', {
    stage: 'connect',
    retryAfterS: 1,
  });
}

function cancelled(): QuarryError {
  return new QuarryError('query.cancelled', 'The request was cancelled before it reached the database.', { stage: 'connect' });
}
