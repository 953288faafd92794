import { pipeline, Readable } from 'node:stream';
import { crc32, createDeflateRaw } from 'node:zlib';
import { QuarryError } from '../kernel/errors';

/** One file of an archive; its content is made while it is written. */
export interface ZipEntry {
  name: string;
  pieces: AsyncIterable<string | Uint8Array> | Iterable<string | Uint8Array>;
}

interface Written {
  name: Buffer;
  crc: number;
  packed: number;
  plain: number;
  offset: number;
}

const MAX = 0xffff_ffff;
/** General purpose bits: sizes follow the data (3), names are UTF-8 (11). */
const FLAGS = 0x0808;
const DEFLATED = 8;
const VERSION = 20;
/** 1 January 1980, 00:00: the format's first moment, so that equal content gives equal bytes. */
const DATE = 0x0021;

/**
 * A ZIP archive as it is made: nothing but the directory is kept. By PKWARE's APPNOTE 6.3.10, sections 4.3.7 to 4.3.16, without
 * ZIP64, hence below 4 GiB.
 * @param entries in the order in which they are written; the generator may go on deciding while earlier ones are read
 * @throws QuarryError query.failed beyond 4 GiB; whatever the pieces throw
 */
export async function* zip(entries: AsyncIterable<ZipEntry> | Iterable<ZipEntry>): AsyncGenerator<Uint8Array> {
  const directory: Written[] = [];
  let offset = 0;
  for await (const entry of entries) {
    const written: Written = { name: Buffer.from(entry.name), crc: 0, packed: 0, plain: 0, offset };
    const head = localHeader(written);
    yield head;
    for await (const chunk of deflate(entry.pieces, written)) yield chunk;
    const tail = dataDescriptor(written);
    yield tail;
    offset += head.length + written.packed + tail.length;
    directory.push(written);
    if (offset > MAX || written.plain > MAX) throw tooBig();
  }
  const records = Buffer.concat(directory.map(directoryRecord));
  if (offset + records.length > MAX) throw tooBig();
  yield records;
  yield endRecord(directory.length, records.length, offset);
}

async function* deflate(pieces: ZipEntry['pieces'], written: Written): AsyncGenerator<Uint8Array> {
  async function* bytes() {
    for await (const piece of pieces) {
      const plain = typeof piece === 'string' ? Buffer.from(piece) : piece;
      written.crc = crc32(plain, written.crc);
      written.plain += plain.length;
      yield plain;
    }
  }
  const packer = createDeflateRaw({ level: 1, chunkSize: 1 << 17 });
  // The callback is pipeline's; errors come out of the loop below.
  pipeline(Readable.from(bytes(), { objectMode: true, highWaterMark: 1 }), packer, () => {});
  for await (const chunk of packer) {
    written.packed += (chunk as Buffer).length;
    yield chunk as Buffer;
  }
}

function localHeader({ name }: Written): Buffer {
  const head = Buffer.alloc(30);
  head.writeUInt32LE(0x04034b50, 0);
  head.writeUInt16LE(VERSION, 4);
  head.writeUInt16LE(FLAGS, 6);
  head.writeUInt16LE(DEFLATED, 8);
  head.writeUInt16LE(DATE, 12);
  head.writeUInt16LE(name.length, 26);
  return Buffer.concat([head, name]);
}

function dataDescriptor({ crc, packed, plain }: Written): Buffer {
  if (packed > MAX || plain > MAX) throw tooBig();
  const tail = Buffer.alloc(16);
  tail.writeUInt32LE(0x08074b50, 0);
  tail.writeUInt32LE(crc, 4);
  tail.writeUInt32LE(packed, 8);
  tail.writeUInt32LE(plain, 12);
  return tail;
}

function directoryRecord({ name, crc, packed, plain, offset }: Written): Buffer {
  const record = Buffer.alloc(46);
  record.writeUInt32LE(0x02014b50, 0);
  record.writeUInt16LE(VERSION, 4);
  record.writeUInt16LE(VERSION, 6);
  record.writeUInt16LE(FLAGS, 8);
  record.writeUInt16LE(DEFLATED, 10);
  record.writeUInt16LE(DATE, 14);
  record.writeUInt32LE(crc, 16);
  record.writeUInt32LE(packed, 20);
  record.writeUInt32LE(plain, 24);
  record.writeUInt16LE(name.length, 28);
  record.writeUInt32LE(offset, 42);
  return Buffer.concat([record, name]);
}

function endRecord(count: number, size: number, offset: number): Buffer {
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(count, 8);
  end.writeUInt16LE(count, 10);
  end.writeUInt32LE(size, 12);
  end.writeUInt32LE(offset, 16);
  return end;
}

function tooBig(): QuarryError {
  return new QuarryError(
    'query.failed',
    'The file would be larger than 4 GiB, which this format cannot hold. Export as CSV instead.',
    {
      stage: 'format',
    },
  );
}
