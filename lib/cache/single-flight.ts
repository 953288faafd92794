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

function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const leave = () => reject(signal.reason);
    signal.addEventListener('abort', leave, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave));
  });
}
