import { poolTimeout } from '../adapters/pool-timeout';
import { QuarryError } from '../kernel/errors';
import { connections, type Entry, type RegistryLimits } from './pool-entry';

interface Waiter {
  /** Order of arrival. */
  number: number;
  /** true: counted in. false: the pool was retired meanwhile, ask for the new one. */
  settle(admitted: boolean): void;
  reject(error: unknown): void;
}

/** A cap that is reached: of one organisation, or of the process. */
interface Scope {
  organizationId?: string;
}

interface Usage {
  users: number;
  connections: number;
}

/**
 * Who gets the next connection. A pool admits as many users as it may have connections; whoever comes later waits here, and so does
 * whoever would break the cap of the organisation or of the process. A place that comes free goes to the organisation that uses the
 * fewest, within it to the source that uses the fewest, and within that to who came first: a flood from one organisation delays
 * itself, not the others. At a cap, connections that nobody uses are closed to make room.
 */
export class LeaseQueue {
  readonly #waiting = new Map<Entry, Waiter[]>();
  /** Connections that are being closed to make room, by organisation: they count until they are gone. */
  readonly #closing = new Map<string, number>();
  #makingRoom = 0;
  #arrivals = 0;

  constructor(
    private readonly limits: RegistryLimits,
    /** Every pool that has connections, retired ones too. */
    private readonly entries: () => Iterable<Entry>,
    /** Closes a pool that nobody uses. */
    private readonly retire: (entry: Entry) => Promise<void>,
  ) {}

  /**
   * Counts the caller in as a user of the pool, when its turn has come.
   * @returns false when the pool was retired meanwhile
   * @throws QuarryError pool.timeout with the number waiting; the signal's reason when it aborts
   */
  async enter(entry: Entry, signal?: AbortSignal): Promise<boolean> {
    if (entry.retired) return false;
    if (this.#waiting.size === 0 && this.admitsNow(entry)) {
      entry.users += 1;
      return true;
    }
    return this.#wait(entry, signal);
  }

  /** Whether one more user could come in without waiting, when nobody else waits. */
  admitsNow(entry: Entry): boolean {
    return entry.users < entry.max && this.#fullScope(entry) === null;
  }

  /** A user has gone, or a pool has closed: others may come in. */
  dispatch(): void {
    const skipped = new Set<Entry>();
    while (this.#waiting.size > skipped.size) {
      const usage = this.#usage();
      const entry = this.#next(usage, skipped);
      if (!entry) return;
      const scope = this.#fullScope(entry, usage);
      if (scope) {
        skipped.add(entry);
        if (this.#makingRoom < skipped.size) this.#makeRoom(scope, entry, usage);
      } else this.#admit(entry);
    }
  }

  /** How many wait for this pool. */
  waitingFor(entry: Entry): number {
    return this.#waiting.get(entry)?.length ?? 0;
  }

  /** Nobody waits for this pool any more: they ask again, or get the error. */
  dismiss(entry: Entry, error?: QuarryError): void {
    const waiters = this.#waiting.get(entry) ?? [];
    this.#waiting.delete(entry);
    for (const waiter of waiters) {
      if (error) waiter.reject(error);
      else waiter.settle(false);
    }
  }

  #wait(entry: Entry, signal?: AbortSignal): Promise<boolean> {
    return new Promise((resolve, reject) => {
      const end = (outcome: () => void) => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', aborted);
        outcome();
      };
      const waiter: Waiter = {
        number: this.#arrivals++,
        settle: (admitted) => end(() => resolve(admitted)),
        reject: (error) => end(() => reject(error)),
      };
      const leave = (error: unknown) => {
        this.#remove(entry, waiter);
        waiter.reject(error);
      };
      const aborted = () => leave(signal?.reason);
      const timer = setTimeout(() => leave(this.#tooLong(entry)), entry.waitMs);
      signal?.addEventListener('abort', aborted);
      this.#waiting.set(entry, [...(this.#waiting.get(entry) ?? []), waiter]);
      this.dispatch();
    });
  }

  #remove(entry: Entry, waiter: Waiter): void {
    const rest = (this.#waiting.get(entry) ?? []).filter((other) => other !== waiter);
    if (rest.length > 0) this.#waiting.set(entry, rest);
    else this.#waiting.delete(entry);
  }

  #admit(entry: Entry): void {
    const waiter = this.#waiting.get(entry)?.[0];
    if (!waiter) return;
    this.#remove(entry, waiter);
    entry.users += 1;
    waiter.settle(true);
  }

  /** Of the pools that have a place of their own, the one whose turn it is. */
  #next(usage: ReadonlyMap<string, Usage>, except: ReadonlySet<Entry>): Entry | null {
    let best: { entry: Entry; rank: number[] } | null = null;
    for (const [entry, waiters] of this.#waiting) {
      if (entry.users >= entry.max || except.has(entry)) continue;
      const rank = [usage.get(entry.owner.organizationId)?.users ?? 0, entry.users, waiters[0]?.number ?? 0];
      if (!best || isBefore(rank, best.rank)) best = { entry, rank };
    }
    return best?.entry ?? null;
  }

  /** Which cap one more user of this pool would break; null when none, or when no further connection would be opened. */
  #fullScope(entry: Entry, known?: ReadonlyMap<string, Usage>): Scope | null {
    if (connections(entry, entry.users + 1) <= connections(entry, entry.users)) return null;
    const usage = known ?? this.#usage();
    const { organizationId } = entry.owner;
    if ((usage.get(organizationId)?.connections ?? 0) >= this.limits.maxPerOrganization) return { organizationId };
    let all = 0;
    for (const each of usage.values()) all += each.connections;
    return all >= this.limits.maxTotal ? {} : null;
  }

  #usage(): Map<string, Usage> {
    const usage = new Map<string, Usage>();
    const add = (organizationId: string, users: number, count: number) => {
      const sofar = usage.get(organizationId) ?? { users: 0, connections: 0 };
      usage.set(organizationId, { users: sofar.users + users, connections: sofar.connections + count });
    };
    for (const entry of this.entries()) add(entry.owner.organizationId, entry.users, connections(entry, entry.users));
    for (const [organizationId, count] of this.#closing) add(organizationId, 0, count);
    return usage;
  }

  /** Closes the pool that was used longest ago and that nobody uses now, else one idle connection of whoever has most. */
  #makeRoom(scope: Scope, wanting: Entry, usage: ReadonlyMap<string, Usage>): void {
    let unused: Entry | null = null;
    let rich: Entry | null = null;
    for (const entry of this.entries()) {
      const { organizationId } = entry.owner;
      if (entry === wanting || entry.retired || (scope.organizationId && organizationId !== scope.organizationId)) continue;
      if (entry.users === 0 && connections(entry, 0) > 0 && (!unused || entry.lastUsedAt < unused.lastUsedAt)) unused = entry;
      const held = usage.get(organizationId)?.connections ?? 0;
      const most = rich ? (usage.get(rich.owner.organizationId)?.connections ?? 0) : -1;
      if (entry.pool.closeIdle && entry.pool.stats().idle > 0 && held > most) rich = entry;
    }
    // A retired pool's connections are counted with it until they are gone.
    const closing = unused ? this.retire(unused) : rich ? this.#closeOne(rich) : null;
    if (!closing) return;
    this.#makingRoom += 1;
    void closing.finally(() => {
      this.#makingRoom -= 1;
      this.dispatch();
    });
  }

  async #closeOne({ pool, owner: { organizationId } }: Entry): Promise<void> {
    const count = (by: number) => this.#closing.set(organizationId, (this.#closing.get(organizationId) ?? 0) + by);
    count(1);
    // A connection that fails to close says nothing that anybody could act on.
    await pool.closeIdle?.(1).catch(() => undefined);
    count(-1);
    if (this.#closing.get(organizationId) === 0) this.#closing.delete(organizationId);
  }

  #tooLong(entry: Entry): QuarryError {
    const waiting = this.waitingFor(entry);
    if (entry.users >= entry.max) return poolFull(entry, waiting);
    const scope = this.#fullScope(entry) ?? {};
    let queued = 0;
    for (const [other, waiters] of this.#waiting) {
      if (!scope.organizationId || other.owner.organizationId === scope.organizationId) queued += waiters.length;
    }
    return capReached(scope, this.limits, queued);
  }
}

function isBefore(a: readonly number[], b: readonly number[]): boolean {
  const at = a.findIndex((value, index) => value !== b[index]);
  return at >= 0 && (a[at] ?? 0) < (b[at] ?? 0);
}

function poolFull({ max, waitMs, users, pool }: Entry, waiting: number): QuarryError {
  const { active, refusal } = pool.stats();
  // Users that wait in the pool for a connection which the server refuses have none.
  return poolTimeout({ active: refusal === undefined ? users : active, max, waiting, waitMs, refusal });
}

function capReached(scope: Scope, limits: RegistryLimits, waiting: number): QuarryError {
  const [whose, cap] = scope.organizationId ? ['Your organisation', limits.maxPerOrganization] : ['This server', limits.maxTotal];
  return new QuarryError(
    'pool.timeout',
    `${whose} has all ${cap} connections to data sources in use, and none came free in time. Try again when other queries have ended.`,
    { stage: 'connect', details: { limit: cap, waiting }, retryAfterS: 5 },
  );
}
