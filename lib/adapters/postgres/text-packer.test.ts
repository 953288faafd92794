import { describe, expect, it } from 'vitest';
import { TextPacker } from './text-packer';
import { valueType } from './types';

const OID = {
  bool: 16,
  bytea: 17,
  text: 25,
  date: 1082,
  timestamp: 1114,
  timestamptz: 1184,
  int4: 23,
  intArray: 1007,
  json: 114,
  timetz: 1266,
};

function pack(oids: number[], lines: string[]): (string | null)[][] {
  const types = oids.map((oid) => {
    const type = valueType(oid, -1, new Map());
    if (!type) throw new Error(`no type ${oid}`);
    return type;
  });
  const packer = new TextPacker(types);
  for (const line of lines) packer.append(Buffer.from(`${line}\n`));
  const { rowCount, bytes, ends } = packer.take();
  let start = 0;
  let field = 0;
  return Array.from({ length: rowCount }, () =>
    oids.map(() => {
      const end = ends[field++] as number;
      if (end < 0) return null;
      const text = Buffer.from(bytes.subarray(start, end)).toString();
      start = end;
      return text;
    }),
  );
}

describe('TextPacker', () => {
  it('reads the escapes of COPY and tells NULL from the text \\N', () => {
    expect(pack([OID.text, OID.text, OID.text], ['a\\tb\\nc\\\\d\\re\t\\N\t\\\\N', '\t☃\\\\\t\\b\\f\\v'])).toEqual([
      ['a\tb\nc\\d\re', null, '\\N'],
      ['', '☃\\', '\b\f\v'],
    ]);
  });

  it('gives exact forms: booleans, ISO dates, base64, arrays as JSON', () => {
    const oids = [OID.bool, OID.timestamp, OID.timestamptz, OID.bytea, OID.intArray, OID.int4, OID.json];
    expect(
      pack(oids, [
        't\t2026-01-02 03:04:05.123456\t2026-01-02 03:04:05+00\t\\\\x00ff10\t{1,NULL,3}\t-7\t{"a": 9007199254740993}',
        'f\tinfinity\t2026-01-02 03:04:05.5+00\t\\\\x\t{}\t0\t[]',
        '\\N\t0044-03-15 10:00:00 BC\t-infinity\t\\N\t\\N\t\\N\t\\N',
      ]),
    ).toEqual([
      ['true', '2026-01-02T03:04:05.123456', '2026-01-02T03:04:05Z', 'AP8Q', '["1",null,"3"]', '-7', '{"a": 9007199254740993}'],
      ['false', 'infinity', '2026-01-02T03:04:05.5Z', '', '[]', '0', '[]'],
      [null, '-0043-03-15T10:00:00', '-infinity', null, null, null, null],
    ]);
  });

  it('grows with what it is given, and a taken batch stays as it is while the next is packed', () => {
    const types = [OID.text].map((oid) => valueType(oid, -1, new Map())).filter((type) => type !== null);
    const packer = new TextPacker(types);
    const long = 'x'.repeat(300_000);
    packer.append(Buffer.from(`${long}\n`));
    const first = packer.take();
    for (let i = 0; i < 20_000; i += 1) packer.append(Buffer.from(`${i}\n`));
    expect(Buffer.from(first.bytes).toString()).toBe(long);
    const second = packer.take();
    expect(second.rowCount).toBe(20_000);
    expect(second.ends).toHaveLength(20_000);
    expect(Buffer.from(second.bytes.subarray(0, 10)).toString()).toBe('0123456789');
  });
});
