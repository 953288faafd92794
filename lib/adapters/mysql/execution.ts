import type { Row, TextBatch } from '../contract';
import type { Parameter } from './parameters';
import { executePayload } from './parameters';
import type { RowSink } from './rows';
import {
  affectedRows,
  COM,
  type Command,
  columnCount,
  type Field,
  isEof,
  isError,
  isOk,
  type Packet,
  ProtocolError,
  readError,
  readField,
  send,
  textCommand,
  type Wire,
} from './wire';

export interface ExecutionPlan {
  text: string;
  params: Parameter[];
  /** Anything but a write must give columns, or it is refused before it runs. */
  write: boolean;
  extended: boolean;
}

/** The statement gives no rows, so it isn't a query: refused between its preparation and its execution. */
export class NoResultError extends Error {}

/** Above this many bytes of unread rows the socket is not read any further. */
const HIGH_WATER_BYTES = 500_000;

/**
 * One statement, always as a prepared one (binary protocol). The server itself refuses a text of two statements while preparing, and
 * says before anything runs whether it gives columns: what gives none (DDL, GRANT, SET, CALL, COMMIT, INTO OUTFILE, LOCK, KILL, …) is
 * refused there, whatever our parser thought of it. Rows go to a sink: cells for a grid, packed text for a file.
 */
export class Execution<B extends Row[] | TextBatch> implements Command {
  error: unknown = null;
  affectedRows = 0;
  readonly described: Promise<Field[]>;
  /** Resolves when the server is ready for the next one, or the connection is gone. Never rejects. */
  readonly finished: Promise<void>;

  private next: (packet: Packet) => boolean = () => false;
  private wire: Wire | null = null;
  private statementId = -1;
  private toSkip = 0;
  private columns = 0;
  private fields: Field[] = [];
  private preparedFields: Field[] = [];
  private sink: RowSink<B> | null = null;
  private paused = false;
  private allRows = false;
  private discarding = false;
  private ended = false;
  private wakeUp: (() => void) | null = null;
  private wakeScheduled = false;
  private resolveFields: (fields: Field[]) => void = () => {};
  private rejectFields: (error: unknown) => void = () => {};
  private complete: () => void = () => {};

  constructor(
    private readonly plan: ExecutionPlan,
    private readonly sinkFor: (fields: Field[]) => RowSink<B>,
    private readonly onRow: (bytes: number) => boolean,
  ) {
    this.described = new Promise((resolve, reject) => {
      this.resolveFields = resolve;
      this.rejectFields = reject;
    });
    this.described.catch(() => {}); // whoever awaits it sees the error; nobody has to
    this.finished = new Promise((resolve) => {
      this.complete = resolve;
    });
  }

  /** True while the server still works on it. */
  get running(): boolean {
    return !this.ended && !this.allRows && this.error === null;
  }

  /** The next rows, or null after the last. @throws what the server or the socket reported */
  async read(): Promise<B | null> {
    for (;;) {
      const batch = this.sink?.take() ?? null;
      if (batch !== null) {
        this.resume();
        return batch;
      }
      if (this.error !== null) throw this.error;
      if (this.allRows || this.ended) return null;
      await new Promise<void>((resolve) => {
        this.wakeUp = resolve;
      });
    }
  }

  /** Takes no more rows. What still comes is thrown away; the caller cancels it if that takes long. */
  discard(): void {
    this.discarding = true;
    this.sink?.take();
    this.resume();
  }

  // ------------------------------------------------------------ called by mysql2's connection

  execute(packet: Packet | undefined, wire: Wire): boolean {
    if (!packet) {
      this.wire = wire;
      this.next = this.prepared;
      send(wire, textCommand(COM.prepare, this.plan.text));
      return false;
    }
    if (isError(packet)) {
      this.fail(readError(packet));
      return this.end();
    }
    return this.next(packet);
  }

  onResult(error: unknown): void {
    this.fail(error);
    this.statementId = -1;
    this.end();
  }

  /** COM_STMT_PREPARE's answer: how many definitions of parameters and columns follow, each group with an EOF behind it. */
  private readonly prepared = ({ buffer, start }: Packet): boolean => {
    this.statementId = buffer.readUInt32LE(start + 5);
    this.columns = buffer.readUInt16LE(start + 9);
    const params = buffer.readUInt16LE(start + 11);
    this.toSkip = params > 0 ? params + 1 : 0;
    if (params !== this.plan.params.length) {
      this.fail(new NoResultError(`it takes ${params} parameters, and ${this.plan.params.length} were given`));
    }
    this.next = this.preparedParameter;
    return this.toSkip === 0 ? this.parametersAreIn() : false;
  };

  private readonly preparedParameter = (): boolean => {
    this.toSkip -= 1;
    return this.toSkip === 0 ? this.parametersAreIn() : false;
  };

  private parametersAreIn(): boolean {
    if (this.columns === 0) return this.start();
    this.next = this.preparedDefinition;
    return false;
  }

  private readonly preparedDefinition = (packet: Packet): boolean => {
    if (this.preparedFields.length < this.columns) {
      this.preparedFields.push(readField(packet, this.plan.extended));
      return false;
    }
    return this.start();
  };

  private start(): boolean {
    if (this.error !== null) return this.end();
    const refusal = this.refusal();
    if (refusal !== null) {
      this.fail(new NoResultError(refusal));
      return this.end();
    }
    if (this.discarding || this.wire === null) return this.end();
    this.next = this.header;
    send(this.wire, executePayload(this.statementId, this.plan.params));
    return false;
  }

  private refusal(): string | null {
    if (this.plan.write) return null;
    if (this.columns === 0 && !REPORTS.test(this.plan.text)) return 'it gives no rows';
    const names = this.preparedFields.map(({ name }) => name).join();
    return names === MAINTENANCE && this.preparedFields[0]?.table === '' ? 'it maintains tables' : null;
  }

  private readonly header = (packet: Packet): boolean => {
    if (isOk(packet)) {
      this.affectedRows = affectedRows(packet);
      this.resolveFields([]);
      this.allRows = true;
      return this.end();
    }
    this.columns = columnCount(packet);
    this.next = this.definition;
    return false;
  };

  private readonly definition = (packet: Packet): boolean => {
    if (this.fields.length < this.columns) {
      this.fields.push(readField(packet, this.plan.extended));
      return false;
    }
    if (!isEof(packet)) throw new ProtocolError('a row came before the end of the column definitions');
    this.sink = this.sinkFor(this.fields);
    this.next = this.row;
    this.resolveFields(this.fields);
    return false;
  };

  private readonly row = (packet: Packet): boolean => {
    if (isEof(packet)) {
      this.allRows = true;
      return this.end();
    }
    if (this.discarding || this.sink === null) return false;
    if (!this.onRow(packet.end - packet.start)) {
      this.discarding = true;
      this.allRows = true;
      this.wake();
      return false;
    }
    this.sink.append(packet.buffer, packet.start + 4, packet.end);
    // A write is read by nobody before it's committed, and it must come to its end for that.
    if (this.sink.size > HIGH_WATER_BYTES && !this.paused && !this.plan.write) {
      this.paused = true;
      this.wire?.stream.pause();
    }
    this.wakeSoon();
    return false;
  };

  // ------------------------------------------------------------

  private resume(): void {
    if (!this.paused) return;
    this.paused = false;
    this.wire?.stream.resume();
  }

  private fail(error: unknown): void {
    this.error ??= error;
    this.rejectFields(error);
    this.wake();
  }

  /** The server has said its last word; the statement is forgotten there without an answer. */
  private end(): true {
    if (this.ended) return true;
    this.ended = true;
    if (this.statementId >= 0 && this.wire !== null) {
      const payload = Buffer.allocUnsafe(5);
      payload[0] = COM.closeStatement;
      payload.writeUInt32LE(this.statementId, 1);
      send(this.wire, payload);
    }
    this.resume();
    this.resolveFields([]);
    this.complete();
    this.wake();
    return true;
  }

  private wake(): void {
    const { wakeUp } = this;
    this.wakeUp = null;
    wakeUp?.();
  }

  /** Once per chunk of the socket, so that a batch holds what has arrived together. */
  private wakeSoon(): void {
    if (this.wakeScheduled || this.wakeUp === null) return;
    this.wakeScheduled = true;
    setImmediate(() => {
      this.wakeScheduled = false;
      this.wake();
    });
  }
}

/** Statements that report, some of which tell their columns only when they run. Nothing that begins so changes anything. */
const REPORTS = /^(?:\/\* [\w:. -]* \*\/ )?\s*(?:show|explain|describe|desc)\b/i;
/** What ANALYZE, CHECK, OPTIMIZE and REPAIR TABLE answer, which a read-only transaction doesn't stop. */
const MAINTENANCE = 'Table,Op,Msg_type,Msg_text';
