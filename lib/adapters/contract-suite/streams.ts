import { describe, expect, it } from 'vitest';
import type { Cell, TextStream } from '../contract';
import { collect, drainRows, options, read } from './probes';
import type { Suite } from './suite';

const MIB = 1024 * 1024;

/** Caps and long results (C15, C18). */
export function streams(suite: Suite): void {
  const { fixture, queries } = suite;

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

    suite.offered('packedText', 'gives the same values as packed text, for files, of every type', async () => {
      await suite.withDatabase(async (database, pool) => {
        await database.exec(fixture.makeStored(fixture.stored));
        const lease = await pool.lease();
        try {
          for (const text of [queries.wideSeries(1_000), queries.readStored(fixture.stored.length)]) {
            const plain = await lease.execute({ text }, options());
            const rows = await drainRows(plain);
            const packed = await lease.executeText?.({ text }, options());
            if (!packed) throw new Error('The engine gives no packed text, and does not say so in its capabilities.');
            expect(packed.columns).toEqual(plain.columns);
            const texts = await unpack(packed);
            expect(texts).toHaveLength(rows.length * plain.columns.length);
            const cells = rows.flat();
            const different = texts.flatMap((found, at) => {
              const cell = cells[at] ?? null;
              return says(found, cell) ? [] : [{ column: plain.columns[at % plain.columns.length]?.nativeType, found, cell }];
            });
            expect(different).toEqual([]);
          }
        } finally {
          lease.release();
        }
      });
    });
  });
}

/** Every field's text, row by row. */
async function unpack(packed: TextStream): Promise<(string | null)[]> {
  const texts: (string | null)[] = [];
  const decoder = new TextDecoder();
  for await (const { bytes, ends } of packed.batches) {
    let start = 0;
    for (const end of ends) {
      const isNull = end < 0;
      const stop = isNull ? ~end : end;
      texts.push(isNull ? null : decoder.decode(bytes.subarray(start, stop)));
      start = stop;
    }
  }
  return texts;
}

/** Whether a field's text says what its cell says. JSON may be spaced and ordered in the engine's own way. */
function says(text: string | null, cell: Cell): boolean {
  if (text === null || cell === null) return text === cell;
  if (typeof cell === 'number') return Number(text) === cell;
  if (typeof cell !== 'object') return text === String(cell);
  if (!Array.isArray(cell) && Object.keys(cell).join() === 'exact') return text === cell.exact;
  // JSON.parse would round numbers of more digits than a double holds.
  const parsed: unknown = JSON.parse(text.replace(/(?<=[[:,\s])-?\d{16,}(?=[\],}\s])/g, '"$&"'));
  return JSON.stringify(sorted(parsed)).replaceAll('"', '') === JSON.stringify(sorted(cell)).replaceAll('"', '');
}

/** Keys in order, and numbers as text: a cell holds those as text that a double can't hold. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}
