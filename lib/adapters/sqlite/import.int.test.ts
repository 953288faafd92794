import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, describe, expect, it } from 'vitest';
import { newId } from '../../kernel/ids';
import { runImport } from './run-import';

/** What becomes of CSV files: the process that imports them, on real files. */

const folder = mkdtempSync(path.join(tmpdir(), 'quarry-import-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function importText(content: string | Uint8Array, fileName = 'data.csv', signal = new AbortController().signal) {
  const file = path.join(folder, newId());
  const made = `${file}.sqlite`;
  writeFileSync(file, content);
  const task = { op: 'build' as const, database: made, files: [{ file, fileName }], maxBytes: 1e9 };
  const { tables, warnings } = await runImport(task, { timeoutMs: 60_000, signal });
  const database = new Database(made, { readonly: true }).defaultSafeIntegers(true);
  const [table] = tables;
  const rows = database.prepare(`SELECT * FROM "${table?.name}"`).raw().all();
  const { sql } = database.prepare("SELECT sql FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'").get() as {
    sql: string;
  };
  database.close();
  const columns = Object.fromEntries((table?.columns ?? []).map(({ name, type }) => [name, type]));
  const names = (table?.columns ?? []).map((column) => column.name);
  return {
    name: table?.name,
    names,
    columns,
    rows,
    sql,
    warnings: warnings.map((warning) => warning.replace(`${fileName}: `, '')),
  };
}

/** One column, under a header. */
const column = async (...values: string[]) => {
  const { columns, rows, warnings } = await importText(`v,w\n${values.map((value) => `${value},-`).join('\n')}\n`);
  return { type: columns.v, values: rows.map((row) => (row as unknown[])[0]), warnings };
};

describe('types', () => {
  it.each([
    ['integers up to 64 bits', ['1', '-20', '9223372036854775807', ''], 'INTEGER', [1n, -20n, 9223372036854775807n, null]],
    ['decimals', ['12.50', '0.1', '-3', '.5', '9007199254740993'], 'DECIMAL', [12.5, 0.1, -3n, 0.5, 9007199254740993n]],
    ['what a double wrote', ['0.30000000000000004', '1.7976931348623157'], 'DECIMAL', [0.30000000000000004, 1.7976931348623157]],
    ['exponents', ['1e3', '2.5E-7'], 'REAL', [1000, 2.5e-7]],
    ['dates', ['2024-02-29', '1999-12-31'], 'DATE', ['2024-02-29', '1999-12-31']],
    [
      'moments',
      ['2024-02-29 10:00', '2024-02-29T10:00:01.5Z', '2024-03-01'],
      'TIMESTAMP',
      ['2024-02-29 10:00', '2024-02-29T10:00:01.5Z', '2024-03-01'],
    ],
    ['truth', ['true', 'FALSE', ''], 'BOOLEAN', [1n, 0n, null]],
    ['leading zeros', ['01234', '98765'], 'TEXT', ['01234', '98765']],
    ['telephone numbers', ['+4930123', '+4930124'], 'TEXT', ['+4930123', '+4930124']],
    ['days that do not exist', ['2023-02-29', '2024-13-01'], 'TEXT', ['2023-02-29', '2024-13-01']],
    ['a mixture', ['1', 'a', '2024-01-01'], 'TEXT', ['1', 'a', '2024-01-01']],
    ['spaces around numbers', [' 1 ', '2'], 'INTEGER', [1n, 2n]],
    ['nothing at all', ['', ''], 'TEXT', [null, null]],
  ])('%s', async (_what, values, type, stored) => {
    expect(await column(...values)).toEqual({ type, values: stored, warnings: [] });
  });

  it('keeps numbers as text that it could not hold exactly, and says so', async () => {
    for (const exact of ['0.1234567890123456789', '9223372036854775808', '123456789012345.6789']) {
      const found = await column('1.5', exact);
      expect(found).toMatchObject({ type: 'TEXT', values: ['1.5', exact] });
      expect(found.warnings).toEqual([expect.stringMatching(/"v" is kept as text: some of its numbers have more digits/)]);
    }
  });

  it('looks at the whole column, and says which value kept it from being numbers', async () => {
    const found = await column(...Array.from({ length: 5_000 }, (_, index) => (index === 4_000 ? 'n/a' : String(index))));
    expect(found.type).toBe('TEXT');
    expect(found.warnings).toEqual(['Column "v" is kept as text although it is mostly numbers: line 4002 has "n/a".']);
  });
});

describe('form', () => {
  it.each([
    ['commas', 'a,b\n1,"x;y"\n', 'data.csv'],
    ['semicolons', 'a;b\n1;"x;y"\n', 'data.csv'],
    ['tabs', 'a\tb\n1\tx;y\n', 'data.tsv'],
    ['bars', 'a|b\n1|x;y\n', 'data.txt'],
    ['carriage returns', 'a,b\r1,x;y\r', 'data.csv'],
    ['a byte order mark', '\uFEFFa,b\r\n1,x;y\r\n', 'data.csv'],
    ['no line end at the end', 'a,b\n1,x;y', 'data.csv'],
    ['UTF-16', Buffer.from('\uFEFFa,b\n1,x;y\n', 'utf16le'), 'data.csv'],
  ])('%s', async (_what, content, fileName) => {
    const { columns, rows, warnings } = await importText(content, fileName);
    expect(columns).toEqual({ a: 'INTEGER', b: 'TEXT' });
    expect(rows).toEqual([[1n, 'x;y']]);
    expect(warnings).toEqual([]);
  });

  it('reads quoted line ends, quotation marks and delimiters (RFC 4180)', async () => {
    const { rows } = await importText('a,b\r\n"two\r\nlines","say ""hi"", twice"\r\n5" nail,x\r\n');
    expect(rows).toEqual([
      ['two\r\nlines', 'say "hi", twice'],
      ['5" nail', 'x'],
    ]);
  });

  it('reads what is not UTF-8 as Windows-1252 and says so', async () => {
    const { rows, warnings } = await importText(Buffer.from('name,n\nMüller €\n'.replace('€', '\u0080'), 'latin1'));
    expect(rows).toEqual([['Müller €', null]]);
    expect(warnings[0]).toMatch(/not UTF-8/);
  });

  it('keeps text of other languages', async () => {
    const { name, columns, rows } = await importText('名前,città\n東京,Forlì\n', 'größe 表.csv');
    expect([name, columns, rows]).toEqual(['größe_表', { 名前: 'TEXT', città: 'TEXT' }, [['東京', 'Forlì']]]);
  });
});

describe('names and rows', () => {
  it('names columns that have no name or one that occurs twice', async () => {
    const { columns, warnings } = await importText('id,,Name,name, \n1,x,a,b,c\n');
    expect(Object.keys(columns)).toEqual(['id', 'column_2', 'Name', 'name_2', 'column_5']);
    expect(warnings).toEqual([
      'Columns without a name are named column_2, column_5.',
      'Names that occur twice were changed: name_2.',
    ]);
  });

  it('loses no field of ragged rows, and names their lines', async () => {
    const { columns, rows, warnings } = await importText('a,b\n1,2\n3\n4,5,extra\n6,7,\n');
    expect(Object.keys(columns)).toEqual(['a', 'b', 'column_3']);
    expect(rows).toEqual([
      [1n, 2n, null],
      [3n, null, null],
      [4n, 5n, 'extra'],
      [6n, 7n, null],
    ]);
    expect(warnings.join()).toMatch(/Lines 3, 4 do not have 2 fields/);
  });

  it.each([
    ['data without names', '1,Ada\n2,Grace\n', ['column_1', 'column_2'], 2],
    ['names that are years', 'country,2019,2020\nPeru,5,6\nChad,7,8\n', ['country', '2019', '2020'], 2],
    ['nothing but names', 'a,b\n', ['a', 'b'], 0],
  ])('tells a header: %s', async (_what, content, names, count) => {
    const { names: found, rows } = await importText(content);
    expect(found).toEqual(names);
    expect(rows).toHaveLength(count);
  });

  it('makes a key of a first column that is one', async () => {
    expect((await importText('customer_id,n\n5,a\n3,b\n')).sql).toContain('"customer_id" INTEGER PRIMARY KEY');
    expect((await importText('customer_id,n\n5,a\n5,b\n')).sql).not.toContain('PRIMARY KEY');
    expect((await importText('customer_id,n\n5,a\n,b\n')).sql).not.toContain('PRIMARY KEY');
    expect((await importText('name,n\nx,a\ny,b\n')).sql).not.toContain('PRIMARY KEY');
  });

  it('keeps names from being statements', async () => {
    const { name, columns } = await importText('a"); DROP TABLE x; --,b\n1,2\n', 'x"; DROP TABLE y; --.csv');
    expect(name).toBe('x_DROP_TABLE_y');
    expect(Object.keys(columns)).toEqual(['a"); DROP TABLE x; --', 'b']);
  });
});

describe('the process', () => {
  it('takes 100,000 rows without holding this one up', async () => {
    const lines = Array.from(
      { length: 100_000 },
      (_, index) => `${index},"Customer ${index % 97}",${(index * 1.37).toFixed(2)},2024-01-1${index % 10}`,
    );
    let ticks = 0;
    const timer = setInterval(() => (ticks += 1), 10);
    const { rows, columns } = await importText(`id,customer,total,day\n${lines.join('\n')}\n`);
    clearInterval(timer);
    expect(rows).toHaveLength(100_000);
    expect(columns).toEqual({ id: 'INTEGER', customer: 'TEXT', total: 'DECIMAL', day: 'DATE' });
    expect(ticks).toBeGreaterThan(5);
  });

  it('ends when its caller leaves', async () => {
    const caller = new AbortController();
    const rows = importText(`a,b\n${'1,2\n'.repeat(500_000)}`, 'x.csv', caller.signal);
    caller.abort();
    await expect(rows).rejects.toMatchObject({ code: 'query.cancelled' });
  });
});
