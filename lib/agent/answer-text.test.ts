import { describe, expect, it } from 'vitest';
import { describeAnswer, figuresHold, formatFigure } from './answer-text';

const shape = (columns: [string, string][], rows: unknown[][]) => ({
  columns: columns.map(([name, type]) => ({ name, type })),
  rows,
  rowCount: rows.length,
  truncated: null,
});

describe('describeAnswer [C21]', () => {
  it('says one figure', () => {
    expect(describeAnswer('number of customers', shape([['count', 'bigint']], [[1234567]]), [])).toBe(
      'Number of customers: 1\u202f234\u202f567.',
    );
  });
  it('keeps exact figures that a double cannot hold', () => {
    expect(describeAnswer('total', shape([['total', 'decimal']], [['12345678901234567890.10']]), [])).toContain(
      '12\u202f345\u202f678\u202f901\u202f234\u202f567\u202f890.10',
    );
  });
  it('names highest and lowest only when they are unique', () => {
    const columns: [string, string][] = [
      ['country', 'text'],
      ['orders', 'bigint'],
    ];
    expect(
      describeAnswer(
        'orders per country',
        shape(columns, [
          ['CA', 9],
          ['FR', 3],
          ['DE', 5],
        ]),
        [],
      ),
    ).toBe('Orders per country: 3 rows. Highest is CA with 9, lowest is FR with 3.'.replace('lowest is FR', 'lowest FR'));
    expect(
      describeAnswer(
        'orders per country',
        shape(columns, [
          ['CA', 9],
          ['FR', 9],
        ]),
        [],
      ),
    ).toBe('Orders per country: 2 rows.');
  });
  it('names a month as people do', () => {
    const columns: [string, string][] = [
      ['month', 'timestamp'],
      ['total', 'decimal'],
    ];
    const rows = [
      ['2024-01-01T00:00:00', 4],
      ['2024-02-01T00:00:00', 9],
    ];
    expect(describeAnswer('', shape(columns, rows), [])).toBe('2 rows. Highest is 2024-02 with 9, lowest 2024-01 with 4.');
  });
  it('names a quarter as people do', () => {
    const columns: [string, string][] = [
      ['quarter', 'date'],
      ['total', 'decimal'],
    ];
    const rows = [
      ['2025-01-01', 4],
      ['2025-10-01', 9],
    ];
    expect(describeAnswer('', shape(columns, rows), [])).toBe('2 rows. Highest is Q4 2025 with 9, lowest Q1 2025 with 4.');
  });
  it('withholds a reading whose figures are not in the rows', () => {
    const text = describeAnswer('The 42 customers', shape([['n', 'bigint']], [[7]]), ['how many customers?']);
    expect(text).toBe('N: 7.');
    expect(describeAnswer('customers since 2023', shape([['n', 'bigint']], [[7]]), ['customers since 2023'])).toContain(
      'since 2023',
    );
  });
  it('says when nothing matches', () => {
    expect(describeAnswer('orders in 2031', shape([['n', 'bigint']], []), ['orders in 2031'])).toBe(
      'Orders in 2031: no rows match.',
    );
  });
});

describe('figures', () => {
  it('compares numbers, not their spelling', () => {
    expect(figuresHold('it is 1\u202f200.50', { rows: [['1200.5']], rowCount: 1 }, [])).toBe(true);
    expect(figuresHold('it is 1,201', { rows: [[1200]], rowCount: 1 }, [])).toBe(false);
  });
  it('leaves text and years alone', () => {
    expect(formatFigure('007', 'text')).toBe('007');
    expect(formatFigure(2024, 'integer')).toBe('2024');
  });
});
