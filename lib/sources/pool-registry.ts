import type { Lease, Pool, PoolStats } from '../adapters/contract';
import type { Clock } from '../kernel/clock';
import { QuarryError } from '../kernel/errors';
import { trackLease } from './tracked-lease';

/** What a pool belongs to. Never a URL: two organisations with the same database have a pool each. */
export interface PoolOwner {
  organizationId: string;
  environmentId: string;
  dataSourceId: string;
}

export interface MadePool {
  /** Which state of the source it was made from. A higher one replaces a lower one, never the other way round. */
  credentialVersion: number;
  name: string;
  min: number;
  max: number;
  waitMs: number;
  pool: Pool;
}

interface Entry extends MadePool {
  owner: PoolOwner;
  createdAt: number;
  lastUsedAt: number;
  /** Leases taken or being waited for. */
  users: number;
  retired: boolean;
}

export interface RegistryLimits {
  maxPerOrganization: number;
  maxTotal: number;
}

export interface PoolFigures extends PoolStats {
  dataSourceId: string;
  name: string;
  lastUsedAt: number;
  createdAt: number;
}

/**
 * How long a replaced pool's leases may go on: longer than any query may run (exports: 10 minutes), so that only a lost lease
 * ever meets the end of it.
 */
const RETIRE_GRACE_MS = 15 * 60_000;

/**
 * The pools of one process: at most one current pool per source, made once however many ask for it at the same time. A pool that is
 * replaced or removed takes no new leases, lets the running ones end, and closes. Connections are capped per organisation and in
 * all: at the cap, pools that nobody uses are closed first, and then the next one waits.
 */
export class PoolRegistry {
  readonly #current = new Map<string, Entry>();
  readonly #opening = new Map<string, Promise<Entry>>();
  readonly #retiring = new Map<Entry, Promise<void>>();
  readonly #onChange = new Set<() => void>();
  readonly #limits: RegistryLimits;

  constructor(limits: RegistryLimits) {
    this.#limits = limits;
  }

  /**
   * @param credentialVersion of the source as the caller read it; a pool of this version or a newer one serves
   * @param make opens the pool of the source's newest state; it's called once for all that ask at the same time
   * @throws QuarryError pool.timeout, and what `make` and the driver throw
   */
  async lease(
    owner: PoolOwner,
    credentialVersion: number,
    make: () => Promise<MadePool>,
    options: { signal?: AbortSignal; clock: Clock },
  ): Promise<Lease> {
    const { signal, clock } = options;
    for (;;) {
      signal?.throwIfAborted();
      const entry = await this.#obtain(owner, credentialVersion, make, clock);
      if (!(await this.#reserve(entry, signal))) continue;
      entry.lastUsedAt = clock.now();
      try {
        const lease = await entry.pool.lease(signal ? { signal } : {});
        return trackLease(lease, () => this.#release(entry, clock));
      } catch (error) {
        this.#release(entry, clock);
        throw error;
      }
    }
  }

  /** Takes over a pool which is connected already, so that the tested connection serves the next query. */
  adopt(owner: PoolOwner, made: MadePool, clock: Clock): void {
    this.#install(owner, made, clock);
  }

  /** Retires the source's pool: running queries end, nothing new starts. @returns when the last connection is closed */
  async remove(owner: PoolOwner): Promise<void> {
    const entry = this.#current.get(keyOf(owner));
    if (entry) await this.#retire(entry, RETIRE_GRACE_MS);
  }

  /** The pool goes on under another name. */
  rename(owner: PoolOwner, name: string): void {
    const entry = this.#current.get(keyOf(owner));
    if (entry) entry.name = name;
  }

  /** Figures of the organisation's current pools; the counts are the driver's own. */
  figures(organizationId: string): PoolFigures[] {
    return [...this.#current.values()].filter((entry) => entry.owner.organizationId === organizationId).map(figures);
  }

  /** Figures of a source's current pool; null when none is open. */
  figuresOf(owner: PoolOwner): PoolFigures | null {
    const entry = this.#current.get(keyOf(owner));
    return entry ? figures(entry) : null;
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
    const retired = [...this.#retiring.keys()].map((entry) => entry.pool.drain(graceMs));
    const current = [...this.#current.values()].map((entry) => this.#retire(entry, graceMs));
    await Promise.allSettled([...retired, ...current]);
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
    const entry: Entry = { ...made, owner, createdAt: now, lastUsedAt: now, users: 0, retired: false };
    this.#current.set(key, entry);
    if (existing) void this.#retire(existing, RETIRE_GRACE_MS);
    return entry;
  }

  /** Counts the caller in, when the caps allow another connection; false when the pool was retired in the meantime. */
  async #reserve(entry: Entry, signal?: AbortSignal): Promise<boolean> {
    const deadline = Date.now() + entry.waitMs;
    while (!entry.retired) {
      const scope = this.#fullScope(entry);
      if (!scope) {
        entry.users += 1;
        return true;
      }
      const victim = this.#leastRecentlyUsed(scope, entry);
      if (victim) await this.#retire(victim, 0);
      else await this.#changed(deadline, scope, signal);
    }
    return false;
  }

  /** Which cap one more lease of this pool would break; null when none, or when no further connection would be opened. */
  #fullScope(entry: Entry): { organizationId?: string } | null {
    if (connections(entry, entry.users + 1) <= connections(entry, entry.users)) return null;
    const { organizationId } = entry.owner;
    let own = 0;
    let all = 0;
    for (const other of this.#entries()) {
      const count = connections(other, other.users);
      all += count;
      if (other.owner.organizationId === organizationId) own += count;
    }
    if (own >= this.#limits.maxPerOrganization) return { organizationId };
    return all >= this.#limits.maxTotal ? {} : null;
  }

  #leastRecentlyUsed(scope: { organizationId?: string }, except: Entry): Entry | null {
    let oldest: Entry | null = null;
    for (const entry of this.#current.values()) {
      if (entry === except || entry.users > 0 || connections(entry, 0) === 0) continue;
      if (scope.organizationId && entry.owner.organizationId !== scope.organizationId) continue;
      if (!oldest || entry.lastUsedAt < oldest.lastUsedAt) oldest = entry;
    }
    return oldest;
  }

  /** Waits until a lease was given back or a pool closed. */
  #changed(deadline: number, scope: { organizationId?: string }, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (settle: () => void) => {
        clearTimeout(timer);
        this.#onChange.delete(changed);
        signal?.removeEventListener('abort', aborted);
        settle();
      };
      const changed = () => end(resolve);
      const aborted = () => end(() => reject(signal?.reason));
      const timer = setTimeout(
        () => end(() => reject(capReached(scope, this.#limits, this.#onChange.size + 1))),
        Math.max(0, deadline - Date.now()),
      );
      this.#onChange.add(changed);
      signal?.addEventListener('abort', aborted);
    });
  }

  #release(entry: Entry, clock: Clock): void {
    entry.users -= 1;
    entry.lastUsedAt = Math.max(entry.lastUsedAt, clock.now());
    this.#notify();
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
        this.#notify();
      });
    this.#retiring.set(entry, closing);
    this.#notify();
    return closing;
  }

  /** Until nobody uses the pool, at most for graceMs. */
  async #unused(entry: Entry, graceMs: number): Promise<void> {
    const deadline = Date.now() + graceMs;
    while (entry.users > 0 && Date.now() < deadline) {
      await new Promise<void>((resolve) => {
        const done = () => {
          clearTimeout(timer);
          this.#onChange.delete(done);
          resolve();
        };
        const timer = setTimeout(done, deadline - Date.now());
        timer.unref();
        this.#onChange.add(done);
      });
    }
  }

  #notify(): void {
    for (const wake of [...this.#onChange]) wake();
  }

  *#entries(): Iterable<Entry> {
    yield* this.#current.values();
    yield* this.#retiring.keys();
  }
}

const keyOf = (owner: PoolOwner) => `${owner.organizationId}/${owner.environmentId}/${owner.dataSourceId}`;

const figures = (entry: Entry): PoolFigures => ({
  ...entry.pool.stats(),
  dataSourceId: entry.owner.dataSourceId,
  name: entry.name,
  lastUsedAt: entry.lastUsedAt,
  createdAt: entry.createdAt,
});

/** Connections that a pool has or is about to open for its users. */
function connections(entry: Entry, users: number): number {
  const { active, idle } = entry.pool.stats();
  return Math.max(active + idle, Math.min(users, entry.max));
}

function capReached(scope: { organizationId?: string }, limits: RegistryLimits, waiting: number): QuarryError {
  const [whose, cap] = scope.organizationId ? ['Your organisation', limits.maxPerOrganization] : ['This server', limits.maxTotal];
  return new QuarryError(
    'pool.timeout',
    `${whose} has all ${cap} connections to data sources in use, and none came free in time. Try again when other queries have ended.`,
    { stage: 'execute', details: { limit: cap, waiting }, retryAfterS: 5 },
  );
}
