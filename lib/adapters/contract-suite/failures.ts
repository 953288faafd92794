import { describe, expect, it } from 'vitest';
import { collect, expectCode, options, read, until } from './probes';
import type { Suite } from './suite';

/** Errors, time-outs, cancelling, and servers that die (C16, C17). */
export function failures(suite: Suite): void {
  const { queries } = suite;
  const expectWorking = async (pool = suite.pool) => expect((await read(pool, queries.one.text)).rows).toEqual(queries.one.rows);

  describe('errors', () => {
    it("passes on what the database says of the caller's own query", async () => {
      const error = await expectCode(read(suite.pool, queries.missingTable.text), 'query.failed');
      expect(error.message).toMatch(queries.missingTable.message);
    });

    it('leaves the connection usable', async () => {
      const lease = await suite.pool.lease();
      try {
        await expectCode(collect(lease, queries.missingTable.text), 'query.failed');
        expect((await collect(lease, queries.one.text)).rows).toEqual(queries.one.rows);
      } finally {
        lease.release();
      }
    });
  });

  describe('time-out, cancel, failure', () => {
    it('stops at the time-out, on the server too', async () => {
      const lease = await suite.pool.lease();
      const { backendId } = lease;
      await expectCode(collect(lease, queries.endless, { timeoutMs: 300 }), 'query.timeout');
      await until(async () => !(await suite.database.isRunning(backendId)));
      lease.release();
      await expectWorking();
    });

    it('stops when cancelled, on the server too', async () => {
      const lease = await suite.pool.lease();
      const { backendId } = lease;
      const controller = new AbortController();
      const outcome = expectCode(collect(lease, queries.endless, { signal: controller.signal }), 'query.cancelled');
      await until(() => suite.database.isRunning(backendId));
      controller.abort();
      await outcome;
      await until(async () => !(await suite.database.isRunning(backendId)));
      lease.release();
      await expectWorking();
    });

    it('does not start what was cancelled before', async () => {
      await expectCode(read(suite.pool, queries.one.text, { signal: AbortSignal.abort() }), 'query.cancelled');
    });

    it('reports a server process that dies in the middle, and recovers', async () => {
      const own = suite.open();
      const lease = await own.lease();
      const { backendId } = lease;
      const outcome = expectCode(collect(lease, queries.endless), 'source.unreachable');
      await until(() => suite.database.isRunning(backendId));
      await suite.database.killBackend(backendId);
      await outcome;
      lease.release();
      await expectWorking(own);
      expect(own.stats()).toMatchObject({ active: 0, idle: 1, opened: 2 });
      expect(own.stats().errors).toBeGreaterThan(0);
    });

    it('reports a server process that dies in the middle of a result', async () => {
      const own = suite.open();
      const lease = await own.lease();
      const result = await lease.execute({ text: queries.wideSeries(1_000_000) }, options({ maxRows: 1_000_000 }));
      const reading = (async () => {
        let batches = 0;
        for await (const batch of result.rows) {
          if (batches === 0) await suite.database.killBackend(lease.backendId);
          batches += batch.length > 0 ? 1 : 0;
        }
      })();
      await expectCode(reading, 'source.unreachable');
      lease.release();
      await expectWorking(own);
    });

    it('stops a long result that is being read when cancelled, on the server too', async () => {
      const lease = await suite.pool.lease();
      const { backendId } = lease;
      const controller = new AbortController();
      const result = await lease.execute(
        { text: queries.wideSeries(1_000_000) },
        options({ maxRows: 1_000_000, signal: controller.signal }),
      );
      const reading = (async () => {
        for await (const batch of result.rows) if (batch.length > 0) controller.abort();
      })();
      await expectCode(reading, 'query.cancelled');
      await until(async () => !(await suite.database.isRunning(backendId)));
      lease.release();
      await expectWorking();
    });

    it('drops an idle connection that died', async () => {
      const own = suite.open();
      const { backendId } = await read(own, queries.one.text);
      await suite.database.killBackend(backendId);
      await until(async () => own.stats().idle === 0);
      await expectWorking(own);
    });
  });
}
