import type { Duplex } from 'node:stream';

/**
 * The client/server protocol of MySQL and MariaDB (MySQL internals manual, "Client/Server Protocol"), as far as Quarry speaks it
 * itself. mysql2 connects, authenticates and cuts the stream into packets; statements are Quarry's own commands, so that every value
 * is read exactly and nothing but a prepared statement is ever sent for a user.
 */

/** One packet as mysql2 hands it over: the payload is `buffer` from `start + 4` to `end`. Valid during the call only. */
export interface Packet {
  buffer: Buffer;
  start: number;
  end: number;
}

/** What of mysql2's connection is used below its published types. */
export interface Wire {
  stream: Duplex;
  sequenceId: number;
  packetParser: { execute(data: Buffer): void };
  _mariadbExtendedMetadata: boolean;
  addCommand(command: Command): void;
  write(buffer: Buffer): void;
  startTLS(onSecure: (error?: Error) => void): void;
  end(done: () => void): void;
  on(event: 'error' | 'end' | 'connect', listener: (error: Error) => void): void;
}

/** Something to say to the server, and what to make of its answers. mysql2 runs them one after the other. */
export interface Command {
  /** Called without a packet to begin, then for each packet. @returns true when the server has said its last word */
  execute(packet: Packet | undefined, wire: Wire): boolean;
  /** The connection is gone. */
  onResult(error: unknown): void;
}

export const COM = { query: 0x03, prepare: 0x16, execute: 0x17, closeStatement: 0x19, reset: 0x1f } as const;

const OK = 0x00;
const ERR = 0xff;
const EOF = 0xfe;
const LOCAL_INFILE = 0xfb;
/** Longer payloads take several packets, which no statement of a person needs. */
export const MAX_PAYLOAD_BYTES = 0xfffffe;

/** Sends a command; the answer's packets count on from 1. */
export function send(wire: Wire, payload: Uint8Array): void {
  const packet = Buffer.allocUnsafe(4 + payload.length);
  packet.writeUIntLE(payload.length, 0, 3);
  packet[3] = 0;
  packet.set(payload, 4);
  wire.sequenceId = 1;
  wire.write(packet);
}

export function textCommand(code: number, text: string): Buffer {
  const payload = Buffer.allocUnsafe(1 + Buffer.byteLength(text));
  payload[0] = code;
  payload.write(text, 1, 'utf8');
  return payload;
}

/** An error that the server reported. */
export class ServerError extends Error {
  constructor(
    readonly errno: number,
    readonly sqlState: string,
    message: string,
  ) {
    super(message);
  }
}

/** The server says something that it may not say here. */
export class ProtocolError extends Error {}

export function isError({ buffer, start }: Packet): boolean {
  return buffer[start + 4] === ERR;
}

export function readError({ buffer, start, end }: Packet): ServerError {
  const errno = buffer.readUInt16LE(start + 5);
  const hasState = buffer[start + 7] === 0x23; // '#'
  const state = hasState ? buffer.toString('latin1', start + 8, start + 13) : 'HY000';
  return new ServerError(errno, state, buffer.toString('utf8', start + (hasState ? 13 : 7), end));
}

export function isOk({ buffer, start }: Packet): boolean {
  return buffer[start + 4] === OK;
}

export function isEof({ buffer, start, end }: Packet): boolean {
  return buffer[start + 4] === EOF && end - start < 13;
}

/** Rows that an OK packet says were affected. */
export function affectedRows({ buffer, start }: Packet): number {
  return new Reader(buffer, start + 5).length();
}

/** The number of columns that follow. @throws ProtocolError when the server asks for a file of ours (LOCAL INFILE) instead */
export function columnCount({ buffer, start }: Packet): number {
  if (buffer[start + 4] === LOCAL_INFILE) throw new ProtocolError('the server asked for a local file');
  return new Reader(buffer, start + 4).length();
}

/** Reads forward through a packet. */
export class Reader {
  constructor(
    readonly buffer: Buffer,
    public at: number,
  ) {}

  /** A length-encoded number. Never one beyond 2^53: there are no such lengths. */
  length(): number {
    const first = this.buffer[this.at] as number;
    this.at += 1;
    if (first < 0xfb) return first;
    const bytes = first === 0xfc ? 2 : first === 0xfd ? 3 : 8;
    const value = bytes === 8 ? Number(this.buffer.readBigUInt64LE(this.at)) : this.buffer.readUIntLE(this.at, bytes);
    this.at += bytes;
    return value;
  }

  /** A length-encoded text. */
  text(): string {
    const length = this.length();
    const start = this.at;
    this.at += length;
    return this.buffer.toString('utf8', start, this.at);
  }

  skipText(): void {
    const length = this.length();
    this.at += length;
  }
}

/** A column as the server describes it. */
export interface Field {
  name: string;
  /** The table it really comes from, empty for an expression. */
  table: string;
  /** MYSQL_TYPE_* */
  type: number;
  flags: number;
  /** Collation number; 63 is binary. */
  charset: number;
  /** Bytes at most, or digits to show. */
  length: number;
  /** Digits after the point, or of seconds; 31 when that is open. */
  decimals: number;
  /** MariaDB's own name of a type that travels as text ("uuid", "inet6"), and of a format ("json"). */
  extendedType: string;
  extendedFormat: string;
}

/** A column definition (protocol 4.1). @param extended whether MariaDB's extended metadata was agreed on */
export function readField({ buffer, start, end }: Packet, extended: boolean): Field {
  const reader = new Reader(buffer, start + 4);
  reader.skipText(); // catalogue
  reader.skipText(); // schema
  reader.skipText(); // alias of the table
  const table = reader.text();
  const name = reader.text();
  reader.skipText(); // name in the table
  const { extendedType, extendedFormat } = extended ? readExtended(reader) : NOT_EXTENDED;
  const at = reader.at + 1;
  if (at + 10 > end) throw new ProtocolError('a column definition is cut short');
  return {
    name,
    table,
    charset: buffer.readUInt16LE(at),
    length: buffer.readUInt32LE(at + 2),
    type: buffer[at + 6] as number,
    flags: buffer.readUInt16LE(at + 7),
    decimals: buffer[at + 9] as number,
    extendedType,
    extendedFormat,
  };
}

const NOT_EXTENDED = { extendedType: '', extendedFormat: '' };

function readExtended(reader: Reader): { extendedType: string; extendedFormat: string } {
  const found = { ...NOT_EXTENDED };
  const length = reader.length();
  const end = reader.at + length;
  while (reader.at < end) {
    const kind = reader.buffer[reader.at];
    reader.at += 1;
    const value = reader.text();
    if (kind === 0) found.extendedType = value;
    else if (kind === 1) found.extendedFormat = value;
  }
  reader.at = end;
  return found;
}

type TextRow = (string | null)[];

/** The answer to one of Quarry's own statements. */
export interface TextTable {
  names: string[];
  rows: TextRow[];
}

/** One of Quarry's own constant statements, by the text protocol: rows as text, or just OK. */
export class OwnCommand implements Command {
  private readonly table: TextTable = { names: [], rows: [] };
  private columns = -1;
  private seen = 0;

  constructor(
    private readonly payload: Uint8Array,
    private readonly extended: boolean,
    private readonly resolve: (table: TextTable) => void,
    private readonly reject: (error: unknown) => void,
  ) {}

  execute(packet: Packet | undefined, wire: Wire): boolean {
    if (!packet) {
      send(wire, this.payload);
      return false;
    }
    if (isError(packet)) {
      this.reject(readError(packet));
      return true;
    }
    if (this.columns < 0) return this.begin(packet);
    if (this.seen < this.columns) {
      this.table.names.push(readField(packet, this.extended).name);
      this.seen += 1;
      return false;
    }
    if (this.seen === this.columns) {
      this.seen += 1; // the EOF after the definitions
      return false;
    }
    if (isEof(packet)) {
      this.resolve(this.table);
      return true;
    }
    this.table.rows.push(readTextRow(packet, this.columns));
    return false;
  }

  onResult(error: unknown): void {
    this.reject(error);
  }

  private begin(packet: Packet): boolean {
    if (isOk(packet)) {
      this.resolve(this.table);
      return true;
    }
    this.columns = columnCount(packet);
    return false;
  }
}

function readTextRow({ buffer, start }: Packet, columns: number): TextRow {
  const reader = new Reader(buffer, start + 4);
  const row: TextRow = [];
  for (let i = 0; i < columns; i += 1) {
    if (buffer[reader.at] === 0xfb) {
      reader.at += 1;
      row.push(null);
    } else row.push(reader.text());
  }
  return row;
}
