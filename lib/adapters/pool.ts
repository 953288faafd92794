import { QuarryError } from '../kernel/errors';
import type { OpenLimits, PoolStats } from './contract';
import { poolTimeout } from './pool-timeout';

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
/** How long an idle connection above the base is kept: long enough for a burst to reuse it. */
const OVERFLOW_LINGER_MS = 5_000;
/** Connections that are being opened at the same time, so that a burst doesn't storm a server. */
const MAX_OPENING = 4;
/** A server that serves some connections and refuses one more (too many connections) isn't asked again sooner than this. */
const REFUSED_PAUSE_MS = 1_000;

/**
 * The one connection pool of all engines: at most `max` connections, first come first served, last used first reused,
 * replaced when older than `recycleMs`. Its counts are the truth that `stats()` tells: a connection that is being opened or
 * tidied up counts as active, so active + idle never exceeds max.
 *
 * Who finds nothing idle waits in one queue; connections are opened for the queue, a few at a time, and whichever comes free or
 * ready first goes to its head. When the server can't be reached at all, those who wait learn it together, from one attempt.
 */
export class ConnectionPool<C extends object> {
  private readonly idle: Slot<C>[] = [];
  private readonly active = new Map<C, Slot<C>>();
  private readonly waiters: Waiter<C>[] = [];
  private opening = 0;
  private closing = 0;
  private opened = 0;
  private errors = 0;
  private closed = false;
  /** An attempt failed, and others that began with it haven't ended: no new one begins before they have. */
  private failing = false;
  private pausedUntil = 0;
  /** What the server said when it refused one connection more; null once it has let one in again. */
  private refusal: string | null = null;
  private readonly drained: (() => void)[] = [];
  private readonly trimmer: NodeJS.Timeout;
  private overflowTimer: NodeJS.Timeout | undefined;

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
    for (let first = true; ; first = false) {
      const slot = (this.waiters.length === 0 ? this.idle.pop() : undefined) ?? (await this.wait(signal, !first));
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
    this.offer(slot);
  }

  /** Closes up to `count` idle connections, those idle for longest first. @returns how many, once they are gone */
  async closeIdle(count: number): Promise<number> {
    const slots = this.idle.splice(0, Math.max(0, count));
    await Promise.all(slots.map((slot) => this.close(slot)));
    return slots.length;
  }

  /** A connection failed by itself (server restarted, process killed): it is dropped wherever it is. */
  lost(connection: C): void {
    this.errors += 1;
    const index = this.idle.findIndex((slot) => slot.connection === connection);
    if (index >= 0) {
      for (const slot of this.idle.splice(index, 1)) void this.close(slot);
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
      waiting: this.waitingForPlace(),
      opened: this.opened,
      errors: this.errors,
      ...(this.refusal === null ? {} : { refusal: this.refusal }),
    };
  }

  /** Takes no more work, waits up to `graceMs` for what runs, interrupts the rest, closes everything. */
  async drain(graceMs: number): Promise<void> {
    this.closed = true;
    clearInterval(this.trimmer);
    clearTimeout(this.overflowTimer);
    for (const waiter of this.waiters.splice(0)) waiter.reject(closing());
    await this.closeIdle(this.idle.length);
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

  /** A connection that is free: to the first who waits, else idle until somebody comes. */
  private offer(slot: Slot<C>): void {
    const waiter = this.waiters.shift();
    if (waiter) {
      this.active.set(slot.connection, slot);
      waiter.resolve(slot);
      return;
    }
    this.idle.push(slot);
    this.announceIfDrained();
    if (this.isOverflowing()) this.armOverflow();
  }

  private async open(): Promise<void> {
    this.opening += 1;
    try {
      const connection = await this.connector.connect();
      this.opened += 1;
      this.opening -= 1;
      this.failing = false;
      this.refusal = null;
      const slot = { connection, openedAt: this.now(), idleSince: this.now() };
      if (this.closed) await this.close(slot);
      else this.offer(slot);
    } catch (error) {
      this.errors += 1;
      this.opening -= 1;
      this.failed(error);
    }
    this.announceIfDrained();
    this.openForWaiters();
  }

  /**
   * A connection could not be opened. With others open, the server is there: those who wait get theirs. With none, the attempt spoke
   * for all of them; asking once more for each would keep everybody waiting and storm a server that is ill.
   */
  private failed(error: unknown): void {
    this.failing = this.opening > 0;
    if (this.failing) return;
    if (this.active.size > 0) {
      this.refusal = error instanceof QuarryError ? error.message : 'It gave no reason.';
      this.pause();
    } else for (const waiter of this.waiters.splice(0)) waiter.reject(error);
  }

  private pause(): void {
    this.pausedUntil = this.now() + REFUSED_PAUSE_MS;
    setTimeout(() => this.openForWaiters(), REFUSED_PAUSE_MS).unref();
  }

  /** Opens connections for those in the queue that none is being opened for, within the limits. */
  private openForWaiters(): void {
    while (
      !this.closed &&
      !this.failing &&
      this.waitingForPlace() > 0 &&
      this.opening < MAX_OPENING &&
      this.total < this.limits.max &&
      (this.active.size === 0 || this.now() >= this.pausedUntil)
    )
      void this.open();
  }

  /** Connections there are, opening and closing ones included. */
  private get total(): number {
    return this.active.size + this.idle.length + this.opening + this.closing;
  }

  private waitingForPlace(): number {
    return Math.max(0, this.waiters.length - this.opening);
  }

  /** @param ahead of everybody else: it has waited already, and what it got was no use */
  private wait(signal: AbortSignal | undefined, ahead: boolean): Promise<Slot<C>> {
    return new Promise((resolve, reject) => {
      const leave = (error: QuarryError) => {
        const index = this.waiters.indexOf(waiter);
        if (index >= 0) this.waiters.splice(index, 1);
        waiter.reject(error);
      };
      const late = () => {
        // A connection is being opened for this one: that has its own time limit, and its own error.
        if (this.waiters.indexOf(waiter) < this.opening) timer = setTimeout(late, this.limits.connectTimeoutMs);
        else leave(this.waitedTooLong());
      };
      let timer = setTimeout(late, this.limits.waitMs);
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
      if (ahead) this.waiters.unshift(waiter);
      else this.waiters.push(waiter);
      this.openForWaiters();
    });
  }

  private waitedTooLong(): QuarryError {
    const { active, waiting, max, refusal } = this.stats();
    return poolTimeout({ active, waiting, max, waitMs: this.limits.waitMs, refusal });
  }

  /** Closes a connection that was in use; its place goes to the next who waits. */
  private async discard(connection: C): Promise<void> {
    try {
      await this.connector.close(connection);
    } finally {
      this.active.delete(connection);
      this.announceIfDrained();
      this.openForWaiters();
    }
  }

  /** Closes one that nobody uses. Its place is free once it is gone. */
  private async close(slot: Slot<C>): Promise<void> {
    this.closing += 1;
    try {
      await this.connector.close(slot.connection);
    } finally {
      this.closing -= 1;
      this.openForWaiters();
    }
  }

  private trim(): void {
    const surplus = this.active.size + this.idle.length - this.limits.min;
    const stale = this.idle
      .filter((slot) => this.isOld(slot) || this.now() - slot.idleSince >= IDLE_TRIM_MS)
      .slice(0, Math.max(0, surplus));
    for (const slot of stale) {
      this.idle.splice(this.idle.indexOf(slot), 1);
      void this.close(slot);
    }
  }

  private isOverflowing(): boolean {
    return this.idle.length > 0 && this.active.size + this.idle.length > (this.limits.base ?? this.limits.max);
  }

  private armOverflow(): void {
    if (this.overflowTimer || this.closed) return;
    this.overflowTimer = setTimeout(() => {
      this.overflowTimer = undefined;
      this.closeOverflow();
    }, OVERFLOW_LINGER_MS);
    this.overflowTimer.unref();
  }

  /** Connections above the base that nobody has used for a while close; idle ones lie in the order in which they came back. */
  private closeOverflow(): void {
    while (this.isOverflowing() && this.now() - (this.idle[0]?.idleSince ?? 0) >= OVERFLOW_LINGER_MS) void this.closeIdle(1);
    if (this.isOverflowing()) this.armOverflow();
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
