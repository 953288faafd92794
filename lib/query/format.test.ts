import { describe, expect, it } from 'vitest';
import type { Column, ColumnType } from '../adapters/contract';
import { exactNumber, jsonConverter, jsonFormatter, weighRows } from './format';

const column = (type: ColumnType, nativeType: string = type): Column => ({ name: 'c', type, nativeType });

describe('exactNumber', () => {
  it.each([
    ['0', 0],
    ['-7', -7],
    ['12.50', 12.5],
    ['9007199254740991', 9007199254740991],
    ['-9007199254740991', -9007199254740991],
    ['123456789012.345', 123456789012.345],
    ['0.000000000000001', 1e-15],
    ['1000000000000000.00', 1e15],
  ])('%s is the number', (text, number) => {
    expect(exactNumber(text)).toBe(number);
  });

  it.each([
    '9007199254740993',
    '-9223372036854775808',
    '18446744073709551615',
    '0.1234567890123456',
    '123456789012.3456',
    '99999999999999999999.99',
    'NaN',
    'Infinity',
    '-Infinity',
    '-0',
    '',
    `0.${'0'.repeat(400)}1`,
    '1e400',
  ])('%s stays text', (text) => {
    expect(exactNumber(text)).toBe(text);
  });

  it('gives back the same value for every decimal of 15 digits that it turns into a number', () => {
    for (let i = 0; i < 2_000; i += 1) {
      const digits = String(100_000_000_000_000 + ((i * 7_919_777_777_777) % 899_999_999_999_999));
      const at = i % 15;
      const text = at === 0 ? digits : `${digits.slice(0, at)}.${digits.slice(at)}`;
      const number = exactNumber(text);
      expect(typeof number).toBe('number');
      // 15 significant digits of the double are the text's own.
      expect(Number(number).toPrecision(15).replace('.', '').replace(/0+$/, '')).toBe(digits.replace(/0+$/, ''));
    }
  });
});

describe('jsonFormatter', () => {
  it('leaves exact text alone and turns what fits into numbers', () => {
    const columns = [
      column('bigint'),
      column('decimal'),
      column('double'),
      column('text'),
      column('timestamptz'),
      column('binary'),
    ];
    const row = ['9007199254740993', '10.10', 'NaN', '007', '2026-01-02T03:04:05.123456Z', 'AAH/'];
    expect(jsonFormatter(columns)([row, [null, null, null, null, null, null]])).toEqual([
      ['9007199254740993', 10.1, 'NaN', '007', '2026-01-02T03:04:05.123456Z', 'AAH/'],
      [null, null, null, null, null, null],
    ]);
  });

  it('keeps numbers and text apart in a mixed column', () => {
    expect(
      jsonFormatter([column('mixed')])([[{ exact: '12' }], ['12'], [{ exact: '9223372036854775807' }], [1.5], [null]]),
    ).toEqual([[12], ['12'], ['9223372036854775807'], [1.5], [null]]);
  });

  it('converts the elements of numeric arrays, nested ones too, and no others', () => {
    expect(
      jsonFormatter([column('array', 'integer[]'), column('array', 'text[]'), column('array', 'bigint[]')])([
        [
          [
            ['1', null],
            ['2', '3'],
          ],
          ['1', '2'],
          ['9007199254740993'],
        ],
      ]),
    ).toEqual([
      [
        [
          [1, null],
          [2, 3],
        ],
        ['1', '2'],
        ['9007199254740993'],
      ],
    ]);
  });

  it('does nothing per row for columns that are JSON already', () => {
    for (const type of ['text', 'json', 'uuid', 'date', 'boolean', 'objectid'] as const)
      expect(jsonConverter(column(type))).toBeNull();
  });
});

describe('weighRows', () => {
  it('grows with every value', () => {
    const small = weighRows([['a', 1]]);
    expect(
      weighRows([
        ['a', 1],
        ['b', 2],
      ]),
    ).toBeGreaterThan(small);
    expect(weighRows([['a'.repeat(1_000), 1]])).toBeGreaterThan(small + 1_900);
    expect(weighRows([[{ k: ['v'] }, 1]])).toBeGreaterThan(small);
  });
});
