import { describe, expect, it } from 'vitest';
import { compareValues, fitWidth, fractionDigits, isNumericColumn, padFraction, rawText, stretchWidths } from './values';

describe('compareValues', () => {
  it('orders numbers that a double would confuse', () => {
    const sorted = ['9007199254740993', '-2.50', '9007199254740992', 10, '-2.5001', 9].toSorted(compareValues);
    expect(sorted).toEqual(['-2.5001', '-2.50', 9, 10, '9007199254740992', '9007199254740993']);
  });

  it('orders fractions of different length by value', () => {
    expect(compareValues('0.5', '0.45')).toBe(1);
    expect(compareValues('1.10', '1.1')).toBe(0);
  });

  it('orders everything else by text', () => {
    expect(['b', 'a', 'A'].toSorted(compareValues)).toEqual(['A', 'a', 'b']);
    expect(compareValues('NaN', 3)).toBe(1);
  });
});

describe('columns', () => {
  it('shows decimals of a column with the same number of places, without changing one', () => {
    const column = { name: 'n', type: 'decimal' };
    expect(fractionDigits(column, [[12.5], ['3.25'], [null], [7]], 0)).toBe(2);
    expect(fractionDigits({ ...column, type: 'double' }, [[12.5]], 0)).toBe(0);
    expect(['12.5', '-7', '3.125', 'NaN'].map((text) => padFraction(text, 2))).toEqual(['12.50', '-7.00', '3.125', 'NaN']);
  });

  it('copies values raw', () => {
    expect([null, '', 0, false, '9007199254740993', { a: [1] }].map(rawText)).toEqual([
      '',
      '',
      '0',
      'false',
      '9007199254740993',
      '{"a":[1]}',
    ]);
  });

  it('takes a mixed column as numeric only when every value is a number', () => {
    const column = { name: 'n', type: 'mixed' };
    expect(isNumericColumn(column, [[1], [null]], 0)).toBe(true);
    expect(isNumericColumn(column, [[1], ['x']], 0)).toBe(false);
    expect(isNumericColumn(column, [[null]], 0)).toBe(false);
  });

  it('bounds widths, and stretches them only into room that is there', () => {
    const column = { name: 'id', type: 'integer' };
    expect(fitWidth(column, [[1]], 0, String)).toBe(72);
    expect(fitWidth(column, [['x'.repeat(500)]], 0, String)).toBe(320);
    expect(stretchWidths([100, 100, 200], 800)).toEqual([200, 200, 400]);
    expect(stretchWidths([100, 100, 200], 300)).toEqual([100, 100, 200]);
    expect(stretchWidths([100], 800)).toEqual([200]);
  });
});
