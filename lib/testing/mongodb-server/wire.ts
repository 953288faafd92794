/** MongoDB's wire protocol: OP_MSG, and OP_QUERY for the first greeting. */
import { decode, decodeCommand, type Encoded, encode } from './codec';
import { type Doc, failedToParse, type Value } from './values';

const OP_REPLY = 1;
const OP_QUERY = 2004;
const OP_MSG = 2013;
export const MAX_MESSAGE = 48_000_000;

export interface Request {
  id: number;
  legacy: boolean;
  command: Doc;
  /** Documents of an insert, from the body or from a sequence. */
  documents: Buffer[];
  database: string;
  /** The client doesn't want an answer. */
  silent: boolean;
}

export type Reply = ReadonlyMap<string, Value | Encoded>;

/** Cuts a stream of bytes into messages. */
export class Framer {
  private parts: Buffer[] = [];
  private size = 0;

  /** @throws when a message says that it is longer than allowed */
  *push(chunk: Buffer): Generator<Buffer> {
    this.parts.push(chunk);
    this.size += chunk.length;
    while (this.size >= 4) {
      const length = this.head().readInt32LE(0);
      if (length < 16 || length > MAX_MESSAGE) throw failedToParse(`message of ${length} bytes`);
      if (this.size < length) return;
      const all = this.parts.length === 1 ? (this.parts[0] ?? chunk) : Buffer.concat(this.parts);
      this.parts = all.length > length ? [all.subarray(length)] : [];
      this.size = all.length - length;
      yield all.subarray(0, length);
    }
  }

  private head(): Buffer {
    const [first] = this.parts;
    if (first && first.length >= 4) return first;
    const joined = Buffer.concat(this.parts);
    this.parts = [joined];
    return joined;
  }
}

export function parseRequest(message: Buffer): Request {
  const id = message.readInt32LE(4);
  const code = message.readInt32LE(12);
  if (code === OP_QUERY) return parseQuery(message, id);
  if (code !== OP_MSG) throw failedToParse(`opcode ${code} is not available on this test server`);
  const flags = message.readUInt32LE(16);
  const end = message.length - (flags & 1 ? 4 : 0);
  let at = 20;
  let body: { command: Doc; documents: Buffer[] } | null = null;
  const sequences: [string, Buffer[]][] = [];
  while (at < end) {
    const kind = message[at++];
    const length = message.readInt32LE(at);
    if (length < 4 || at + length > end) throw failedToParse('section beyond the message');
    const section = message.subarray(at, at + length);
    at += length;
    if (kind === 0) body = decodeCommand(section);
    else if (kind === 1) sequences.push(parseSequence(section));
    else throw failedToParse(`section of kind ${kind}`);
  }
  if (!body) throw failedToParse('message without a body');
  for (const [name, documents] of sequences) {
    if (name === 'documents') body.documents = documents;
    else body.command.set(name, documents.map(decode));
  }
  const database = body.command.get('$db');
  return { id, legacy: false, ...body, database: typeof database === 'string' ? database : 'admin', silent: (flags & 2) !== 0 };
}

function parseSequence(section: Buffer): [string, Buffer[]] {
  const nameEnd = section.indexOf(0, 4);
  const documents: Buffer[] = [];
  for (let at = nameEnd + 1; at < section.length; ) {
    const length = section.readInt32LE(at);
    if (length < 5 || at + length > section.length) throw failedToParse('document beyond its sequence');
    documents.push(section.subarray(at, at + length));
    at += length;
  }
  return [section.toString('utf8', 4, nameEnd), documents];
}

function parseQuery(message: Buffer, id: number): Request {
  const end = message.indexOf(0, 20);
  const [database = 'admin'] = message.toString('utf8', 20, end).split('.');
  return { id, legacy: true, command: decode(message.subarray(end + 9)), documents: [], database, silent: false };
}

let replies = 0;

export function writeReply(request: Pick<Request, 'id' | 'legacy'>, reply: Reply): Buffer {
  const body = encode(reply);
  const head = Buffer.alloc(request.legacy ? 36 : 21);
  head.writeInt32LE(head.length + body.length, 0);
  replies = (replies + 1) | 0;
  head.writeInt32LE(replies, 4);
  head.writeInt32LE(request.id, 8);
  head.writeInt32LE(request.legacy ? OP_REPLY : OP_MSG, 12);
  if (request.legacy) {
    head.writeInt32LE(8, 16);
    head.writeInt32LE(1, 32);
  }
  return Buffer.concat([head, body]);
}
