import type { Endpoint, Row, TextBatch } from '../contract';
import { endpointOf } from '../endpoint';
import { connectWire, type Target } from './connect';
import { connectError, isLost } from './errors';
import { Execution, type ExecutionPlan } from './execution';
import type { RowSink } from './rows';
import { COM, type Field, OwnCommand, type TextTable, textCommand, type Wire } from './wire';

/** How long a statement may run unless a query asks for something else, so that most need no setting of their own. */
export const SESSION_TIMEOUT_MS = 30_000;
/** After this long without an answer to a KILL QUERY, the connection itself is cut. */
const CANCEL_PATIENCE_MS = 5_000;
/** A result that the reader has left is given this long to end by itself before it is cancelled. */
const DISCARD_PATIENCE_MS = 50;

/** What the connections of one pool share. */
export interface Shared extends Target {
  /** Whether the customer's functions may run, by name as written in the query. */
  functions: Map<string, { refusal: string | null; until: number }>;
  onLost(connection: MysqlConnection): void;
}

/** What a session must know of the statement that it runs. */
interface RunningExecution {
  readonly running: boolean;
  readonly error: unknown;
  readonly finished: Promise<void>;
  discard(): void;
}

type ExecutionRequest = Omit<ExecutionPlan, 'extended'>;

/** One session on a server, with the walls set for reading. */
export class MysqlConnection {
  dead = false;
  /** The server's own id of this session. */
  id = '';
  isMariaDb = false;
  /** Of MySQL from 8.0.13 on: an index may be over an expression. */
  indexesExpressions = false;
  private sqlMode = '';
  private server = '';
  private current: RunningExecution | null = null;
  private used = false;
  private cancelling: Promise<void> | null = null;
  private settling: Promise<boolean> | null = null;

  private constructor(
    private readonly wire: Wire,
    private readonly shared: Shared,
    private readonly endpoint: Endpoint,
  ) {
    const lost = () => {
      if (this.dead) return;
      this.dead = true;
      shared.onLost(this);
    };
    wire.on('error', lost);
    wire.on('end', lost);
    wire.stream.on('close', lost);
  }

  /** @throws QuarryError source.* naming host and port */
  static async open(shared: Shared): Promise<MysqlConnection> {
    const { config, limits } = shared;
    const endpoint = await endpointOf(limits, config.host, config.port);
    let connection: MysqlConnection | null = null;
    try {
      connection = new MysqlConnection(await connectWire(shared, endpoint), shared, endpoint);
      await connection.identify();
      await connection.setUp();
      return connection;
    } catch (error) {
      connection?.cut();
      throw connectError(error, config);
    }
  }

  private async identify(): Promise<void> {
    const [row = []] = await this.rows(`SELECT CONNECTION_ID(), VERSION(), @@SESSION.sql_mode, ${SERVER}`);
    this.id = row[0] ?? '';
    this.server = row[3] ?? '';
    const version = row[1] ?? '';
    this.isMariaDb = /mariadb/i.test(version);
    const [major = 0, minor = 0, patch = 0] = version.split(/[^\d]+/).map(Number);
    this.indexesExpressions = !this.isMariaDb && (major > 8 || (major === 8 && (minor > 0 || patch >= 13)));
    this.sqlMode = (row[2] ?? '')
      .split(',')
      .filter((mode) => KEPT_MODES.has(mode))
      .join();
  }

  /**
   * Walls and value formats of the session, and the transaction that the next query runs in. `tx_read_only` stops DDL, which ends a
   * transaction by itself; READ ONLY stops the rest. An open transaction without a statement holds neither locks nor a snapshot.
   */
  private async setUp(): Promise<void> {
    await this.rows(`SET ${this.settings().join(', ')}`);
    await this.rows('START TRANSACTION READ ONLY');
  }

  private settings(): string[] {
    const session = {
      sql_mode: `'${this.sqlMode}'`,
      time_zone: "'+00:00'",
      autocommit: '1',
      lock_wait_timeout: '10',
      net_write_timeout: '600', // a reader of an export may pause
      group_concat_max_len: '1048576', // MySQL's own 1,024 cuts silently
      [this.isMariaDb ? 'tx_read_only' : 'transaction_read_only']: '1',
      ...this.timeoutSetting(SESSION_TIMEOUT_MS),
    };
    return ['NAMES utf8mb4', ...Object.entries(session).map(([name, value]) => `SESSION ${name} = ${value}`)];
  }

  private timeoutSetting(timeoutMs: number): Record<string, string> {
    return this.isMariaDb ? { max_statement_time: String(timeoutMs / 1000) } : { max_execution_time: String(timeoutMs) };
  }

  /** Sends a statement and gives its execution; rows come from there. */
  start<B extends Row[] | TextBatch>(
    request: ExecutionRequest,
    sinkFor: (fields: Field[]) => RowSink<B>,
    onRow: (bytes: number) => boolean,
  ): Execution<B> {
    const execution = new Execution<B>({ ...request, extended: this.wire._mariadbExtendedMetadata }, sinkFor, onRow);
    this.current = execution;
    this.used = true;
    this.wire.addCommand(execution);
    return execution;
  }

  /** Gives the statements that follow another time-out of the server's; settling takes it back. */
  async limitTime(timeoutMs: number): Promise<void> {
    this.used = true;
    const [[name = '', value = ''] = []] = Object.entries(this.timeoutSetting(timeoutMs));
    await this.rows(`SET SESSION ${name} = ${value}`);
  }

  /** Rows of one of Quarry's own constant statements, as text. */
  async rows(text: string): Promise<(string | null)[][]> {
    return (await this.table(text)).rows;
  }

  /** The same with the names of the columns. */
  table(text: string): Promise<TextTable> {
    return ask(this.wire, textCommand(COM.query, text));
  }

  /**
   * Resolves when nothing of the last user is left: the result read or cancelled, and the session as new (transaction, variables,
   * temporary tables, user locks, prepared statements).
   * @returns false when the connection can't be used any more
   */
  settle(): Promise<boolean> {
    this.settling ??= this.tidyUp().finally(() => {
      this.settling = null;
    });
    return this.settling;
  }

  private async tidyUp(): Promise<boolean> {
    const execution = this.current;
    if (execution) {
      if (execution.running) execution.discard();
      const patience = setTimeout(() => void this.cancel(), DISCARD_PATIENCE_MS);
      await execution.finished;
      clearTimeout(patience);
      this.current = null;
      if (execution.error !== null && isLost(execution.error)) this.cut();
    }
    if (this.cancelling) {
      await this.cancelling;
      // The KILL may have come too late for its statement: this one takes it instead.
      if (!this.dead) await this.rows('DO 0').catch(() => {});
    }
    if (!this.dead && this.used) {
      await this.renew().catch(() => this.cut());
      this.used = false;
    }
    return !this.dead;
  }

  private async renew(): Promise<void> {
    await ask(this.wire, Uint8Array.of(COM.reset));
    await this.setUp();
  }

  /** True when it can be handed out at once. */
  get settled(): boolean {
    return this.current === null && !this.used && this.cancelling === null && this.settling === null && !this.dead;
  }

  /** Our own statements leave a mark too: the next user gets a new session. */
  markUsed(): void {
    this.used = true;
  }

  /** Asks the server, on a connection of its own, to stop what this one runs. Resolves when the server has done so. */
  cancel(): Promise<void> {
    this.cancelling ??= this.sendKill().finally(() => {
      this.cancelling = null;
    });
    return this.cancelling;
  }

  private async sendKill(): Promise<void> {
    const execution = this.current;
    const patience = setTimeout(() => {
      if (execution?.running) this.cut();
    }, CANCEL_PATIENCE_MS);
    void execution?.finished.then(() => clearTimeout(patience));
    try {
      const wire = await connectWire(this.shared, this.endpoint);
      const [[server = ''] = []] = (await ask(wire, textCommand(COM.query, `SELECT ${SERVER}`))).rows;
      if (server === this.server) await ask(wire, textCommand(COM.query, `KILL QUERY ${this.id}`)).catch(() => {});
      wire.end(() => {});
    } catch {
      // Nobody is let in any more: the patience above cuts the connection, and the server's own time-out ends the statement.
    }
  }

  /** Drops the socket: for a server that doesn't answer. */
  cut(): void {
    this.dead = true;
    this.wire.stream.destroy();
  }

  async close(): Promise<void> {
    if (this.current?.running) await this.cancel();
    this.dead = true;
    await new Promise<void>((resolve) => {
      const patience = setTimeout(() => {
        this.cut();
        resolve();
      }, 2_000);
      this.wire.stream.once('close', () => {
        clearTimeout(patience);
        resolve();
      });
      if (this.wire.stream.destroyed) {
        clearTimeout(patience);
        resolve();
      } else this.wire.end(() => {});
    });
  }
}

/** Behind one address may stand several servers, whose sessions have the same numbers. */
const SERVER = "CONCAT(@@hostname, ':', @@port, ':', @@server_id)";

function ask(wire: Wire, payload: Uint8Array): Promise<TextTable> {
  return new Promise((resolve, reject) => {
    wire.addCommand(new OwnCommand(payload, wire._mariadbExtendedMetadata, resolve, reject));
  });
}

/** Modes of the server that are kept: those that change neither how a text is read nor what a value looks like. */
const KEPT_MODES = new Set([
  'ONLY_FULL_GROUP_BY',
  'STRICT_TRANS_TABLES',
  'STRICT_ALL_TABLES',
  'NO_ZERO_IN_DATE',
  'NO_ZERO_DATE',
  'ERROR_FOR_DIVISION_BY_ZERO',
  'NO_ENGINE_SUBSTITUTION',
  'NO_UNSIGNED_SUBTRACTION',
  'ALLOW_INVALID_DATES',
]);
