import { describe, expect, it } from 'vitest';
import type { Column, ColumnType, TextBatch } from '../adapters/contract';
import { jsonConverter } from './format';
import { jsonBytes } from './json-bytes';

const column = (type: ColumnType, nativeType: string = type): Column => ({ name: type, type, nativeType });

function pack(rows: (string | null)[][]): TextBatch {
  const ends: number[] = [];
  let at = 0;
  for (const text of rows.flat()) {
    at += text === null ? 0 : Buffer.byteLength(text);
    ends.push(text === null ? ~at : at);
  }
  const bytes = Buffer.from(
    rows
      .flat()
      .map((text) => text ?? '')
      .join(''),
  );
  return { rowCount: rows.length, bytes, ends: Int32Array.from(ends) };
}

/** What one value becomes in the file. */
function one(type: ColumnType, text: string | null, nativeType: string = type): unknown {
  const write = jsonBytes([column(type, nativeType)], ['v'], '', '');
  return (JSON.parse(Buffer.from(write(pack([[text]]))).toString()) as { v: unknown }).v;
}

describe('jsonBytes', () => {
  const NUMBERS = [
    ...['0', '7', '-7', '-0', '0.00', '-0.00', '12.50', '100', '100.00', '0.1', '-0.05', '00', '1.', '.5', '-'],
    ...['999999999999999', '9007199254740991', '9007199254740992', '-9223372036854775808', '123456789012345.6'],
    ...[
      '12345678901234567890.123456789',
      '0.000000000000000000001',
      '1000000000000000.00',
      '1e5',
      'NaN',
      'Infinity',
      '-Infinity',
    ],
  ];
  it.each(NUMBERS)('makes of the number %s what format.ts makes of it', (text) => {
    for (const type of ['integer', 'bigint', 'decimal', 'year'] as const) {
      expect(one(type, text)).toBe(jsonConverter(column(type))?.(text));
    }
  });

  it('writes numbers as short as JSON does', () => {
    const write = jsonBytes([column('decimal')], ['v'], '', '\n');
    const rows = ['12.50', '3.00', '0.10', '200', '-1.050'].map((text) => [text]);
    expect(Buffer.from(write(pack(rows))).toString()).toBe('{"v":12.5}\n{"v":3}\n{"v":0.1}\n{"v":200}\n{"v":-1.05}\n');
  });

  it.each([
    ['0.1', 0.1],
    ['-1.5e-07', -1.5e-7],
    ['1e+20', 1e20],
    ['NaN', 'NaN'],
    ['-Infinity', '-Infinity'],
  ])('keeps the double %s', (text, value) => {
    expect(one('double', text)).toBe(value);
  });

  it.each(['', 'plain', 'say "hi"', 'back\\slash', 'two\nlines', '\u0001\t\r', 'naïve ☃ 😀', '"', '\\', '{"a":1}', 'null', '5'])(
    'keeps the text %j',
    (text) => {
      for (const type of ['text', 'enum', 'interval', 'unknown', 'inet', 'binary'] as const) expect(one(type, text)).toBe(text);
    },
  );

  it('keeps NULL apart from every text, booleans, dates and ids as JSON has them', () => {
    for (const type of ['integer', 'text', 'json', 'array', 'boolean', 'double'] as const) expect(one(type, null)).toBeNull();
    expect([one('boolean', 'true'), one('boolean', 'false')]).toEqual([true, false]);
    expect(one('timestamptz', '2026-03-01T10:00:00.123456Z')).toBe('2026-03-01T10:00:00.123456Z');
    expect(one('uuid', '0198d5b0-0000-7000-8000-000000000001')).toBe('0198d5b0-0000-7000-8000-000000000001');
  });

  it('loses no digit of JSON and of arrays, and breaks no line', () => {
    expect(one('json', '{"a": 9007199254740993,\n "b": [1.5, null], "c": "12345678901234567890", "d": 1e5}')).toEqual({
      a: '9007199254740993',
      b: [1.5, null],
      c: '12345678901234567890',
      d: 1e5,
    });
    expect(one('array', '["1",null,["9007199254740993"]]', 'bigint[]')).toEqual([1, null, ['9007199254740993']]);
    expect(one('array', '["1","x"]', 'text[]')).toEqual(['1', 'x']);
    const write = jsonBytes([column('json')], ['v'], '', '\n');
    expect(Buffer.from(write(pack([['[1,\n2]']]))).toString()).toBe('{"v":[1,2]}\n');
  });

  it('writes rows of several columns, no rows, no columns, and values that outgrow the buffer', () => {
    const columns = [column('integer'), column('text')];
    const write = jsonBytes(columns, ['a "b"', 'c'], ',\n', '');
    const long = '"\n'.repeat(50_000);
    const rows = [
      ['1', long],
      [null, 'x'],
    ];
    expect(
      JSON.parse(
        `[${Buffer.from(write(pack(rows)))
          .toString()
          .slice(1)}]`,
      ),
    ).toEqual([
      { 'a "b"': 1, c: long },
      { 'a "b"': null, c: 'x' },
    ]);
    expect(write(pack([])).length).toBe(0);
    expect(Buffer.from(jsonBytes([], [], '', '\n')(pack([[], []]))).toString()).toBe('{}\n{}\n');
  });
});
