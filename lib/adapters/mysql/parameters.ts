import { COM } from './wire';

/** A bound value as it travels: its type and its bytes. Null travels as a bit. */
export interface Parameter {
  type: number;
  bytes: Uint8Array | null;
}

/** MYSQL_TYPE_* of the values that are sent. */
const TYPE = { tiny: 0x01, null: 0x06, longlong: 0x08, newdecimal: 0xf6, blob: 0xfc, varString: 0xfd } as const;
const MIN_LONG = -(2n ** 63n);
const MAX_LONG = 2n ** 63n - 1n;

/**
 * A value to bind. Whole numbers travel as 64 bits and other numbers as decimal text, so that the server compares exactly; dates as UTC;
 * objects and arrays as JSON.
 */
export function toParameter(value: unknown): Parameter {
  if (value === null || value === undefined) return { type: TYPE.null, bytes: null };
  if (typeof value === 'boolean') return { type: TYPE.tiny, bytes: Uint8Array.of(value ? 1 : 0) };
  if (typeof value === 'bigint') return wholeNumber(value);
  if (typeof value === 'number') {
    if (Number.isSafeInteger(value)) return wholeNumber(BigInt(value));
    return Number.isFinite(value) ? lengthEncoded(TYPE.newdecimal, String(value)) : lengthEncoded(TYPE.varString, String(value));
  }
  if (typeof value === 'string') return lengthEncoded(TYPE.varString, value);
  if (value instanceof Date) return lengthEncoded(TYPE.varString, value.toISOString().replace('T', ' ').replace('Z', ''));
  if (value instanceof Uint8Array) return lengthEncoded(TYPE.blob, value);
  return lengthEncoded(TYPE.varString, JSON.stringify(value));
}

function wholeNumber(value: bigint): Parameter {
  if (value < MIN_LONG || value > MAX_LONG) return lengthEncoded(TYPE.newdecimal, String(value));
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeBigInt64LE(value);
  return { type: TYPE.longlong, bytes };
}

function lengthEncoded(type: number, value: string | Uint8Array): Parameter {
  const content = typeof value === 'string' ? Buffer.from(value) : value;
  return { type, bytes: Buffer.concat([lengthPrefix(content.length), content]) };
}

function lengthPrefix(length: number): Buffer {
  if (length < 0xfb) return Buffer.of(length);
  const wide = length > 0xffff;
  const prefix = Buffer.allocUnsafe(wide ? 4 : 3);
  prefix[0] = wide ? 0xfd : 0xfc;
  prefix.writeUIntLE(length, 1, wide ? 3 : 2);
  return prefix;
}

/** COM_STMT_EXECUTE: no cursor, one round, a bit for every NULL, then types and values. */
export function executePayload(statementId: number, params: readonly Parameter[]): Buffer {
  const head = Buffer.alloc(10);
  head[0] = COM.execute;
  head.writeUInt32LE(statementId, 1);
  head.writeUInt32LE(1, 6); // byte 5 is the kind of cursor: none
  if (params.length === 0) return head;
  const nulls = Buffer.alloc((params.length + 7) >> 3);
  params.forEach(({ bytes }, index) => {
    if (bytes === null) nulls[index >> 3] = (nulls[index >> 3] as number) | (1 << (index & 7));
  });
  const types = Buffer.from(params.flatMap(({ type }) => [type, 0]));
  return Buffer.concat([head, nulls, Buffer.of(1), types, ...params.flatMap(({ bytes }) => (bytes === null ? [] : [bytes]))]);
}
