import { describe, expect, it } from 'vitest';
import type { Row } from '../contract';
import { readScans, rowsRead, stopsEarly } from './plan';

const plan = (...details: string[]): Row[] => details.map((detail, index) => [String(index), '0', '0', detail]);
const read = (details: string[], sizes: Record<string, number>) =>
  rowsRead(readScans(plan(...details)), new Map(Object.entries(sizes)));

describe('the rows that a plan of SQLite reads', () => {
  it('are those of the tables that are gone through', () => {
    expect(read(['SCAN big', 'USE TEMP B-TREE FOR ORDER BY'], { big: 5_000 })).toBe(5_000);
    expect(read(['SEARCH other USING INTEGER PRIMARY KEY (rowid=?)'], {})).toBe(1);
    expect(read(['SCAN CONSTANT ROW'], {})).toBe(0);
  });

  it('multiply in loops inside each other', () => {
    expect(read(['SCAN a', 'SCAN b'], { a: 100, b: 1_000 })).toBe(100_100);
    expect(read(['SCAN a', 'SEARCH b USING INDEX i (x=?)'], { a: 100 })).toBe(200);
  });

  it('are unknown with a table of unknown size', () => {
    expect(read(['SCAN a', 'SCAN alias'], { a: 100 })).toBeUndefined();
  });

  it('are not many when a limit ends the loop, and nothing must be read before', () => {
    const program = (...opcodes: string[]): Row[] => opcodes.map((opcode, index) => [String(index), opcode]);
    expect(stopsEarly(program('OpenRead', 'Rewind', 'ResultRow', 'DecrJumpZero'))).toBe(true);
    expect(stopsEarly(program('OpenRead', 'SorterOpen', 'ResultRow', 'DecrJumpZero'))).toBe(false);
    expect(stopsEarly(program('OpenRead', 'ResultRow'))).toBe(false);
  });
});
