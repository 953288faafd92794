import { describe, expect, it } from 'vitest';
import type { Column, ColumnType } from '../adapters/contract';
import { csvHeader, csvText, csvWriter } from './csv';

const column = (name: string, type: ColumnType): Column => ({ name, type, nativeType: type });

describe('csv', () => {
  it('quotes by RFC 4180', () => {
    expect(csvText('plain')).toBe('plain');
    expect(csvText('a,b')).toBe('"a,b"');
    expect(csvText('say "hi"')).toBe('"say ""hi"""');
    expect(csvText('two\r\nlines')).toBe('"two\r\nlines"');
    expect(csvText('')).toBe('""');
  });

  it.each(['=1+1', '+SUM(A1)', '-2+3', '@SUM(A1)', '\tx', "=cmd|' /C calc'!A0"])('makes %j harmless', (text) => {
    expect(csvText(text).replace(/^"/, '').startsWith("'")).toBe(true);
  });
  it('makes a formula behind a carriage return harmless', () => {
    expect(csvText('\r=1')).toBe('"\'\r=1"');
  });

  it.each(['-5', '+49301234567', '-1.5e-7', '-.5'])('leaves the number %s alone, also in a text column', (text) => {
    expect(csvText(text)).toBe(text);
  });

  it('writes exact values, NULL as the empty field, and neutralises headers too', () => {
    const columns = [
      column('id', 'bigint'),
      column('=x', 'text'),
      column('amount', 'decimal'),
      column('at', 'timestamptz'),
      column('tags', 'array'),
    ];
    expect(csvHeader(columns)).toBe("id,'=x,amount,at,tags\r\n");
    const rows = [
      ['-9223372036854775808', 'a', '12.50', '2026-01-02T03:04:05.123456Z', ['x', 'y']],
      [null, '', null, null, null],
      ['1', null, 'NaN', null, []],
    ];
    expect(Buffer.from(csvWriter(columns)(rows)).toString()).toBe(
      '-9223372036854775808,a,12.50,2026-01-02T03:04:05.123456Z,"[""x"",""y""]"\r\n,"",,,\r\n1,,NaN,,[]\r\n',
    );
  });

  it('keeps a text harmless that stands in a column of numbers or dates', () => {
    const write = csvWriter([column('n', 'bigint'), column('day', 'date')]);
    const written = Buffer.from(
      write([
        ['-5', '2024-01-02'],
        ['a, word', '=1+1'],
        ['', 'say "hi"'],
        ['1e-7', '2024-01-02 03:04:05+02:00'],
      ]),
    ).toString();
    expect(written.split('\r\n')).toEqual([
      '-5,2024-01-02',
      '"a, word",\'=1+1',
      '"","say ""hi"""',
      '1e-7,2024-01-02 03:04:05+02:00',
      '',
    ]);
  });

  it('writes mixed columns exactly', () => {
    const write = csvWriter([column('v', 'mixed')]);
    expect(Buffer.from(write([[{ exact: '9223372036854775807' }], ['=x'], [1.5], [true], [null]])).toString()).toBe(
      "9223372036854775807\r\n'=x\r\n1.5\r\ntrue\r\n\r\n",
    );
  });
});
