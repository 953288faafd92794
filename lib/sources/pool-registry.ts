import type { Lease } from '../adapters/contract';
import type { Clock } from '../kernel/clock';
import { QuarryError } from '../kernel/errors';
import { LeaseQueue } from './lease-queue';
import { type Entry, figuresOf, keyOf, type MadePool, type PoolFigures, type PoolOwner, type RegistryLimits } from './pool-entry';
import { type Purpose, SourceHealth } from './source-health';
import { trackLease } from './tracked-lease';

export type { MadePool, PoolOwner } from './pool-entry';

/**
 * How long a replaced pool's leases may go on: longer than any query may run (exports: 10 minutes), so that only a lost lease
 * ever meets the end of it.
 */
const RETIRE_GRACE_MS = 15 * 60_000;

/**
 * The pools of one process: at most one current pool per source, made once however many ask for it at the same time. A pool that is
 * replaced or removed takes no new leases, lets the running ones end, and closes. Connections are capped per organisation and in
 * all: at the cap, pools that nobody uses are closed first, and then the next one waits (LeaseQueue). A source that could not be
 * reached is asked again by one request at a time, after a growing pause (SourceHealth).
 */
export class PoolRegistry {
  readonly #current = new Map<string, Entry>();
  readonly #opening = new Map<string, Promise<Entry>>();
  readonly #retiring = new Map<Entry, Promise<void>>();
  readonly #queue: LeaseQueue;
  readonly health = new SourceHealth();
  /** Resolves who waits for a retired pool's last user. */
  readonly #onRelease = new Set<() => void>();
  #draining = false;

  constructor(limits: RegistryLimits) {
    this.#queue = new LeaseQueue(
      limits,
      () => this.#entries(),
      (entry) => this.#retire(entry, 0),
    );
  }

  /**
   * @param credentialVersion of the source as the caller read it; a pool of this version or a newer one serves
   * @param make opens the pool of the source's newest state; it's called once for all that ask at the same time
   * @param options.purpose `use` waits for the next try of a source that could not be reached; the others ask it now
   * @throws QuarryError pool.timeout, what `make` and the driver throw, and at once what was wrong with a source that is known to be down
   */
  async lease(
    owner: PoolOwner,
    credentialVersion: number,
    make: () => Promise<MadePool>,
    options: { signal?: AbortSignal; clock: Clock; purpose?: Purpose },
  ): Promise<Lease> {
    const { signal, clock, purpose = 'use' } = options;
    return this.health.attempt(owner, clock, purpose, async () => {
      for (;;) {
        signal?.throwIfAborted();
        if (this.#draining) throw stopping();
        const entry = await this.#obtain(owner, credentialVersion, make, clock);
        if (!(await this.#queue.enter(entry, signal))) continue;
        if (purpose === 'use') entry.lastUsedAt = clock.now();
        const lease = await this.#leaseOf(entry, signal);
        return trackLease(lease, () => {
          if (purpose === 'use') entry.lastUsedAt = Math.max(entry.lastUsedAt, clock.now());
          this.#release(entry);
        });
      }
    });
  }

  /**
   * Asks every pool that has an idle connection, is to keep one, or has lost one since it was asked last, for a sign of life; it doesn't
   * count as use, and what is busy gives its own signs.
   * @param ask one round trip on the lease
   * @returns how many were asked
   */
  async check(clock: Clock, ask: (lease: Lease, owner: PoolOwner) => Promise<void>): Promise<number> {
    const due = [...this.#current.values()].filter((entry) => {
      const { idle, errors } = entry.pool.stats();
      const lost = errors > entry.errorsSeen;
      entry.errorsSeen = errors;
      return (idle > 0 || entry.min > 0 || lost) && this.#queue.admitsNow(entry) && !this.health.isDown(entry.owner);
    });
    await Promise.all(due.map((entry) => this.#checkOne(entry, clock, ask)));
    return due.length;
  }

  async #checkOne(entry: Entry, clock: Clock, ask: (lease: Lease, owner: PoolOwner) => Promise<void>): Promise<void> {
    entry.users += 1;
    // What is wrong is in the book of health then; there is nobody here to tell.
    await this.health
      .attempt(entry.owner, clock, 'check', async () => {
        const lease = trackLease(await this.#leaseOf(entry), () => this.#release(entry));
        await ask(lease, entry.owner);
      })
      .catch(() => undefined);
  }

  /** A connection for a user who is counted in. */
  async #leaseOf(entry: Entry, signal?: AbortSignal): Promise<Lease> {
    try {
      return await entry.pool.lease(signal ? { signal } : {});
    } catch (error) {
      this.#release(entry);
      // What still has connections is there, and a pool that is being closed says nothing about its server.
      const { active, idle } = entry.pool.stats();
      throw entry.retired || active + idle > 0 ? this.health.exempt(error) : error;
    }
  }

  /** Takes over a pool which is connected already, so that the tested connection serves the next query. */
  adopt(owner: PoolOwner, made: MadePool, clock: Clock): void {
    this.health.forget(owner);
    this.#install(owner, made, clock);
  }

  /** Retires the source's pool: running queries end, nothing new starts. @returns when the last connection is closed */
  async remove(owner: PoolOwner): Promise<void> {
    this.health.forget(owner);
    const entry = this.#current.get(keyOf(owner));
    if (entry) await this.#retire(entry, RETIRE_GRACE_MS);
  }

  /** The pool goes on under another name. */
  rename(owner: PoolOwner, name: string): void {
    const entry = this.#current.get(keyOf(owner));
    if (entry) entry.name = name;
  }

  /** Retires the pools of a source that were made from an older state of it. */
  async removeOlder(organizationId: string, dataSourceId: string, credentialVersion: number): Promise<void> {
    const old = [...this.#current.values()].filter(
      ({ owner, credentialVersion: version }) =>
        owner.organizationId === organizationId && owner.dataSourceId === dataSourceId && version < credentialVersion,
    );
    this.health.forgetSource(organizationId, dataSourceId);
    await Promise.all(old.map(({ owner }) => this.remove(owner)));
  }

  /** Figures of the organisation's current pools; the counts are the driver's own. */
  figures(organizationId: string): PoolFigures[] {
    return [...this.#current.values()]
      .filter((entry) => entry.owner.organizationId === organizationId)
      .map((entry) => this.#figures(entry));
  }

  /** Figures of a source's current pool; null when none is open. */
  figuresOf(owner: PoolOwner): PoolFigures | null {
    const entry = this.#current.get(keyOf(owner));
    return entry ? this.#figures(entry) : null;
  }

  #figures(entry: Entry): PoolFigures {
    return figuresOf(entry, this.#queue.waitingFor(entry), this.health.of(entry.owner));
  }

  /**
   * Closes pools that nobody has used for idleMs. Leased pools are never closed, nor those whose source keeps connections open
   * (`min` above 0, the warm profile).
   * @returns how many were closed, once their connections are gone
   */
  async sweep(clock: Clock, idleMs: number): Promise<number> {
    const due = [...this.#current.values()].filter(
      (entry) => entry.users === 0 && entry.min === 0 && clock.now() - entry.lastUsedAt >= idleMs,
    );
    await Promise.all(due.map((entry) => this.#retire(entry, 0)));
    return due.length;
  }

  /** Closes everything: running queries may end within graceMs, the rest is cancelled. */
  async drain(graceMs: number): Promise<void> {
    this.#draining = true;
    for (const entry of this.#current.values()) this.#queue.dismiss(entry, stopping());
    const retired = [...this.#retiring.keys()].map((entry) => entry.pool.drain(graceMs));
    const current = [...this.#current.values()].map((entry) => this.#retire(entry, graceMs));
    await Promise.allSettled([...retired, ...current]);
    this.#draining = false;
  }

  async #obtain(owner: PoolOwner, version: number, make: () => Promise<MadePool>, clock: Clock): Promise<Entry> {
    const key = keyOf(owner);
    for (;;) {
      const existing = this.#current.get(key);
      if (existing && existing.credentialVersion >= version) return existing;
      const running = this.#opening.get(key);
      if (!running) break;
      const opened = await running;
      if (opened.credentialVersion >= version) return opened;
    }
    const opening = make()
      .then((made) => this.#install(owner, made, clock))
      .finally(() => this.#opening.delete(key));
    this.#opening.set(key, opening);
    return opening;
  }

  #install(owner: PoolOwner, made: MadePool, clock: Clock): Entry {
    const key = keyOf(owner);
    const existing = this.#current.get(key);
    if (existing && existing.credentialVersion >= made.credentialVersion) {
      void made.pool.drain(0);
      return existing;
    }
    const now = clock.now();
    const entry: Entry = { ...made, owner, createdAt: now, lastUsedAt: now, users: 0, errorsSeen: 0, retired: false };
    this.#current.set(key, entry);
    if (existing) void this.#retire(existing, RETIRE_GRACE_MS);
    return entry;
  }

  #release(entry: Entry): void {
    entry.users -= 1;
    for (const wake of [...this.#onRelease]) wake();
    this.#queue.dispatch();
  }

  #retire(entry: Entry, graceMs: number): Promise<void> {
    const running = this.#retiring.get(entry);
    if (running) return running;
    entry.retired = true;
    const key = keyOf(entry.owner);
    if (this.#current.get(key) === entry) this.#current.delete(key);
    const closing = this.#unused(entry, graceMs)
      .then(() => entry.pool.drain(0))
      // A driver that fails to close says nothing that anybody could act on; the connection ends with the process.
      .catch(() => undefined)
      .finally(() => {
        this.#retiring.delete(entry);
        this.#queue.dispatch();
      });
    this.#retiring.set(entry, closing);
    this.#queue.dismiss(entry);
    return closing;
  }

  /** Until nobody uses the pool, at most for graceMs. */
  async #unused(entry: Entry, graceMs: number): Promise<void> {
    const deadline = Date.now() + graceMs;
    while (entry.users > 0 && Date.now() < deadline) {
      await new Promise<void>((resolve) => {
        const done = () => {
          clearTimeout(timer);
          this.#onRelease.delete(done);
          resolve();
        };
        const timer = setTimeout(done, deadline - Date.now());
        timer.unref();
        this.#onRelease.add(done);
      });
    }
  }

  *#entries(): Iterable<Entry> {
    yield* this.#current.values();
    yield* this.#retiring.keys();
  }
}

function stopping(): QuarryError {
  return new QuarryError('source.unreachable', 'This server is being stopped. Try again in a moment.', {
    stage: 'connect',
    retryAfterS: 2,
  });
}
