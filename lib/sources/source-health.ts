import type { Clock } from '../kernel/clock';
import { QuarryError } from '../kernel/errors';
import { keyOf, type PoolOwner } from './pool-entry';

/** What is known of a source's server. Times in milliseconds since the epoch. */
export interface Health {
  state: 'up' | 'down';
  since: number;
  checkedAt: number;
  /** Round trip of the last check; null before the first. */
  latencyMs: number | null;
  /** Why it is down, for people, and when it is asked again. */
  reason?: string;
  nextTryAt?: number;
  /** Replicas: how many seconds behind; null when it doesn't replicate or doesn't know. */
  lagS?: number | null;
}

interface Known extends Health {
  owner: PoolOwner;
  lagAt?: number;
  failures: number;
  error: QuarryError | null;
  /** When somebody last wanted the source. */
  wantedAt: number;
}

/** use: somebody wants the source. try: somebody wants to know now whether it is back. check: Quarry itself wants to know. */
export type Purpose = 'use' | 'try' | 'check';

/** Errors that speak of the server or the way to it, not of a query. */
const CONNECTING = new Set([
  'source.unreachable',
  'source.auth_failed',
  'source.tls_failed',
  'source.database_missing',
  'source.file_missing',
]);
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;
/** The share by which pauses differ, so that many processes don't ask at the same moment. */
const JITTER = 0.2;

/**
 * Which sources answer. A source that could not be reached is "down": whoever wants it learns at once why, since when, and when it is
 * asked again. After one failure that is the next request; then pauses double from one second to a minute. One request at a time
 * asks; the first that succeeds ends it. Nothing here is shared between processes: each sees the network from its own place.
 */
export class SourceHealth {
  readonly #records = new Map<string, Known>();
  /** The one request that asks a server that was down; the others wait for what it learns. */
  readonly #probes = new Map<string, Promise<unknown>>();
  readonly #exempt = new WeakSet<object>();

  constructor(private readonly random: () => number = Math.random) {}

  /**
   * Runs an attempt to reach the source and remembers how it went.
   * @param purpose anything but `use` asks now, though the next try isn't due
   * @throws what the attempt throws; QuarryError of the last failure, at once, when the source is down and its next try isn't due
   */
  async attempt<T>(owner: PoolOwner, clock: Clock, purpose: Purpose, run: () => Promise<T>): Promise<T> {
    const key = keyOf(owner);
    const known = this.#records.get(key);
    if (known && purpose !== 'check') known.wantedAt = clock.now();
    if (known?.state !== 'down') return this.#watched(owner, clock, run);
    const running = this.#probes.get(key);
    if (running) {
      await running.catch(() => undefined);
      const now = this.#records.get(key);
      if (now?.state === 'down') throw refusal(now, clock);
      return this.#watched(owner, clock, run);
    }
    if (purpose === 'use' && clock.now() < (known.nextTryAt ?? 0)) throw refusal(known, clock);
    const probe = this.#watched(owner, clock, run);
    this.#probes.set(key, probe);
    try {
      return await probe;
    } finally {
      this.#probes.delete(key);
    }
  }

  /** An error that says nothing about the server, whatever its code. */
  exempt(error: unknown): unknown {
    if (typeof error === 'object' && error !== null) this.#exempt.add(error);
    return error;
  }

  isDown(owner: PoolOwner): boolean {
    return this.#records.get(keyOf(owner))?.state === 'down';
  }

  /** The server answered a check. */
  answered(owner: PoolOwner, clock: Clock, latencyMs: number): void {
    const record = this.#up(owner, clock);
    record.latencyMs = latencyMs;
    record.checkedAt = clock.now();
  }

  /** A replica said how far it is behind, in seconds; null when it doesn't replicate or doesn't know. */
  lagging(owner: PoolOwner, clock: Clock, lagS: number | null): void {
    Object.assign(this.#up(owner, clock), { lagS, lagAt: clock.now() });
  }

  /** What a replica said within the last `freshMs`; undefined when it didn't say, or is down. */
  lagOf(owner: PoolOwner, clock: Clock, freshMs: number): number | null | undefined {
    const record = this.#records.get(keyOf(owner));
    return record?.lagAt === undefined || clock.now() - record.lagAt >= freshMs ? undefined : record.lagS;
  }

  /** Null while nobody has tried. */
  of(owner: PoolOwner): Health | null {
    return this.#records.get(keyOf(owner)) ?? null;
  }

  forget(owner: PoolOwner): void {
    this.#records.delete(keyOf(owner));
  }

  /** A source was changed: what was known of its servers may be wrong now. */
  forgetSource(organizationId: string, dataSourceId: string): void {
    for (const { owner } of [...this.#records.values()]) {
      if (owner.organizationId === organizationId && owner.dataSourceId === dataSourceId) this.forget(owner);
    }
  }

  /** Sources that are down and due to be asked again, if somebody wanted them in the last `wantedWithinMs`; the others are forgotten. */
  due(clock: Clock, wantedWithinMs: number): PoolOwner[] {
    const due: PoolOwner[] = [];
    for (const [key, record] of this.#records) {
      if (clock.now() - record.wantedAt >= wantedWithinMs) this.#records.delete(key);
      else if (record.state === 'down' && clock.now() >= (record.nextTryAt ?? 0)) due.push(record.owner);
    }
    return due;
  }

  async #watched<T>(owner: PoolOwner, clock: Clock, run: () => Promise<T>): Promise<T> {
    try {
      const value = await run();
      this.#up(owner, clock);
      return value;
    } catch (error) {
      if (error instanceof QuarryError && CONNECTING.has(error.code) && !this.#exempt.has(error)) this.#down(owner, clock, error);
      throw error;
    }
  }

  #up(owner: PoolOwner, clock: Clock): Known {
    const key = keyOf(owner);
    const known = this.#records.get(key);
    if (known?.state === 'up') return known;
    const now = clock.now();
    const record: Known = {
      owner,
      state: 'up',
      since: now,
      checkedAt: now,
      latencyMs: known?.latencyMs ?? null,
      failures: 0,
      error: null,
      wantedAt: now,
    };
    this.#records.set(key, record);
    return record;
  }

  /** Many may have waited for the one attempt that failed: it counts once. */
  #down(owner: PoolOwner, clock: Clock, error: QuarryError): void {
    const key = keyOf(owner);
    const known = this.#records.get(key);
    if (known?.error === error) return;
    const now = clock.now();
    const failures = (known?.failures ?? 0) + 1;
    const record: Known = {
      owner,
      state: 'down',
      since: known?.state === 'down' ? known.since : now,
      checkedAt: now,
      latencyMs: null,
      reason: error.message,
      nextTryAt: now + this.#pause(failures),
      failures,
      error,
      wantedAt: known?.wantedAt ?? now,
    };
    this.#records.set(key, record);
  }

  #pause(failures: number): number {
    if (failures < 2) return 0;
    const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (failures - 2));
    return Math.round(pause * (1 - JITTER + 2 * JITTER * this.random()));
  }
}

/** What somebody is told who comes between two tries. */
function refusal({ error, since, nextTryAt = 0, failures }: Known, clock: Clock): QuarryError {
  const waitS = Math.max(1, Math.ceil((nextTryAt - clock.now()) / 1000));
  const message = `This source has been down since ${timeOf(since, clock.now())}. ${error?.message ?? ''} Quarry asks it again in ${waitS} s, or at once from the page of the source.`;
  return new QuarryError(error?.code ?? 'source.unreachable', message, {
    stage: 'connect',
    details: { since: new Date(since).toISOString(), nextTryAt: new Date(nextTryAt).toISOString(), failures },
    retryAfterS: waitS,
  });
}

/** "14:03 UTC", with the day before it when that isn't today: where the reader is, nobody knows here. Milliseconds since the epoch. */
function timeOf(at: number, now: number): string {
  const [day, time] = new Date(at).toISOString().split('T');
  const today = new Date(now).toISOString().startsWith(`${day}T`);
  const clockTime = `${time?.slice(0, 5)} UTC`;
  if (today) return clockTime;
  const date = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'long', timeZone: 'UTC' }).format(at);
  return `${date}, ${clockTime}`;
}
