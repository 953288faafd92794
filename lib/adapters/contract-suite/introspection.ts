import { describe, expect, it } from 'vitest';
import type { Pool } from '../contract';
import { read } from './probes';
import { expectedShop, normaliseTable } from './shop';
import type { Suite } from './suite';

/** Spaces, quotes of three kinds, dots, a keyword, capitals, accents. */
const ODD_TABLES = ['two words', 'Quo"ted', "it's", 'back`tick', 'a.dot', 'select', 'MixedCase', 'été', '100%', 'x;--'];

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

    const findsAndReads = (names: readonly string[]) =>
      suite.withDatabase(async (database, pool) => {
        for (const name of names) await database.exec(fixture.makeTable(name));
        const { tables, defaultSchema } = await introspect(pool);
        expect(tables.map((table) => table.name).sort()).toEqual([...names].sort());
        for (const table of tables) {
          const text = fixture.selectColumns(dialect.qualify(table, defaultSchema), ['id', 'note'].map(dialect.quoteIdentifier));
          const facts = await dialect.parse(text);
          expect(facts.tables.map((found) => found.name)).toEqual([table.name]);
          expect((await read(pool, dialect.limit(text, facts, 5))).rows, text).toEqual([['1', 'one']]);
        }
      });
    it('finds and reads tables of any name', () => findsAndReads(ODD_TABLES));
    suite.offered('emojiNames', 'finds and reads a table with an emoji in its name', () => findsAndReads(['🦆 ducks']));

    suite.offered('partitions', 'sees a partitioned table as one table', async () => {
      await suite.withDatabase(async (database, pool) => {
        if (!fixture.partitioned) throw new Error('The fixture lacks `partitioned`.');
        await database.exec(fixture.partitioned);
        const { tables, defaultSchema } = await introspect(pool);
        const found = tables.find((table) => table.name === 'measurements');
        expect(found).toMatchObject({ kind: 'partitioned table' });
        expect(found?.columns.map((column) => column.name)).toEqual(['id', 'day', 'degrees']);
        const text = fixture.selectColumns(dialect.qualify({ name: 'measurements' }, defaultSchema), ['id']);
        expect((await read(pool, text)).rows).toHaveLength(2);
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
