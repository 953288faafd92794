import { inflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { Column, ColumnType, Row } from '../adapters/contract';
import { xlsx } from './xlsx';
import { zip } from './zip';

const column = (name: string, type: ColumnType): Column => ({ name, type, nativeType: type });

async function bytesOf(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Reads an archive by its central directory, as readers do. */
function unzip(archive: Buffer): Map<string, string> {
  const files = new Map<string, string>();
  const end = archive.length - 22;
  expect(archive.readUInt32LE(end)).toBe(0x06054b50);
  let at = archive.readUInt32LE(end + 16);
  for (let i = 0; i < archive.readUInt16LE(end + 10); i += 1) {
    expect(archive.readUInt32LE(at)).toBe(0x02014b50);
    const [packed, plain, nameLength, offset] = [at + 20, at + 24, at + 28, at + 42].map((where, k) =>
      k === 2 ? archive.readUInt16LE(where) : archive.readUInt32LE(where),
    ) as [number, number, number, number];
    const name = archive.subarray(at + 46, at + 46 + nameLength).toString();
    const data = offset + 30 + archive.readUInt16LE(offset + 26);
    const text = inflateRawSync(archive.subarray(data, data + packed)).toString();
    expect(Buffer.byteLength(text)).toBe(plain);
    files.set(name, text);
    at += 46 + nameLength;
  }
  return files;
}

async function* batches(...all: Row[][]) {
  yield* all;
}

describe('zip', () => {
  it('gives back what was put in, in order', async () => {
    const long = 'abc'.repeat(100_000);
    const files = unzip(
      await bytesOf(
        zip([
          { name: 'a.txt', pieces: ['x', 'y'] },
          { name: 'ü/b.txt', pieces: [long] },
          { name: 'empty', pieces: [] },
        ]),
      ),
    );
    expect([...files]).toEqual([
      ['a.txt', 'xy'],
      ['ü/b.txt', long],
      ['empty', ''],
    ]);
  });

  it('fails with what its pieces throw', async () => {
    async function* broken() {
      yield 'x';
      throw new Error('the database went away');
    }
    await expect(bytesOf(zip([{ name: 'a', pieces: broken() }]))).rejects.toThrow('the database went away');
  });
});

describe('xlsx', () => {
  const columns = [
    column('id', 'bigint'),
    column('note', 'text'),
    column('amount', 'decimal'),
    column('day', 'date'),
    column('at', 'timestamp'),
    column('ok', 'boolean'),
  ];
  const sheetOf = async (...rows: Row[][]) =>
    unzip(await bytesOf(xlsx(columns, batches(...rows)))).get('xl/worksheets/sheet1.xml') ?? '';

  it('has the parts of a workbook', async () => {
    const files = unzip(await bytesOf(xlsx(columns, batches([['1', 'a', '1', null, null, null]]))));
    expect([...files.keys()].sort()).toEqual(
      [
        '[Content_Types].xml',
        '_rels/.rels',
        'xl/_rels/workbook.xml.rels',
        'xl/styles.xml',
        'xl/workbook.xml',
        'xl/worksheets/sheet1.xml',
      ].sort(),
    );
    expect(files.get('xl/workbook.xml')).toContain('<sheet name="Result" sheetId="1" r:id="rId1"/>');
  });

  it('keeps values exact: numbers where a double holds them, real dates, text for the rest', async () => {
    const sheet = await sheetOf(
      [['9007199254740993', '=1+1', '12.50', '2026-01-02', '2026-01-02T12:00:00', true]],
      [['7', '<&>', '0.12345678901234567', '1850-01-01', '2026-01-02T12:00:00.123456', null]],
    );
    const text = (value: string) => `<c t="inlineStr"><is><t xml:space="preserve">${value}</t></is></c>`;
    expect(sheet).toContain(
      `<row>${text('9007199254740993')}${text('=1+1')}<c><v>12.5</v></c><c s="1"><v>46024</v></c><c s="2"><v>46024.5</v></c><c t="b"><v>1</v></c></row>`,
    );
    expect(sheet).toContain(
      `<row><c><v>7</v></c>${text('&lt;&amp;&gt;')}${text('0.12345678901234567')}${text('1850-01-01')}${text('2026-01-02T12:00:00.123456')}<c/></row>`,
    );
  });

  it('writes what XML cannot hold, and says where a text is cut', async () => {
    const sheet = await sheetOf(
      [[null, 'a\u0000b\r_x0041_\ud800', null, null, null, null]],
      [[null, 'x'.repeat(40_000), null, null, null, null]],
    );
    expect(sheet).toContain('a_x0000_b_x000D__x005F_x0041__xD800_');
    expect(sheet).toContain('[cut: longer than a cell can be]');
  });

  it('is whole without rows', async () => {
    const files = unzip(await bytesOf(xlsx(columns, batches())));
    expect(files.get('xl/worksheets/sheet1.xml')?.match(/<row>/g)).toHaveLength(1);
    expect(files.has('xl/worksheets/sheet2.xml')).toBe(false);
  });

  it('goes on in a second sheet where one is full', async () => {
    const row: Row = ['1', 'a', null, null, null, null];
    const batch = Array.from({ length: 524_288 }, () => row);
    const files = unzip(await bytesOf(xlsx([column('id', 'bigint')], batches(batch, batch))));
    const count = (name: string) => files.get(name)?.match(/<row>/g)?.length;
    expect(count('xl/worksheets/sheet1.xml')).toBe(1_048_576);
    expect(count('xl/worksheets/sheet2.xml')).toBe(2);
  });

  it('closes its source when its reader leaves', async () => {
    let closed = false;
    async function* endless() {
      try {
        for (;;) yield Array.from({ length: 1_000 }, (): Row => ['1']);
      } finally {
        closed = true;
      }
    }
    for await (const chunk of xlsx([column('id', 'bigint')], endless())) {
      if (chunk.length > 200) break;
    }
    await expect.poll(() => closed).toBe(true);
  });
});
