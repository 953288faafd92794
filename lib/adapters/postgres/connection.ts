import { isIP } from 'node:net';
import { type ConnectionOptions, checkServerIdentity } from 'node:tls';
import pg, { type FieldDef } from 'pg';
import { QuarryError } from '../../kernel/errors';
import type { Column, Endpoint, OpenLimits } from '../contract';
import { endpointOf } from '../endpoint';
import { CopyExecution, type CopyPlan } from './copy-execution';
import { connectError } from './errors';
import { Execution, type ExecutionPlan, isLost } from './execution';
import type { PostgresConfig } from './manifest';
import { type CustomType, type CustomTypes, type ValueType, valueType } from './types';

/** How long a statement may run unless a query asks for something else, so that most need no setting of their own. */
export const SESSION_TIMEOUT_MS = 30_000;
/** After this long without an answer to a cancel request, the connection itself is cut. */
const CANCEL_PATIENCE_MS = 5_000;
/** A result that the reader has left is given this long to end by itself before it is cancelled. */
const DISCARD_PATIENCE_MS = 50;

/** What the connections of one pool share. */
export interface Shared {
  config: PostgresConfig;
  limits: OpenLimits;
  /** Set once a server turned out not to offer TLS (mode "prefer"). */
  plain: boolean;
  customTypes: CustomTypes | null;
  /** Volatility of the customer's functions, by name as written in the query. */
  volatility: Map<string, { volatile: boolean; until: number }>;
  onLost(connection: PostgresConnection): void;
}

/** What a session must know of the statement that it runs. */
export interface RunningExecution {
  readonly running: boolean;
  /** What the server or the socket reported, if anything. */
  readonly error: unknown;
  /** Resolves when the server is ready for the next one, or the connection is gone. Never rejects. */
  readonly finished: Promise<void>;
  discard(): void;
}

/** One session on a server, with the walls set for reading. */
export class PostgresConnection {
  dead = false;
  /** The database has no encoding (SQL_ASCII): its text may be any bytes, and what isn't UTF-8 of them is shown as U+FFFD. */
  anyBytes = false;
  private current: RunningExecution | null = null;
  private cancelling: Promise<void> | null = null;
  private settling: Promise<boolean> | null = null;

  private constructor(
    private readonly client: pg.Client,
    private readonly shared: Shared,
    private readonly endpoint: Endpoint,
  ) {
    client.on('error', () => {
      if (this.dead) return;
      this.dead = true;
      shared.onLost(this);
    });
    client.on('end', () => {
      if (this.dead) return;
      this.dead = true;
      shared.onLost(this);
    });
  }

  get pid(): string {
    return String((this.client as unknown as { processID: number | null }).processID ?? '');
  }

  /** @throws QuarryError source.* naming host and port */
  static async open(shared: Shared): Promise<PostgresConnection> {
    const { config, limits } = shared;
    const endpoint = await endpointOf(limits, config.host, config.port);
    try {
      const client = await connectClient(shared, endpoint);
      const connection = new PostgresConnection(client, shared, endpoint);
      await connection.setUp();
      return connection;
    } catch (error) {
      throw connectError(error, config);
    }
  }

  /**
   * Walls and value formats of the session. `default_transaction_read_only` is the outer one; every query also runs in its own
   * READ ONLY transaction which is rolled back. Our own constant text, hence one message with several statements.
   */
  private async setUp(): Promise<void> {
    const results: unknown = await this.client.query(
      [
        ...(this.shared.limits.allowWrites ? [] : ['SET default_transaction_read_only = on']),
        `SET statement_timeout = ${SESSION_TIMEOUT_MS}`,
        'SET lock_timeout = 10000',
        'SET idle_in_transaction_session_timeout = 900000',
        "SET timezone = 'UTC'",
        "SET datestyle = 'ISO, YMD'",
        "SET intervalstyle = 'iso_8601'",
        "SET bytea_output = 'hex'",
        'SET extra_float_digits = 1',
        "SET xmloption = 'content'",
        'SET standard_conforming_strings = on',
        'SET row_security = on',
        // The server would refuse to send bytes that it can't call UTF-8.
        "SELECT set_config('client_encoding', 'SQL_ASCII', false) WHERE current_setting('server_encoding') = 'SQL_ASCII'",
      ].join('; '),
    );
    const [encoding] = (Array.isArray(results) ? results.slice(-1) : []) as pg.QueryResult[];
    this.anyBytes = (encoding?.rows.length ?? 0) > 0;
    if (this.shared.customTypes === null) await this.loadTypes();
  }

  /** Sends a statement and gives its execution; rows come from there. */
  start(plan: ExecutionPlan, onRow: (bytes: number) => boolean, onPortion?: () => void): Execution {
    const execution = new Execution(plan, (fields) => fields.map((field) => this.typeOf(field).read), onRow, onPortion);
    this.current = execution;
    this.client.query(execution as unknown as pg.Submittable);
    return execution;
  }

  /** The same through COPY, for rows as packed text. */
  startCopy(plan: CopyPlan, onRow: (bytes: number) => boolean): CopyExecution {
    const execution = new CopyExecution(plan, (fields) => fields.map((field) => this.typeOf(field)), onRow);
    this.current = execution;
    this.client.query(execution as unknown as pg.Submittable);
    return execution;
  }

  /** Rows of one of Quarry's own constant queries, as text. */
  async rows(text: string, params: (string | null)[] = []): Promise<(string | null)[][]> {
    const result = await this.client.query({
      text,
      values: params,
      rowMode: 'array',
      types: TEXT_TYPES,
      queryMode: 'extended',
    } as pg.QueryArrayConfig);
    return result.rows as (string | null)[][];
  }

  columnsOf(fields: FieldDef[]): Column[] {
    return fields.map((field) => {
      const { type, nativeType } = this.typeOf(field);
      return { name: field.name, type, nativeType };
    });
  }

  get customTypes(): CustomTypes {
    return this.shared.customTypes ?? new Map();
  }

  /** Reads the database's own types when a result held one that was not known. */
  async refreshTypes(): Promise<void> {
    if (this.shared.customTypes === null) await this.loadTypes();
  }

  /**
   * Resolves when nothing of the last user is left: the result read or cancelled, the transaction over.
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
      // The server said its last word (FATAL); the socket may close a moment later.
      if (execution.error !== null && isLost(execution.error)) this.cut();
    }
    await this.cancelling;
    if (this.dead) return false;
    // pg's own types are wrong here: the driver gives 'I', 'T' or 'E'.
    if ((this.client as unknown as { getTransactionStatus(): string }).getTransactionStatus() !== 'I') {
      await this.client.query('ROLLBACK').catch(() => this.cut());
    }
    return !this.dead;
  }

  /** True when it can be handed out at once. */
  get settled(): boolean {
    return this.current === null && this.cancelling === null && !this.dead;
  }

  /**
   * Asks the server, on a connection of its own, to stop what this one runs (manual, 54.2.8). Resolves when the server has taken
   * the request, so that it can't hit the next query.
   */
  cancel(): Promise<void> {
    this.cancelling ??= this.sendCancel().finally(() => {
      this.cancelling = null;
    });
    return this.cancelling;
  }

  private sendCancel(): Promise<void> {
    const execution = this.current;
    const { processID, secretKey } = this.client as unknown as { processID: number; secretKey: number };
    const canceller = new pg.Connection({ ssl: tlsOptions(this.shared) } as pg.ConnectionConfig) as unknown as Canceller;
    const patience = setTimeout(() => {
      canceller.stream.destroy();
      if (execution?.running) this.cut();
    }, CANCEL_PATIENCE_MS);
    void execution?.finished.then(() => clearTimeout(patience));
    return new Promise((resolve) => {
      canceller.on('error', () => resolve());
      canceller.on('end', () => resolve());
      canceller.on('connect', () => (canceller.ssl ? canceller.requestSsl() : canceller.cancel(processID, secretKey)));
      canceller.on('sslconnect', () => canceller.cancel(processID, secretKey));
      canceller.connect(this.endpoint.port, this.endpoint.host);
    });
  }

  /** Drops the socket: for a server that doesn't answer. */
  cut(): void {
    this.dead = true;
    (this.client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
  }

  async close(): Promise<void> {
    if (this.current?.running) await this.cancel();
    this.dead = true;
    const patience = setTimeout(() => this.cut(), 2_000);
    await this.client.end().catch(() => {});
    clearTimeout(patience);
  }

  private typeOf(field: FieldDef): ValueType {
    const known = valueType(field.dataTypeID, field.dataTypeModifier, this.customTypes);
    if (known) return known;
    if (field.dataTypeID >= 16_384) this.shared.customTypes = null; // made since: known from the next query on
    return { type: 'unknown', nativeType: 'unknown', read: (text) => text };
  }

  private async loadTypes(): Promise<void> {
    const rows = await this.rows(`
      SELECT t.oid, pg_catalog.format_type(t.oid, NULL), t.typtype, CASE WHEN t.typcategory = 'A' THEN t.typelem ELSE 0 END, e.typdelim
      FROM pg_catalog.pg_type t LEFT JOIN pg_catalog.pg_type e ON e.oid = t.typelem
      WHERE t.oid >= 16384 AND t.typtype IN ('b', 'e', 'r', 'm') AND coalesce(e.typtype, 'b') <> 'c'`);
    this.shared.customTypes = new Map(
      rows.map(([oid, name, kind, element, delimiter]): [number, CustomType] => [
        Number(oid),
        {
          name: name ?? '',
          kind: element !== '0' ? 'array' : kind === 'e' ? 'enum' : kind === 'b' ? 'base' : 'range',
          elementOid: Number(element),
          delimiter: delimiter ?? ',',
        },
      ]),
    );
  }
}

/** What of pg's low-level connection a cancel request needs; its published types leave these out. */
interface Canceller {
  ssl: unknown;
  stream: { destroy(): void };
  connect(port: number, host: string): void;
  requestSsl(): void;
  cancel(processId: number, secretKey: number): void;
  on(event: 'connect' | 'sslconnect' | 'end' | 'error', listener: () => void): void;
}

const TEXT_TYPES = { getTypeParser: () => (text: string) => text };

async function connectClient(shared: Shared, endpoint: Endpoint): Promise<pg.Client> {
  try {
    return await tryConnect(shared, endpoint);
  } catch (error) {
    const refusedTls = error instanceof Error && /does not support SSL/.test(error.message);
    if (shared.config.tls.mode !== 'prefer' || !refusedTls) throw error; // several may find out at the same time
    shared.plain = true;
    return tryConnect(shared, endpoint);
  }
}

async function tryConnect(shared: Shared, endpoint: Endpoint): Promise<pg.Client> {
  const { config, limits } = shared;
  const client = new pg.Client({
    host: endpoint.host,
    port: endpoint.port,
    user: config.username,
    database: config.database,
    // A function, so that an empty password doesn't make the driver look into PGPASSWORD or ~/.pgpass.
    password: () => config.password ?? '',
    ssl: tlsOptions(shared),
    connectionTimeoutMillis: limits.connectTimeoutMs,
    application_name: 'quarry',
    options: '',
    keepAlive: true,
  });
  client.on('error', () => {}); // a failure while connecting arrives through connect()
  try {
    await client.connect();
    return client;
  } catch (error) {
    void client.end().catch(() => {});
    throw error;
  }
}

/** TLS settings; the certificate is checked against the host that the user named, not the address the guard resolved. */
function tlsOptions({ config, plain }: Shared): false | ConnectionOptions {
  const { mode, ca, cert, key } = config.tls;
  if (mode === 'disable' || plain) return false;
  const base: ConnectionOptions = { ca, cert, key, servername: isIP(config.host) ? undefined : config.host };
  if (mode === 'verify-full')
    return { ...base, rejectUnauthorized: true, checkServerIdentity: (_host, peer) => checkServerIdentity(config.host, peer) };
  if (mode === 'verify-ca') return { ...base, rejectUnauthorized: true, checkServerIdentity: () => undefined };
  return { ...base, rejectUnauthorized: false };
}

/** Refuses text that the wire can't carry. */
export function assertSendable(text: string, params: readonly unknown[]): void {
  if (text.includes('\0') || params.some((value) => typeof value === 'string' && value.includes('\0'))) {
    throw new QuarryError('query.invalid', 'PostgreSQL text cannot hold a zero byte.');
  }
}
