import { describe, expect, it } from 'vitest';
import { queryFingerprint } from './history';

describe('queryFingerprint', () => {
  it('is the same for queries that differ only in literals', () => {
    const one = queryFingerprint("SELECT a FROM t WHERE b = 'it''s' AND c > 12.5 AND d IN (1, 2, 3)");
    expect(queryFingerprint("SELECT a FROM t WHERE b = 'x' AND c > 7 AND d IN (4, 5)")).toBe(one);
  });

  it('differs for other columns, other parameters and names that end in digits', () => {
    const prints = ['SELECT a1 FROM t', 'SELECT a2 FROM t', 'SELECT a FROM t WHERE b = $1', 'SELECT a FROM t WHERE b = $2'].map(
      queryFingerprint,
    );
    expect(new Set(prints).size).toBe(4);
  });
});
