import { singleton } from './singleton';

/** Time is injected, so that expiry and sweeps are tested without waiting. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** The same instant as a Date. */
  date(): Date;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  date: () => new Date(),
};

const holder = () => singleton<{ clock: Clock }>('kernel.clock', () => ({ clock: systemClock }));

/** The clock of this process: the system's, unless a test has put in its own. Pages and routes take it from `ctx.clock`. */
export function processClock(): Clock {
  return holder().clock;
}

/** Puts another clock in; without an argument the system's again. For tests of expiry through the real door. */
export function useProcessClock(clock: Clock = systemClock): void {
  holder().clock = clock;
}
