interface Flight<T> {
  promise: Promise<T>;
  controller: AbortController;
  waiters: number;
}

/**
 * Joins equal concurrent work: the first caller of a key starts it, the others wait for the same outcome. The work has an abort
 * signal of its own, which fires only when no waiter is left; a waiter whose signal fires leaves alone.
 */
export class SingleFlight<T> {
  readonly #flights = new Map<string, Flight<T>>();

  /** Flights in the air now. */
  get size(): number {
    return this.#flights.size;
  }

  /**
   * @param key what makes two pieces of work equal
   * @param signal of this caller; its reason is what the caller's promise rejects with
   * @param make starts the work; its signal fires when every waiter has left
   * @returns the outcome, and whether this caller started the work
   */
  async share(
    key: string,
    signal: AbortSignal,
    make: (signal: AbortSignal) => Promise<T>,
  ): Promise<{ value: T; started: boolean }> {
    signal.throwIfAborted();
    const joined = this.#flights.get(key);
    const flight = joined ?? this.#start(key, make);
    flight.waiters += 1;
    try {
      return { value: await untilAborted(flight.promise, signal), started: joined === undefined };
    } finally {
      flight.waiters -= 1;
      if (flight.waiters === 0) {
        // Nobody may join what is about to be cancelled.
        if (this.#flights.get(key) === flight) this.#flights.delete(key);
        flight.controller.abort(signal.reason);
      }
    }
  }

  #start(key: string, make: (signal: AbortSignal) => Promise<T>): Flight<T> {
    const controller = new AbortController();
    const promise = make(controller.signal);
    const flight: Flight<T> = { promise, controller, waiters: 0 };
    this.#flights.set(key, flight);
    const land = () => {
      if (this.#flights.get(key) === flight) this.#flights.delete(key);
    };
    // Also keeps an outcome that nobody waits for any more from being an unhandled rejection.
    promise.then(land, land);
    return flight;
  }
}

interface Leaving {
  leave: Set<() => void>;
  fire: () => void;
}

/** Who leaves when a signal fires. One listener for all of a signal's: Node takes more than ten for a leak, and says so. */
const leaving = new WeakMap<AbortSignal, Leaving>();

/** @returns ends it */
function whenAborted(signal: AbortSignal, leave: () => void): () => void {
  const all = leaving.get(signal) ?? listen(signal);
  all.leave.add(leave);
  return () => {
    all.leave.delete(leave);
    if (all.leave.size > 0 || leaving.get(signal) !== all) return;
    leaving.delete(signal);
    signal.removeEventListener('abort', all.fire);
  };
}

function listen(signal: AbortSignal): Leaving {
  const leave = new Set<() => void>();
  const fire = () => {
    for (const each of leave) each();
  };
  const all = { leave, fire };
  leaving.set(signal, all);
  signal.addEventListener('abort', fire, { once: true });
  return all;
}

function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stay = whenAborted(signal, () => reject(signal.reason));
    promise.then(resolve, reject).finally(stay);
  });
}
