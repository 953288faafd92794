import { describe, expect, it } from 'vitest';
import { settableClock } from '../testing/clock';
import { returnToken, takeToken } from './rate-limit';

describe('takeToken', () => {
  it('gives a minute’s worth at once, then one each time it has refilled', () => {
    const clock = settableClock(0);
    const take = () => takeToken('refill', 6, clock);
    expect(Array.from({ length: 6 }, take)).toEqual([0, 0, 0, 0, 0, 0]);
    expect(take()).toBe(10);
    clock.advance(9_000);
    expect(take()).toBe(1);
    clock.advance(1_000);
    expect(take()).toBe(0);
    expect(take()).toBe(10);
  });

  it('never holds more than a minute’s worth', () => {
    const clock = settableClock(0);
    takeToken('full', 2, clock);
    clock.advance(3_600_000);
    expect([0, 1, 2].map(() => takeToken('full', 2, clock) > 0)).toEqual([false, false, true]);
  });

  it('counts keys apart and takes tokens back', () => {
    const clock = settableClock(0);
    expect([takeToken('a', 1, clock), takeToken('b', 1, clock)]).toEqual([0, 0]);
    expect(takeToken('a', 1, clock)).toBeGreaterThan(0);
    returnToken('a', 1);
    expect(takeToken('a', 1, clock)).toBe(0);
  });

  it('is not fooled by a clock that goes back', () => {
    const clock = settableClock(60_000);
    expect(takeToken('back', 1, clock)).toBe(0);
    clock.set(0);
    expect(takeToken('back', 1, clock)).toBeGreaterThan(0);
  });
});
