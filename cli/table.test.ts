import { describe, expect, it } from 'vitest';
import { formatTable, inert } from './table';

const columns = [{ name: 'name' }, { name: 'total', numeric: true }];

describe('formatTable', () => {
  it('aligns numbers to the right and tells NULL from the empty text', () => {
    const text = formatTable(
      columns,
      [
        ['Ada', 1200],
        ['', null],
        ['Grace', '12345678901234567890'],
      ],
      Number.POSITIVE_INFINITY,
    );
    expect(text.split('\n')).toEqual([
      'name                  total',
      '─────  ────────────────────',
      'Ada                    1200',
      '                       NULL',
      'Grace  12345678901234567890',
    ]);
  });

  it('fits the terminal by cutting the widest column, and says that it cut', () => {
    const lines = formatTable(columns, [['x'.repeat(100), 7]], 30).split('\n');
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(30);
    expect(lines[2]).toMatch(/^x+… {2} {4}7$/);
  });

  it('counts wide characters as two cells', () => {
    const lines = formatTable(
      columns,
      [
        ['東京', 1],
        ['abcd', 2],
      ],
      80,
    ).split('\n');
    expect(lines[2]).toBe('東京      1');
    expect(lines[3]).toBe('abcd      2');
  });

  it('writes out arrays and objects as JSON', () => {
    expect(formatTable([{ name: 'j' }], [[{ a: [1, null] }]], 80)).toContain('{"a":[1,null]}');
  });
});

describe('inert', () => {
  it('lets data steer no terminal', () => {
    const hostile = 'a\u001b[31mred\u001b]0;title\u0007\nb\u009b2J\u202e';
    expect(inert(hostile)).toBe('a\\u001b[31mred\\u001b]0;title\\u0007\\nb\\u009b2J\\u202e');
    expect(inert('Grüße, 東京 👍')).toBe('Grüße, 東京 👍');
  });
});
