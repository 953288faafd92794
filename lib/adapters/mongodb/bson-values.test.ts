import { BSON, Code, DBRef, Long } from 'mongodb';
import { describe, expect, it } from 'vitest';
import { BsonType, dateText, endOfValue, jsonCell } from './bson-values';

const read = (document: Record<string, unknown>) => jsonCell(Buffer.from(BSON.serialize(document)), BsonType.object, 0);
const date = (millis: bigint) => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(millis);
  return dateText(bytes, 0);
};

describe('values of BSON', () => {
  it('gives dates beyond what JavaScript can hold', () => {
    expect(date(0n)).toBe('1970-01-01T00:00:00.000Z');
    expect(date(-62_135_596_800_000n)).toBe('0001-01-01T00:00:00.000Z');
    expect(date(8_640_000_000_000_000n)).toBe('+275760-09-13T00:00:00.000Z');
    expect(date(8_640_000_000_000_001n)).toBe('+275760-09-13T00:00:00.001Z');
    expect(date(-8_640_000_000_000_001n)).toBe('-271821-04-19T23:59:59.999Z');
    // Independently: Java's Instant.ofEpochMilli(Long.MAX_VALUE) and MIN_VALUE.
    expect(date(9_223_372_036_854_775_807n)).toBe('+292278994-08-17T07:12:55.807Z');
    expect(date(-9_223_372_036_854_775_808n)).toBe('-292275055-05-16T16:47:04.192Z');
  });

  it('keeps keys that mean something to JavaScript as keys', () => {
    const cell = read({ ['__proto__']: { polluted: true }, constructor: 1 }) as Record<string, unknown>;
    expect(Object.keys(cell)).toEqual(['__proto__', 'constructor']);
    expect((cell as { polluted?: unknown }).polluted).toBeUndefined();
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  it('keeps whole numbers that a double would bend as text', () => {
    expect(read({ a: Long.fromString('9007199254740991'), b: Long.fromString('9007199254740993') })).toEqual({
      a: 9007199254740991,
      b: '9007199254740993',
    });
  });

  it('has a form for what is rare', () => {
    expect(read({ code: new Code('f()'), scoped: new Code('g()', { a: 1 }), ref: new DBRef('other', 5 as never) })).toEqual({
      code: 'f()',
      scoped: 'g()',
      ref: { $ref: 'other', $id: 5 },
    });
  });

  it('refuses a type that does not exist', () => {
    expect(() => endOfValue(Buffer.alloc(4), 0x55, 0)).toThrow(/no type 85/);
  });
});
