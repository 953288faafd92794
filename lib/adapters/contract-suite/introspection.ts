import { describe, expect, it } from 'vitest';
import type { Pool } from '../contract';
import { read } from './probes';
import { expectedShop, normaliseTable } from './shop';
import type { Suite } from './suite';

/** Catalogues (D1, D9). */
export function introspection(suite: Suite): void {
  const { dialect, fixture } = suite;
  const { notOffered } = suite.adapter.manifest.capabilities;

  describe('introspection', () => {
    it('is empty for an empty database', async () => {
      await suite.withDatabase(async (_, pool) => {
        expect((await introspect(pool)).tables).toEqual([]);
        const lease = await pool.lease();
        expect((await lease.validate()).tableCount).toBe(0);
        lease.release();
      });
    });

    it('sees the same shop on every engine: keys, views, generated columns and odd names', async () => {
      await suite.withDatabase(async (shop, pool) => {
        await shop.exec(fixture.shop);
        const { tables } = await introspect(pool);
        const seen = tables.map((table) => normaliseTable(table, fixture.ownKey));
        expect(seen.sort((a, b) => a.name.localeCompare(b.name))).toEqual(expectedShop(notOffered));
        for (const table of tables) {
          const text = fixture.selectColumns(
            dialect.qualify(table),
            table.columns.map((column) => dialect.quoteIdentifier(column.name)),
          );
          expect(
            (await dialect.parse(text)).tables.map((found) => found.name),
            text,
          ).toEqual([table.name]);
          expect((await read(pool, text)).rows, text).toHaveLength(1);
        }
      });
    });

    it('reads 200 tables with twenty columns each', async () => {
      await suite.withDatabase(async (wide, pool) => {
        await wide.exec(fixture.manyTables(200));
        const { tables } = await introspect(pool);
        expect(tables).toHaveLength(200);
        for (const table of tables) expect(table.columns.filter((column) => column.name !== fixture.ownKey)).toHaveLength(20);
      });
    });
  });
}

async function introspect(pool: Pool) {
  const lease = await pool.lease();
  try {
    return await lease.introspect(new AbortController().signal);
  } finally {
    lease.release();
  }
}
