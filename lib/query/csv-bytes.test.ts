import { describe, expect, it } from 'vitest';
import type { Cell, Column, ColumnType, TextBatch } from '../adapters/contract';
import { csvWriter } from './csv';
import { csvBytes } from './csv-bytes';

const column = (name: string, type: ColumnType): Column => ({ name, type, nativeType: type });

function pack(rows: Cell[][]): TextBatch {
  const parts: Buffer[] = [];
  const ends: number[] = [];
  let at = 0;
  for (const cell of rows.flat()) {
    if (cell === null) {
      ends.push(~at);
      continue;
    }
    const text = Buffer.from(typeof cell === 'string' ? cell : JSON.stringify(cell));
    parts.push(text);
    at += text.length;
    ends.push(at);
  }
  return { rowCount: rows.length, bytes: Buffer.concat(parts), ends: Int32Array.from(ends) };
}

describe('csvBytes', () => {
  const columns = [column('id', 'bigint'), column('note', 'text'), column('day', 'date')];
  const write = csvBytes(columns);
  const text = (rows: Cell[][]) => Buffer.from(write(pack(rows))).toString();

  it('makes the same lines as the writer of rows', () => {
    const notes = [
      'plain',
      '',
      null,
      'a,b',
      'say "hi"',
      'two\nlines',
      '=1+1',
      '-5',
      '-x',
      '@a',
      '\tx',
      '\r',
      'naïve ☃ 😀',
      '"',
      "'",
      '😀,☃',
      '=😀,"',
    ];
    const rows = notes.map((note, i): Cell[] => [String(i - 3), note, i % 2 ? null : '2026-01-02']);
    expect(text(rows)).toBe(Buffer.from(csvWriter(columns)(rows)).toString());
  });

  it('is exact for nothing, for NULLs only, and for fields that outgrow the buffer', () => {
    expect(text([])).toBe('');
    expect(text([[null, null, null]])).toBe(',,\r\n');
    const long = '",'.repeat(50_000);
    const rows: Cell[][] = [
      ['1', long, null],
      ['2', 'after', null],
    ];
    expect(text(rows)).toBe(Buffer.from(csvWriter(columns)(rows)).toString());
  });
});
