import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { SingleFlight } from './index';

function deferred<T>() {
  let resolve: (value: T) => void = () => {};
  let reject: (error: unknown) => void = () => {};
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}
const never = () => new AbortController().signal;

describe('SingleFlight', () => {
  it('makes one piece of work of 100 equal calls, and starts anew afterwards', async () => {
    const flights = new SingleFlight<number>();
    const work = deferred<number>();
    let made = 0;
    const make = () => {
      made += 1;
      return work.promise;
    };
    const all = Array.from({ length: 100 }, () => flights.share('k', never(), make));
    work.resolve(7);
    const outcomes = await Promise.all(all);
    expect(made).toBe(1);
    expect(outcomes.every((o) => o.value === 7)).toBe(true);
    expect(outcomes.filter((o) => o.started)).toHaveLength(1);
    await flights.share('k', never(), make);
    expect(made).toBe(2);
    expect(flights.size).toBe(0);
  });

  it('keeps different keys apart', async () => {
    const flights = new SingleFlight<string>();
    const [a, b] = await Promise.all([
      flights.share('a', never(), async () => 'A'),
      flights.share('b', never(), async () => 'B'),
    ]);
    expect([a.value, b.value]).toEqual(['A', 'B']);
  });

  it('lets one waiter leave alone, and cancels the work with the last', async () => {
    const flights = new SingleFlight<number>();
    const work = deferred<number>();
    let inner: AbortSignal | undefined;
    const make = (signal: AbortSignal) => {
      inner = signal;
      return work.promise;
    };
    const first = new AbortController();
    const second = new AbortController();
    const one = flights.share('k', first.signal, make);
    const two = flights.share('k', second.signal, make);
    first.abort(new Error('first left'));
    await expect(one).rejects.toThrow('first left');
    expect(inner?.aborted).toBe(false);
    second.abort(new Error('second left'));
    await expect(two).rejects.toThrow('second left');
    expect(inner?.aborted).toBe(true);
    // A new caller does not join the cancelled work.
    let again = 0;
    await flights.share('k', never(), async () => (again += 1));
    expect(again).toBe(1);
    work.reject(new Error('nobody hears this'));
  });

  it('gives a failure to every waiter and remembers nothing', async () => {
    const flights = new SingleFlight<number>();
    const work = deferred<number>();
    const all = [1, 2, 3].map(() => flights.share('k', never(), () => work.promise));
    const outcomes = Promise.allSettled(all);
    work.reject(new Error('refused'));
    expect((await outcomes).map((o) => o.status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect((await flights.share('k', never(), async () => 1)).value).toBe(1);
  });

  it('does not start for a caller who has already left', async () => {
    const flights = new SingleFlight<number>();
    let made = 0;
    await expect(flights.share('k', AbortSignal.abort(new Error('gone')), async () => (made += 1))).rejects.toThrow('gone');
    expect(made).toBe(0);
  });

  it('hears a signal that many callers share once, for all of them, and not after they are served', async () => {
    const flights = new SingleFlight<number>();
    const shared = new AbortController();
    const { signal } = shared;
    const work = deferred<number>();
    const served = Array.from({ length: 30 }, (_, i) => flights.share(`k${i % 2}`, signal, () => work.promise));
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    work.resolve(1);
    expect((await Promise.all(served)).map(({ value }) => value)).toEqual(Array(30).fill(1));
    expect(getEventListeners(signal, 'abort')).toEqual([]);
    const stuck = Array.from({ length: 30 }, (_, i) => flights.share(`k${i % 2}`, signal, () => new Promise<number>(() => {})));
    shared.abort(new Error('all left'));
    expect((await Promise.allSettled(stuck)).map((o) => o.status === 'rejected' && String(o.reason))).toEqual(
      Array(30).fill('Error: all left'),
    );
    expect(flights.size).toBe(0);
  });
});
