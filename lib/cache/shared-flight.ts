import { createHash } from 'node:crypto';
import { z } from 'zod';
import { newId } from '../kernel/ids';
import { defineTopic, type RedisLink, redisLink } from '../redis';
import { SingleFlight } from './single-flight';

/** A holder that is alive renews its lease; after the death of one, another takes over within this time. */
const LEASE_MS = 5_000;
const RENEW_MS = 1_500;
/** Messages may be lost: a waiter looks again so often. */
const LOOK_MS = 500;

const RENEW = `if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end return 0`;
const RELEASE = `if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0`;

/** `kept`: it is where `find` looks; `unkept`: it succeeded, but can't be shared; `failed`: it came to nothing. */
const landed = defineTopic('flight.landed', z.object({ lock: z.string(), outcome: z.enum(['kept', 'unkept', 'failed']) }));
type Outcome = z.output<(typeof landed)['schema']>['outcome'];

export interface FlightWork<T> {
  /** What another instance has left where all can find it (a look-up in the cache). */
  find(): Promise<T | undefined>;
  /** The work. Its signal fires when nobody here waits for it any more. @returns the value, and whether `find` finds it now */
  make(signal: AbortSignal): Promise<{ value: T; kept: boolean }>;
}

/**
 * Joins equal concurrent work within this process and, through a lock in Redis, across instances: one instance works, the others
 * find what it left. The lock has the holder's token and a lease that it renews. A waiter whose holder fails, is cancelled or dies
 * takes over; one that has waited too long, or finds Redis away, works itself. So a lock can delay work but never prevent it.
 */
export class SharedFlight<T> {
  readonly #name: string;
  readonly #link: RedisLink;
  readonly #maxWaitMs: number;
  readonly #here = new SingleFlight<{ value: T; found: boolean }>();
  readonly #waiting = new Map<string, Set<(outcome: Outcome) => void>>();
  readonly #leave: () => void;

  /** @param options.maxWaitMs after which a waiter works itself; 30 s unless told */
  constructor(options: { name: string; link?: RedisLink; maxWaitMs?: number }) {
    this.#name = options.name;
    this.#link = options.link ?? redisLink();
    this.#maxWaitMs = options.maxWaitMs ?? 30_000;
    this.#leave = this.#link.subscribe(landed, ({ lock, outcome }) => {
      for (const wake of this.#waiting.get(lock) ?? []) wake(outcome);
    });
  }

  /** Flights in the air here. */
  get size(): number {
    return this.#here.size;
  }

  /** Stops listening; work under way goes on. */
  close(): void {
    this.#leave();
  }

  /**
   * @param key what makes two pieces of work equal, in all instances
   * @param signal of this caller; the others go on without it
   * @param shared false: only within this process, for values that other instances can't find
   * @returns the value, and whether this caller's own call worked for it
   */
  async share(key: string, signal: AbortSignal, work: FlightWork<T>, shared = true): Promise<{ value: T; made: boolean }> {
    const { value, started } = await this.#here.share(key, signal, (own) => {
      if (shared && this.#link.state().state === 'up') return this.#acrossInstances(this.#lockOf(key), own, work);
      return work.make(own).then(({ value: made }) => ({ value: made, found: false }));
    });
    return { value: value.value, made: started && !value.found };
  }

  async #acrossInstances(lock: string, signal: AbortSignal, work: FlightWork<T>): Promise<{ value: T; found: boolean }> {
    const deadline = performance.now() + this.#maxWaitMs;
    const alone = async () => ({ value: (await work.make(signal)).value, found: false });
    for (;;) {
      const landing = this.#landing(lock);
      try {
        const token = newId();
        const taken = await this.#link.attempt((client) => client.set(lock, token, 'PX', LEASE_MS, 'NX'));
        if (taken === null) return await alone();
        if (taken.value === 'OK') return await this.#hold(lock, token, signal, work);
        const outcome = await landing.next(signal, Math.min(LOOK_MS, deadline - performance.now()));
        const found = outcome === 'failed' || outcome === 'unkept' ? undefined : await work.find();
        if (found !== undefined) return { value: found, found: true };
        if (outcome === 'unkept' || performance.now() >= deadline) return await alone();
      } finally {
        landing.end();
      }
    }
  }

  /** Works while holding the lock, unless somebody has finished since this caller last looked. */
  async #hold(lock: string, token: string, signal: AbortSignal, work: FlightWork<T>) {
    const renew = () => void this.#link.attempt((client) => client.eval(RENEW, 1, lock, token, LEASE_MS));
    const timer = setInterval(renew, RENEW_MS);
    let outcome: Outcome = 'failed';
    try {
      const found = await work.find();
      if (found !== undefined) {
        outcome = 'kept';
        return { value: found, found: true };
      }
      const { value, kept } = await work.make(signal);
      outcome = kept ? 'kept' : 'unkept';
      return { value, found: false };
    } finally {
      clearInterval(timer);
      void this.#release(lock, token, outcome);
    }
  }

  async #release(lock: string, token: string, outcome: Outcome): Promise<void> {
    await this.#link.attempt((client) => client.eval(RELEASE, 1, lock, token));
    await this.#link.publish(landed, { lock, outcome });
  }

  #lockOf(key: string): string {
    return `${this.#link.prefix}flight:${this.#name}:${createHash('sha256').update(key).digest('base64url')}`;
  }

  /** Listens for the end of somebody's work, from before the lock is tried: an end in between isn't missed. */
  #landing(lock: string) {
    let heard: Outcome | undefined;
    let wake: (() => void) | undefined;
    const hear = (outcome: Outcome) => {
      heard = outcome;
      wake?.();
    };
    const ears = this.#waiting.get(lock) ?? new Set();
    this.#waiting.set(lock, ears.add(hear));
    return {
      next: async (signal: AbortSignal, timeoutMs: number): Promise<Outcome | undefined> => {
        signal.throwIfAborted();
        if (heard !== undefined) return heard;
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, Math.max(0, timeoutMs));
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
          signal.addEventListener('abort', wake, { once: true });
        });
        if (wake) signal.removeEventListener('abort', wake);
        signal.throwIfAborted();
        return heard;
      },
      end: () => {
        ears.delete(hear);
        if (ears.size === 0 && this.#waiting.get(lock) === ears) this.#waiting.delete(lock);
      },
    };
  }
}
