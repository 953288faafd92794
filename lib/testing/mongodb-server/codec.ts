/** BSON to and from memory. Every type survives; invalid UTF-8 is replaced when it is decoded, and kept where bytes pass through. */
import { Decimal } from './decimal';
import {
  Bin,
  CodeValue,
  type Doc,
  FarDate,
  failedToParse,
  Int32,
  Oid,
  Pointer,
  Regex,
  Special,
  Stamp,
  Sym,
  type Value,
} from './values';

const MAX_DATE = 8_640_000_000_000_000n;
const MAX_DEPTH = 200;

class Reader {
  at = 0;
  constructor(readonly bytes: Buffer) {}

  int32(): number {
    this.at += 4;
    return this.bytes.readInt32LE(this.at - 4);
  }
  int64(): bigint {
    this.at += 8;
    return this.bytes.readBigInt64LE(this.at - 8);
  }
  take(length: number): Buffer {
    if (length < 0 || this.at + length > this.bytes.length) throw failedToParse('BSON length is beyond the message');
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }
  cstring(): string {
    const end = this.bytes.indexOf(0, this.at);
    if (end < 0) throw failedToParse('BSON string without an end');
    const text = this.bytes.toString('utf8', this.at, end);
    this.at = end + 1;
    return text;
  }
  string(): string {
    const length = this.int32();
    return this.take(length).toString('utf8', 0, length - 1);
  }

  document(depth: number): Doc {
    const out: Doc = new Map();
    this.elements(depth, (key, value) => out.set(key, value));
    return out;
  }

  private elements(depth: number, each: (key: string, value: Value) => void): void {
    if (depth > MAX_DEPTH) throw failedToParse('BSON is nested too deep');
    const start = this.at;
    const end = start + this.int32();
    if (end > this.bytes.length) throw failedToParse('BSON length is beyond the message');
    for (let type = this.bytes[this.at++]; type !== 0; type = this.bytes[this.at++]) {
      if (type === undefined) throw failedToParse('BSON without an end');
      each(this.cstring(), this.value(type, depth));
    }
  }

  value(type: number, depth: number): Value {
    switch (type) {
      case 0x01:
        this.at += 8;
        return this.bytes.readDoubleLE(this.at - 8);
      case 0x02:
        return this.string();
      case 0x03:
        return this.document(depth + 1);
      case 0x04: {
        const items: Value[] = [];
        this.elements(depth + 1, (_key, value) => items.push(value));
        return items;
      }
      case 0x05: {
        const length = this.int32();
        const subtype = this.take(1)[0] ?? 0;
        return new Bin(subtype, this.take(length));
      }
      case 0x07:
        return new Oid(this.take(12).toString('hex'));
      case 0x08:
        return this.take(1)[0] === 1;
      case 0x09: {
        const ms = this.int64();
        return ms >= -MAX_DATE && ms <= MAX_DATE ? new Date(Number(ms)) : new FarDate(ms);
      }
      case 0x0a:
        return null;
      case 0x0b:
        return new Regex(this.cstring(), this.cstring());
      case 0x0c:
        return new Pointer(this.string(), new Oid(this.take(12).toString('hex')));
      case 0x0d:
        return new CodeValue(this.string());
      case 0x0e:
        return new Sym(this.string());
      case 0x0f:
        this.int32();
        return new CodeValue(this.string(), this.document(depth + 1));
      case 0x10:
        return new Int32(this.int32());
      case 0x11:
        return new Stamp(BigInt.asUintN(64, this.int64()));
      case 0x12:
        return this.int64();
      case 0x13:
        return Decimal.decode(this.take(16));
      case 0x06:
      case 0x7f:
      case 0xff:
        return new Special(type);
      default:
        throw failedToParse(`BSON type ${type} is unknown`);
    }
  }
}

export function decode(bytes: Uint8Array): Doc {
  const buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return new Reader(buffer).document(0);
}

/** A command, with the documents of an insert as bytes instead of decoded. */
export function decodeCommand(bytes: Buffer): { command: Doc; documents: Buffer[] } {
  const reader = new Reader(bytes);
  const command: Doc = new Map();
  const documents: Buffer[] = [];
  reader.at = 4;
  for (let type = bytes[reader.at++]; type; type = bytes[reader.at++]) {
    const key = reader.cstring();
    if (key !== 'documents' || type !== 0x04) {
      command.set(key, reader.value(type, 0));
      continue;
    }
    const list = reader.at;
    const end = list + reader.int32();
    while (bytes[reader.at++] === 0x03) {
      reader.cstring();
      const length = bytes.readInt32LE(reader.at);
      documents.push(reader.take(length));
    }
    reader.at = end;
  }
  return { command, documents };
}

/** The value of `_id` when it is the first field, as drivers write it; undefined otherwise. */
export function leadingId(bytes: Buffer): Value | undefined {
  if (bytes[5] !== 0x5f || bytes[6] !== 0x69 || bytes[7] !== 0x64 || bytes[8] !== 0) return undefined;
  const reader = new Reader(bytes);
  reader.at = 9;
  return reader.value(bytes[4] ?? 0, 0);
}

class Writer {
  private buffer = Buffer.allocUnsafe(4096);
  at = 0;

  room(length: number): Buffer {
    if (this.at + length > this.buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(this.buffer.length * 2, this.at + length));
      this.buffer.copy(larger, 0, 0, this.at);
      this.buffer = larger;
    }
    return this.buffer;
  }
  byte(value: number): void {
    this.room(1)[this.at++] = value;
  }
  int32(value: number): void {
    this.at = this.room(4).writeInt32LE(value, this.at);
  }
  int64(value: bigint): void {
    this.at = this.room(8).writeBigInt64LE(BigInt.asIntN(64, value), this.at);
  }
  double(value: number): void {
    this.at = this.room(8).writeDoubleLE(value, this.at);
  }
  raw(bytes: Uint8Array): void {
    this.room(bytes.length).set(bytes, this.at);
    this.at += bytes.length;
  }
  cstring(text: string): void {
    const length = Buffer.byteLength(text);
    this.room(length + 1).write(text, this.at);
    this.at += length;
    this.byte(0);
  }
  string(text: string): void {
    this.int32(Buffer.byteLength(text) + 1);
    this.cstring(text);
  }
  finish(): Buffer {
    return Buffer.from(this.buffer.subarray(0, this.at));
  }

  document(entries: Iterable<[string, Value | Encoded]>): void {
    const start = this.at;
    this.int32(0);
    for (const [key, value] of entries) this.element(key, value);
    this.byte(0);
    this.room(0).writeInt32LE(this.at - start, start);
  }

  private head(type: number, key: string): void {
    this.byte(type);
    this.cstring(key);
  }

  private element(key: string, value: Value | Encoded): void {
    if (typeof value === 'string') {
      this.head(0x02, key);
      this.string(value);
    } else if (typeof value === 'number') {
      this.head(0x01, key);
      this.double(value);
    } else if (value === null) this.head(0x0a, key);
    else if (typeof value === 'boolean') {
      this.head(0x08, key);
      this.byte(value ? 1 : 0);
    } else if (typeof value === 'bigint') {
      this.head(0x12, key);
      this.int64(value);
    } else if (Array.isArray(value)) {
      this.head(0x04, key);
      this.document(value.map((item, position): [string, Value] => [String(position), item]));
    } else if (value instanceof Map) {
      this.head(0x03, key);
      this.document(value);
    } else this.instance(key, value);
  }

  private instance(
    key: string,
    value: Exclude<Value | Encoded, null | boolean | number | bigint | string | Doc | Value[]>,
  ): void {
    if (value instanceof Int32) {
      this.head(0x10, key);
      this.int32(value.value);
    } else if (value instanceof Date || value instanceof FarDate) {
      this.head(0x09, key);
      this.int64(value instanceof Date ? BigInt(value.getTime()) : value.ms);
    } else if (value instanceof Oid) {
      this.head(0x07, key);
      this.raw(Buffer.from(value.hex, 'hex'));
    } else if (value instanceof Decimal) {
      this.head(0x13, key);
      this.raw(value.encode());
    } else if (value instanceof Bin) {
      this.head(0x05, key);
      this.int32(value.bytes.length);
      this.byte(value.subtype);
      this.raw(value.bytes);
    } else if (value instanceof Regex) {
      this.head(0x0b, key);
      this.cstring(value.pattern);
      this.cstring(value.flags);
    } else if (value instanceof Stamp) {
      this.head(0x11, key);
      this.int64(value.value);
    } else if (value instanceof Special) this.head(value.type, key);
    else if (value instanceof Sym) {
      this.head(0x0e, key);
      this.string(value.text);
    } else if (value instanceof Pointer) {
      this.head(0x0c, key);
      this.string(value.namespace);
      this.raw(Buffer.from(value.id.hex, 'hex'));
    } else if (value instanceof CodeValue) this.code(key, value);
    else {
      this.head(value.array ? 0x04 : 0x03, key);
      if (value.array)
        this.document(value.items.map((item, position): [string, Encoded] => [String(position), new Encoded([item])]));
      else for (const item of value.items) this.raw(item);
    }
  }

  private code(key: string, value: CodeValue): void {
    this.head(value.scope ? 0x0f : 0x0d, key);
    if (!value.scope) {
      this.string(value.code);
      return;
    }
    const start = this.at;
    this.int32(0);
    this.string(value.code);
    this.document(value.scope);
    this.room(0).writeInt32LE(this.at - start, start);
  }
}

/** Documents that are BSON already: one in place of a value, or an array of them. */
export class Encoded {
  constructor(
    readonly items: readonly Uint8Array[],
    readonly array = false,
  ) {}
}

export function encode(value: ReadonlyMap<string, Value | Encoded>): Buffer {
  const writer = new Writer();
  writer.document(value);
  return writer.finish();
}
