import { promisify } from 'node:util';
import { deflateRaw, inflateRaw } from 'node:zlib';

/** First byte of what is stored: another version's bytes are a miss, not a misreading. */
const VERSION = 0x01;
const PLAIN = 0x00;
const DEFLATED = 0x01;
/**
 * From here on compressing pays: rows shrink to about a quarter, in 0.4 ms at 14 KB and 10 ms at 700 KB, beside the event loop
 * (measured with 8 columns of mixed types; below this the thread's round trip costs more than the bytes).
 */
const COMPRESS_FROM_BYTES = 8_192;
/** Bytes from outside can't make this process unpack more. */
const MOST_UNPACKED_BYTES = 256 * 1024 * 1024;

const deflate = promisify(deflateRaw);
const inflate = promisify(inflateRaw);

/** Text as bytes to be stored, compressed when that pays. */
export async function pack(text: string): Promise<Buffer> {
  const plain = Buffer.from(text, 'utf8');
  if (plain.length < COMPRESS_FROM_BYTES) return Buffer.concat([Buffer.of(VERSION, PLAIN), plain]);
  return Buffer.concat([Buffer.of(VERSION, DEFLATED), await deflate(plain, { level: 1 })]);
}

/** The text again; undefined when the bytes are none of this version's. */
export async function unpack(bytes: Buffer): Promise<string | undefined> {
  if (bytes[0] !== VERSION) return undefined;
  const rest = bytes.subarray(2);
  if (bytes[1] === PLAIN) return rest.toString('utf8');
  if (bytes[1] !== DEFLATED) return undefined;
  try {
    return (await inflate(rest, { maxOutputLength: MOST_UNPACKED_BYTES })).toString('utf8');
  } catch {
    return undefined;
  }
}
