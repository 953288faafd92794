import { describe, expect, it } from 'vitest';
import { splitQuery } from './query-text';

const kinds = (text: string) =>
  splitQuery(text)
    .filter((piece) => piece.kind !== 'plain')
    .map((piece) => `${piece.kind}:${piece.text}`);

describe('splitQuery', () => {
  it('tells keywords, strings, numbers and comments apart', () => {
    expect(kinds(`SELECT "select", 'it''s from' -- where\nFROM t1 WHERE a > 1.5`)).toEqual([
      'keyword:SELECT',
      "string:'it''s from'",
      'comment:-- where',
      'keyword:FROM',
      'keyword:WHERE',
      'number:1.5',
    ]);
  });

  it('loses no character, whatever it is given', () => {
    for (const text of ["'open", '/* open', '', 'größe = `x`', '<script>alert(1)</script>', '{"$match": {"a": 1}}']) {
      expect(
        splitQuery(text)
          .map((piece) => piece.text)
          .join(''),
      ).toBe(text);
    }
  });
});
