import type { Clock } from '../kernel/clock';

/** A clock that stands still until told. */
export function settableClock(start = Date.now()): Clock & { set(ms: number): void; advance(ms: number): void } {
  let now = start;
  return {
    now: () => now,
    date: () => new Date(now),
    set(ms) {
      now = ms;
    },
    advance(ms) {
      now += ms;
    },
  };
}
