import { describe, expect, it } from 'vitest';
import type { Cell, Column, ColumnType, TextBatch } from '../adapters/contract';
import { splitText, xlsxBytes } from './xlsx-bytes';
import { cellWriter } from './xlsx-cells';

const column = (type: ColumnType): Column => ({ name: type, type, nativeType: type });

function pack(rows: (string | null)[][]): TextBatch {
  const texts = rows.flat();
  let at = 0;
  const ends = texts.map((text) => {
    at += text === null ? 0 : Buffer.byteLength(text);
    return text === null ? ~at : at;
  });
  return { rowCount: rows.length, bytes: Buffer.from(texts.map((text) => text ?? '').join('')), ends: Int32Array.from(ends) };
}
const written = (columns: Column[], batch: TextBatch) => Buffer.from(xlsxBytes(columns)(batch)).toString();

/** Cells whose exact form and text are the same. */
const TEXTS: Record<string, string[]> = {
  text: [
    '',
    'plain',
    ' edge ',
    '<&>',
    'a_x0041_',
    'a_b',
    'tab\tline\n',
    '\r',
    '\u0000',
    '\u007f\u0085',
    '\ufffe',
    'naïve ☃ 😀',
    'x'.repeat(40_000),
    'é'.repeat(20_000),
  ],
  bigint: ['0', '-7', '-0', '9007199254740993', '999999999999999'],
  decimal: ['12.50', '0.12345678901234567', 'NaN', '-0.5', '1000000000000000.00'],
  date: [
    '2026-01-02',
    '1850-01-01',
    '1900-02-28',
    '1900-03-01',
    '-0043-03-15',
    '+10000-01-01',
    'infinity',
    '0050-01-01',
    '2024-02-29',
  ],
  timestamp: [
    '2026-01-02T12:00:00',
    '2026-01-02T03:04:05.678',
    '2026-01-02T03:04:05.678901',
    '1899-12-31T00:00:00',
    'infinity',
    '-infinity',
    '2026-01-02T23:59:59',
  ],
  timestamptz: ['2026-03-01T10:00:00.123456Z'],
  uuid: ['0198d5b0-0000-7000-8000-000000000001'],
  year: ['2026'],
  inet: ['10.0.0.1/8'],
};

describe('xlsxBytes', () => {
  it.each(Object.keys(TEXTS) as ColumnType[])('writes %s as the writer of rows does', (type) => {
    const write = cellWriter(column(type));
    for (const text of [null, ...(TEXTS[type] ?? [])]) {
      expect(written([column(type)], pack([[text]]))).toBe(`<row>${write(text)}</row>`);
    }
  });

  it.each<[ColumnType, string, Cell]>([
    ['boolean', 'true', true],
    ['boolean', 'false', false],
    ['double', '0.1', 0.1],
    ['double', 'NaN', 'NaN'],
    ['double', '-Infinity', '-Infinity'],
    ['json', '{"a": 1, "b": 9007199254740993}', { a: 1, b: '9007199254740993' }],
    ['json', '"text"', 'text'],
    ['json', '5', 5],
    ['array', '["1",null,"<3>"]', ['1', null, '<3>']],
  ])('writes the %s %s as the writer of rows does', (type, text, cell) => {
    expect(written([column(type)], pack([[text]]))).toBe(`<row>${cellWriter(column(type))(cell)}</row>`);
  });
});

describe('splitText', () => {
  const columns = [column('bigint'), column('text')];
  const rows = [
    ['1', 'a'],
    [null, 'bb'],
    ['333', null],
    [null, null],
    ['5', 'e'],
  ];

  it.each([0, 1, 2, 3, 4, 5])('cuts after %i rows and loses nothing', (count) => {
    const [head, rest] = splitText(pack(rows), count, columns.length);
    expect([head.rowCount, rest.rowCount]).toEqual([count, rows.length - count]);
    expect(written(columns, head)).toBe(written(columns, pack(rows.slice(0, count))));
    expect(written(columns, rest)).toBe(written(columns, pack(rows.slice(count))));
  });
});
