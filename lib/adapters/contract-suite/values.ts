import { describe, expect, it } from 'vitest';
import { read } from './probes';
import type { Suite } from './suite';

/** Values, columns and parameters (C14, C20). */
export function values(suite: Suite): void {
  const { fixture, queries } = suite;

  describe('values', () => {
    describe('every literal comes out exactly', () => {
      it.each(fixture.values.map((value) => [value.literal, value.type, value.cell] as const))(
        '%s is %s',
        async (literal, type, cell) => {
          const result = await read(suite.pool, queries.literal(literal));
          expect(result.rows).toEqual([[cell]]);
          expect(result.columns).toMatchObject([{ name: 'v', type }]);
        },
      );
    });

    it('keeps every type exactly through the columns of a table', async () => {
      await suite.withDatabase(async (database, pool) => {
        await database.exec(fixture.makeStored(fixture.stored));
        const { columns, rows } = await read(pool, queries.readStored(fixture.stored.length));
        const found = columns.map((column, i) => ({ type: column.type, cell: rows[0]?.[i] }));
        const seen = fixture.stored.map(({ literal, declaration }, i) => ({ declaration, literal, ...found[i] }));
        expect(rows).toHaveLength(1);
        expect(seen).toEqual(
          fixture.stored.map(({ literal, declaration, type, cell }) => ({ declaration, literal, type, cell })),
        );
      });
    });

    it('gives text that is not valid UTF-8 with replacement characters, and does not fail', async () => {
      const { setUp, text, rows } = fixture.invalidText;
      const database = await (fixture.invalidText.create ?? fixture.create)();
      const pool = suite.open({}, database.config);
      try {
        if (setUp) await database.exec(setUp);
        expect((await read(pool, text)).rows).toEqual(rows);
      } finally {
        await pool.drain(0);
        await database.drop();
      }
    });

    it('keeps NULL, and names of any kind', async () => {
      const { columns, rows } = await read(suite.pool, queries.oddNames.text);
      expect(columns.map((column) => column.name)).toEqual(queries.oddNames.columns);
      expect(rows).toEqual(queries.oddNames.rows);
    });

    suite.offered('duplicateColumns', 'keeps columns of the same name apart', async () => {
      const example = queries.duplicateColumns;
      if (!example) throw new Error('The fixture lacks queries.duplicateColumns.');
      const { columns, rows } = await read(suite.pool, example.text);
      expect(columns.map((column) => column.name)).toEqual(example.columns);
      expect(new Set(example.columns).size).toBeLessThan(example.columns?.length ?? 0);
      expect(rows).toEqual(example.rows);
    });

    it('gives columns for a result without rows', async () => {
      const { columns, rows } = await read(suite.pool, queries.noRows.text);
      expect(columns.map((column) => column.name)).toEqual(['id', 'note']);
      expect(rows).toEqual([]);
    });
  });
}
