import { describe, expect, it } from 'vitest';
import { EVIL } from './fixture';
import { read } from './probes';
import type { Suite } from './suite';

/** Bound values are never read as text of the language (C14). */
export function parameters(suite: Suite): void {
  const { dialect, queries } = suite;

  describe('parameters', () => {
    it('binds by position and never reads a value as part of the query', async () => {
      const { rows } = await read(suite.pool, queries.idsByNote, { params: ['two', EVIL] });
      expect(rows).toEqual([['2']]);
      expect(await suite.database.count('ledger')).toBe(2);
    });

    it('turns names into positions outside strings and comments', async () => {
      const bound = dialect.bindNamed(queries.namedParameter, { id: 2 });
      const { rows } = await read(suite.pool, bound.text, { params: bound.params });
      expect(rows).toEqual([['two']]);
    });

    it('says which name has no value', () => {
      expect(() => dialect.bindNamed(queries.missingParameter, {})).toThrow(/missing/);
    });
  });
}
