import { describe, expect, it } from 'vitest';
import { collect, drainRows, options, read } from './probes';
import type { Suite } from './suite';

const MIB = 1024 * 1024;

/** Caps and long results (C15, C18). */
export function streams(suite: Suite): void {
  const { queries } = suite;

  describe('caps and streams', () => {
    it('cuts at the row limit and says so', async () => {
      const { rows, outcome } = await read(suite.pool, queries.series(1_000), { maxRows: 7 });
      expect(rows).toHaveLength(7);
      expect(outcome.truncated).toEqual({ by: 'rows', limit: 7 });
    });

    it('does not claim a cut when the result has exactly as many rows', async () => {
      const { rows, outcome } = await read(suite.pool, queries.series(7), { maxRows: 7 });
      expect(rows).toHaveLength(7);
      expect(outcome.truncated).toBeNull();
    });

    it('cuts at the byte limit and says so', async () => {
      const { rows, outcome } = await read(suite.pool, queries.fatRows(1_000, 10_000), { maxBytes: 100_000 });
      expect(rows.length).toBeGreaterThan(0);
      expect(rows.length).toBeLessThan(20);
      expect(outcome.truncated).toEqual({ by: 'bytes', limit: 100_000 });
    });

    it('streams 1,000,000 rows in bounded memory, all of them in order', async () => {
      const lease = await suite.pool.lease();
      try {
        const result = await lease.execute(
          { text: queries.wideSeries(1_000_000) },
          options({ maxRows: Number.MAX_SAFE_INTEGER, maxBytes: Number.MAX_SAFE_INTEGER, timeoutMs: 120_000 }),
        );
        let rows = 0;
        let peak = 0;
        let start = 0;
        for await (const batch of result.rows) {
          expect(batch[0]?.[0]).toBe(String(rows + 1));
          rows += batch.length;
          const { rss } = process.memoryUsage();
          // What the first rows allocate once (buffers, compiled code) is not growth of the stream.
          if (start === 0 && rows > 50_000) start = rss;
          if (start > 0) peak = Math.max(peak, rss);
        }
        expect(rows).toBe(1_000_000);
        expect((peak - start) / MIB).toBeLessThan(64);
      } finally {
        lease.release();
      }
    }, 180_000);

    it('is usable again after a result was left in the middle, or never read', async () => {
      const lease = await suite.pool.lease();
      const left = await lease.execute({ text: queries.series(200_000) }, options({ maxRows: 1_000_000 }));
      for await (const batch of left.rows) {
        expect(batch.length).toBeGreaterThan(0);
        break;
      }
      expect((await collect(lease, queries.one.text)).rows).toEqual(queries.one.rows);
      await lease.execute({ text: queries.series(200_000) }, options({ maxRows: 1_000_000 }));
      lease.release();
      expect((await read(suite.pool, queries.one.text)).rows).toEqual(queries.one.rows);
    });

    it('gives the same rows as packed text, where the engine has a fast way to it', async () => {
      const lease = await suite.pool.lease();
      try {
        const text = queries.wideSeries(1_000);
        const packed = await lease.executeText?.({ text }, options());
        if (!packed) return;
        let rows = 0;
        for await (const batch of packed.batches) rows += batch.rowCount;
        expect(rows).toBe(1_000);
        const plain = await lease.execute({ text }, options());
        expect(packed.columns).toEqual(plain.columns);
        expect(await drainRows(plain)).toHaveLength(1_000);
      } finally {
        lease.release();
      }
    });
  });
}
