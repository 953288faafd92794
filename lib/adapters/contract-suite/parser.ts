import { describe, expect, it } from 'vitest';
import type { QuarryError } from '../../kernel/errors';
import { expectCode, read } from './probes';
import type { Suite } from './suite';

/** What the dialect says of a text before anything runs. */
export function parser(suite: Suite): void {
  const { dialect, fixture, queries } = suite;

  describe('parser', () => {
    describe('an attack is not called reading', () => {
      it.each(fixture.attacks)('%s', async (attack) => {
        const effect = await dialect.parse(attack).then(
          (facts) => facts.effect,
          (error: QuarryError) => error.code,
        );
        expect(effect).not.toBe('read');
      });
    });

    describe('an attack that begins like a query is refused', () => {
      it.each(fixture.sneaky)('%s', async (attack) => {
        const facts = await dialect.parse(attack);
        expect(facts.effect).not.toBe('read');
      });
    });

    it('tells an empty text, several statements and a syntax error', async () => {
      expect(queries.invalid.length).toBeGreaterThanOrEqual(5);
      for (const text of queries.invalid) await expectCode(dialect.parse(text), 'query.invalid');
    });

    it('finds the tables that are reached, and nothing that only looks like one', async () => {
      for (const { text, tables } of queries.tables) {
        const facts = await dialect.parse(text);
        expect(facts.tables.map((table) => table.name).sort(), text).toEqual(tables);
      }
    });

    it('normalises space and comments but no literal', async () => {
      const normalised = async (text: string) => (await dialect.parse(text)).normalised;
      const [one, two] = queries.normalised.same;
      expect(await normalised(one)).toBe(await normalised(two));
      expect(await normalised(one)).not.toBe(await normalised(queries.normalised.other));
    });

    it('limits without touching order, a lower limit, or the names of columns', async () => {
      for (const { text, rows } of queries.limited) {
        const limited = dialect.limit(text, await dialect.parse(text), rows);
        expect((await read(suite.pool, limited)).rows, text).toEqual([['2']]);
      }
    });

    it('knows what may change from call to call', async () => {
      for (const text of queries.deterministic) expect((await dialect.parse(text)).deterministic, text).toBe(true);
      for (const text of queries.volatile) expect((await dialect.parse(text)).deterministic, text).toBe(false);
    });
  });
}
