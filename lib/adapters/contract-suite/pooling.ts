import { describe, expect, it } from 'vitest';
import { collect, expectCode, read, until } from './probes';
import type { Suite } from './suite';

/** The pool as an engine wires it; counts are compared with the server's own view. */
export function pooling(suite: Suite): void {
  const { queries } = suite;

  describe('pool', () => {
    it('hands the same connection to the next, and counts', async () => {
      const own = suite.open();
      expect(own.stats()).toMatchObject({ min: 0, max: 3, active: 0, idle: 0, waiting: 0, opened: 0, errors: 0 });
      const first = await own.lease();
      await first.validate();
      expect(own.stats()).toMatchObject({ active: 1, idle: 0 });
      first.release();
      first.release();
      expect(own.stats()).toMatchObject({ active: 0, idle: 1 });
      const second = await own.lease();
      expect(second.backendId).toBe(first.backendId);
      second.release();
      expect(own.stats().opened).toBe(1);
    });

    it('never has more than its maximum; the next one waits', async () => {
      const own = suite.open({ max: 2 });
      const [one, two] = await Promise.all([own.lease(), own.lease()]);
      const third = own.lease();
      await until(async () => own.stats().waiting === 1);
      expect(own.stats()).toMatchObject({ active: 2, idle: 0, waiting: 1 });
      one.release();
      const lease = await third;
      expect(lease.backendId).toBe(one.backendId);
      expect(own.stats()).toMatchObject({ active: 2, waiting: 0 });
      lease.release();
      two.release();
    });

    it('says how many wait when none gets free in time', async () => {
      const own = suite.open({ max: 1, waitMs: 50 });
      const lease = await own.lease();
      const [first, second] = await Promise.allSettled([own.lease(), own.lease()]);
      expect(first.status === 'rejected' && first.reason).toMatchObject({
        code: 'pool.timeout',
        details: { waiting: 2, max: 1 },
      });
      expect(second.status).toBe('rejected');
      expect(own.stats().waiting).toBe(0);
      lease.release();
      (await own.lease()).release();
    });

    it('leaves the queue when the caller goes away', async () => {
      const own = suite.open({ max: 1 });
      const lease = await own.lease();
      const controller = new AbortController();
      const waiting = expectCode(own.lease({ signal: controller.signal }), 'query.cancelled');
      await until(async () => own.stats().waiting === 1);
      controller.abort();
      await waiting;
      expect(own.stats().waiting).toBe(0);
      lease.release();
    });

    it('replaces a connection that is too old', async () => {
      const own = suite.open({ recycleMs: 1 });
      const first = await read(own, queries.one.text);
      // two reads may fall into the same millisecond
      await until(async () => (await read(own, queries.one.text)).backendId !== first.backendId);
      await until(async () => !(await suite.database.isAlive(first.backendId)));
    });

    it('destroys a connection that is given back as broken', async () => {
      const own = suite.open();
      const lease = await own.lease();
      lease.release(true);
      await until(async () => !(await suite.database.isAlive(lease.backendId)));
      expect(own.stats().idle).toBe(0);
    });

    it('drains: running queries end or are stopped, and nothing is left', async () => {
      const own = suite.open();
      const idle = await own.lease();
      const lease = await own.lease();
      idle.release();
      const running = expectCode(collect(lease, queries.endless), 'query.cancelled', 'source.unreachable').finally(() =>
        lease.release(),
      );
      await until(() => suite.database.isRunning(lease.backendId));
      await own.drain(50);
      await running;
      expect(own.stats()).toMatchObject({ active: 0, idle: 0, waiting: 0 });
      const gone = async (id: string) => !(await suite.database.isAlive(id));
      await until(async () => (await gone(lease.backendId)) && (await gone(idle.backendId)));
      await expectCode(own.lease(), 'source.unreachable');
    });
  });
}
