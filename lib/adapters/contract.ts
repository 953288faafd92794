/**
 * What a database engine must offer to be an equal citizen of Quarry. An engine is one folder beside this file (manifest.ts,
 * driver.ts, dialect.ts, index.ts) and one line in registry.ts; the contract suite in contract-suite/ is the definition of
 * done. Engines are blind to each other, and nobody outside lib/adapters names one: callers ask for capabilities.
 */
import type { Readable } from 'node:stream';
import type { z } from 'zod';

// ---------------------------------------------------------------- values

/** Engine-neutral column types. What a type means for JSON is defined in lib/query/format. */
export type ColumnType =
  | 'boolean'
  | 'integer' // up to 32 bits
  | 'bigint' // up to 64 bits, signed or unsigned
  | 'decimal' // exact, any precision
  | 'double' // binary floating point
  | 'text'
  | 'date'
  | 'time'
  | 'timetz'
  | 'timestamp' // without zone
  | 'timestamptz'
  | 'interval'
  | 'year'
  | 'uuid'
  | 'json'
  | 'array'
  | 'binary'
  | 'bit'
  | 'enum'
  | 'inet'
  | 'geometry'
  | 'objectid'
  | 'mixed' // differs from row to row (SQLite, documents)
  | 'unknown';

export interface Column {
  name: string;
  type: ColumnType;
  /** The engine's own name of the type, for people ("numeric(10,2)", "jsonb"). */
  nativeType: string;
}

/**
 * One value in exact form. integer, bigint, decimal: decimal text, never a float (`"9007199254740993"`, `"12.50"`). double: a
 * number, or "NaN" | "Infinity" | "-Infinity". date/time types: ISO 8601 with every digit the engine gave; engine-specific
 * infinities as text. binary: base64. json: the parsed value, except that numbers a double can't hold exactly stay text.
 * array: a JSON array of values in exact form. objectid: 24 hex digits. Everything else: text.
 * In a 'mixed' column an integer or decimal is given as {exact: "…"} so that it stays apart from text.
 */
export type Cell = null | boolean | number | string | Cell[] | { [key: string]: Cell };
export type Row = Cell[];

// ---------------------------------------------------------------- statements

/** What a caller asks to run. `params` bind by position to the dialect's placeholders. */
export interface Statement {
  text: string;
  params?: readonly unknown[];
}

export interface TableRef {
  schema?: string;
  name: string;
}

/** What the real grammar says of a statement. */
export interface StatementFacts {
  /** read: may run. write: DML that an allowed source may run later. refuse: never (DDL, GRANT, COPY, SET, …). */
  effect: 'read' | 'write' | 'refuse';
  /** Top-level statement kind in the dialect's words, lower case: select, with, values, show, explain, insert, create table, … */
  kind: string;
  /** Base tables and views that are read, with CTE names taken out. */
  tables: TableRef[];
  /** Every function that is called, lower case, schema-qualified when written so. */
  functions: string[];
  /**
   * Functions of `functions` that the dialect doesn't know (the customer's own). Pass them on as ExecuteOptions.verifyFunctions: the
   * driver looks them up in the source and refuses those that may change something.
   */
  unverifiedFunctions?: string[];
  /** Why it is refused, in one sentence, when effect is 'refuse' or a function or table is not allowed. */
  refusal?: string;
  /** Highest placeholder number; 0 when there is none. */
  parameterCount: number;
  /** The row limit that the statement itself sets at the top level, when it is a literal. */
  ownLimit?: number;
  /** False for statements that can't be wrapped in a sub-select (SHOW, EXPLAIN): limit() returns them unchanged. */
  limitable: boolean;
  /** The statement with white space and comments normalised, literals kept: the query part of a cache key. */
  normalised: string;
  /** False when a repeat may give another answer (random(), now()); such results aren't cached. */
  deterministic: boolean;
}

export interface Dialect {
  /** Short name for prompts ("PostgreSQL 18 SQL"). */
  name: string;
  /** @throws QuarryError query.invalid (syntax, several statements, empty) with position details when known */
  parse(text: string): Promise<StatementFacts>;
  /** A statement that gives at most `rows` rows; the engine stops early. Unchanged when it already has a lower limit. */
  limit(text: string, facts: StatementFacts, rows: number): string;
  /** Named parameters (`:name`, not inside strings, casts or comments) to positional ones. */
  bindNamed(text: string, values: Readonly<Record<string, unknown>>): Statement;
  quoteIdentifier(name: string): string;
  /** A table name as it should be written in a query: qualified only when needed. */
  qualify(table: TableRef, defaultSchema?: string): string;
  /** `expression` cast to a type, in this dialect (error analysis and the planner use it). */
  cast(expression: string, type: ColumnType): string;
  /** Pieces of SQL that differ between engines, for the planner. Null when the engine has no SQL. */
  sql: SqlPieces | null;
  /** Engines whose queries are pipelines of stages over a collection: how one is written. Null when the engine has SQL. */
  pipeline: PipelineWriter | null;
  /**
   * A read-only statement that gives distinct values of a column, most frequent first, one text column, from a bounded part of the table.
   * Null when this column can't be sampled.
   */
  sampleValues(table: TableRef, column: string, bounds: SampleBounds): string | null;
}

export interface SampleBounds {
  /** Rows or documents read at most. */
  rowsRead: number;
  /** Distinct values given at most. */
  values: number;
  /** Longer texts are left out (characters). */
  maxLength: number;
}

/** One stage of a pipeline as plain JSON: an own key that starts with `$`, and extended JSON for values JSON has no type for. */
export type PipelineStage = Record<string, unknown>;

export interface PipelineWriter {
  /** The query text that runs these stages over a collection; what `parse` takes. */
  text(collection: TableRef, stages: readonly PipelineStage[]): string;
}

export interface SqlPieces {
  literalString(value: string): string;
  literalDate(isoDate: string): string;
  /** Truncates a date or timestamp expression to a unit, giving something that sorts by time. */
  truncateDate(expression: string, unit: 'year' | 'quarter' | 'month' | 'week' | 'day', type: ColumnType): string;
  /** Extracts a numeric part. */
  datePart(expression: string, part: 'year' | 'month' | 'day' | 'hour', type: ColumnType): string;
  /** Case-insensitive equality and containment. */
  equalsIgnoreCase(expression: string, literal: string): string;
  containsIgnoreCase(expression: string, literal: string): string;
  /** Division that gives a fraction for integers. */
  divide(numerator: string, denominator: string): string;
  nullsLast(orderExpression: string, direction: 'asc' | 'desc'): string;
}

// ---------------------------------------------------------------- driver

export interface OpenLimits {
  /** Connections at most, overflow included. */
  max: number;
  /** Connections kept when idle. */
  min: number;
  /** Connections above this many are overflow: each closes a few seconds after its last use. Unset: none is. */
  base?: number;
  waitMs: number;
  connectTimeoutMs: number;
  recycleMs: number;
  /** false: every wall is set for reading only. */
  allowWrites: boolean;
  /** For engines that are files: the organisation whose uploads may be opened. Unset: nobody's. */
  organizationId?: string;
  /**
   * The network guard, for engines with network transport: called before each new connection, it gives the IP address to connect
   * to, already checked, so that a name can't be rebound between check and use. TLS still verifies the host's name. Unset: connect to the name.
   * @throws QuarryError source.host_refused | source.unreachable, to be passed on as they are
   */
  resolveHost?: (host: string, port: number) => Promise<string>;
  /**
   * A tunnel to the database's network, instead of resolveHost: called before each new connection, it gives the near end to connect to.
   * Drivers ask both through endpointOf (endpoint.ts). TLS still verifies the host's name.
   * @throws QuarryError source.* naming the tunnel, to be passed on as they are
   */
  tunnel?: (host: string, port: number) => Promise<Endpoint>;
}

export interface Endpoint {
  host: string;
  port: number;
}

export interface ExecuteOptions {
  signal: AbortSignal;
  /** Enforced by the server too where it can. */
  timeoutMs: number;
  /** Stop after this many rows; the cursor asks for one more to know whether something was cut. */
  maxRows: number;
  /** Stop after about this many bytes of values. */
  maxBytes: number;
  /** true runs one write statement and commits it. Only with OpenLimits.allowWrites. */
  write?: boolean;
  /** StatementFacts.unverifiedFunctions, to be looked up in the source's own catalogue before the statement runs. */
  verifyFunctions?: readonly string[];
  /** A short comment that makes the query findable in the server's process list ("quarry:<query id>"). No user text. */
  tag?: string;
}

export interface ResultStream {
  columns: Column[];
  /** Batches of rows in exact form; ends early at a cap. Leaving the loop closes the cursor. Errors are QuarryErrors. */
  rows: AsyncIterable<Row[]>;
  /** Known after the last batch. */
  outcome(): { truncated: null | { by: 'rows' | 'bytes'; limit: number }; affectedRows?: number };
}

/**
 * Rows as packed text, for files: a million objects per second of export would cost more than the query. Valid until the next one
 * is asked for.
 */
export interface TextBatch {
  rowCount: number;
  /** The text of every field in exact form, UTF-8, row by row without anything between; json and arrays as JSON. */
  bytes: Uint8Array;
  /** For each field, row by row, where it ends in `bytes`; for a NULL the bitwise complement of that. */
  ends: Int32Array;
  /**
   * Set, with no text beside it, when these rows hold values that their columns' types don't foresee, as engines with loose columns allow:
   * the same rows in exact form, which are to be written with all care.
   */
  rows?: Row[];
}

export interface TextStream {
  columns: Column[];
  batches: AsyncIterable<TextBatch>;
  outcome(): { truncated: null | { by: 'rows' | 'bytes'; limit: number } };
}

export interface PoolStats {
  min: number;
  max: number;
  active: number;
  idle: number;
  waiting: number;
  /** Connections opened and errors seen since the pool was made. */
  opened: number;
  errors: number;
  /** What the server said when it refused one connection more; absent once it has let one in again. */
  refusal?: string;
}

export interface ConnectionReport {
  /** As the server itself gives it: "18.4", "3.53.2". */
  serverVersion: string;
  database: string;
  tableCount: number;
  /** "off", or protocol and cipher. */
  tls: string;
  /** Round trip of a trivial query. */
  latencyMs: number;
  canWrite: boolean;
  /** When canWrite: statements an administrator can run to make a read-only login. No password in them. */
  readOnlyUserSql?: string;
}

export interface Lease {
  /** The server's own id of this connection (backend pid, reader process pid). */
  readonly backendId: string;
  /** @throws QuarryError query.invalid | query.refused | query.failed | query.timeout | query.cancelled | source.unreachable */
  execute(statement: Statement, options: ExecuteOptions): Promise<ResultStream>;
  /**
   * The same as execute, with the rows as packed text, where the engine has a fast way to it; null when it has none for this
   * statement, and nothing was run then. Same errors, caps and time-outs.
   */
  executeText?(statement: Statement, options: ExecuteOptions): Promise<TextStream | null>;
  introspect(signal: AbortSignal): Promise<Catalogue>;
  validate(): Promise<ConnectionReport>;
  /** One cheap round trip, for the health monitor. Without it `validate` is asked. */
  ping?(signal: AbortSignal): Promise<void>;
  /**
   * How far this server is behind the one it copies, in seconds; null when it is no replica at all, or doesn't know. For engines that
   * have replicas.
   */
  replicaLag?(signal: AbortSignal): Promise<number | null>;
  explain(statement: Statement, options: ExecuteOptions): Promise<ExplainPlan>;
  /** Gives the connection back. `broken` destroys it instead. Safe to call twice. */
  release(broken?: boolean): void;
}

export interface ExplainPlan {
  /** The engine's own plan as JSON or text. */
  plan: Cell;
  /** Rows that the statement gives. */
  estimatedRows?: number;
  /** Rows that must be looked at on the way, filtered ones included. */
  estimatedRowsRead?: number;
  /** In the engine's own unit. */
  estimatedCost?: number;
}

export interface Pool {
  /** @throws QuarryError pool.timeout (with the number waiting) | source.unreachable | source.auth_failed | … */
  lease(options?: { signal?: AbortSignal }): Promise<Lease>;
  stats(): PoolStats;
  /** Closes up to `count` idle connections, those idle for longest first. @returns how many, once they are gone */
  closeIdle?(count: number): Promise<number>;
  /** Waits up to graceMs for running queries, cancels the rest, closes every connection. */
  drain(graceMs: number): Promise<void>;
}

// ---------------------------------------------------------------- catalogue (D1)

export interface CatalogueColumn {
  name: string;
  type: ColumnType;
  nativeType: string;
  nullable: boolean;
  default?: string;
  comment?: string;
  generated?: boolean;
  /** Labels of an enum type. */
  enumValues?: string[];
  /** Documents: `name` is a dotted path; the share of sampled documents that have it, 0 to 1. */
  share?: number;
  /** Documents: the types met when there are several, most frequent first, with their shares of the values. */
  types?: { type: ColumnType; nativeType: string; share: number }[];
  /** Documents: the path goes through an array, so that one document has several values. */
  repeated?: boolean;
}

export interface ForeignKey {
  name?: string;
  columns: string[];
  referencedTable: TableRef;
  referencedColumns: string[];
  /** true when guessed, not declared. */
  inferred?: boolean;
}

export interface CatalogueTable {
  schema?: string;
  name: string;
  kind: 'table' | 'view' | 'materialized view' | 'foreign table' | 'partitioned table' | 'collection';
  comment?: string;
  rowEstimate: number | null;
  columns: CatalogueColumn[];
  primaryKey: string[];
  foreignKeys: ForeignKey[];
  uniqueKeys: { name?: string; columns: string[] }[];
  indexes: { name: string; columns: string[]; unique: boolean }[];
}

export interface Catalogue {
  /** The schema in which unqualified names are found. */
  defaultSchema?: string;
  tables: CatalogueTable[];
}

// ---------------------------------------------------------------- manifest

export interface FormField {
  name: string;
  label: string;
  kind: 'text' | 'number' | 'password' | 'select' | 'textarea' | 'file';
  required: boolean;
  placeholder?: string;
  options?: { value: string; label: string }[];
  help?: string;
  /** Kept in the vault, never sent back. */
  secret?: boolean;
}

/** What an engine may lack. */
export type Feature =
  /** A server with logins, TLS and a list of connections, rather than a file. */
  | 'server'
  /** A write that fails halfway leaves nothing behind. */
  | 'transactions'
  | 'schemas'
  /** Names may hold characters beyond the basic plane of Unicode, such as emoji. */
  | 'emojiNames'
  /** Several columns of a result may have the same name. */
  | 'duplicateColumns'
  /** Primary keys of several columns and foreign keys are declared in the database. */
  | 'declaredKeys'
  /** Columns are declared NOT NULL. */
  | 'columnConstraints'
  | 'columnDefaults'
  | 'generatedColumns'
  | 'partitions'
  /** Tables and columns carry comments. */
  | 'comments'
  /** Results as packed text (Lease.executeText), for files. */
  | 'packedText'
  /** Copies of a server that answer reads, and say how far behind they are. */
  | 'replicas'
  /** The catalogue is read in a number of round trips that doesn't grow with the number of tables. */
  | 'catalogueQueries';

export interface Capabilities {
  /** What the engine can't do, and why, in one sentence for people. What isn't named here is offered, and the contract suite tests it. */
  notOffered: Readonly<Partial<Record<Feature, string>>>;
  sql: boolean;
  transactions: boolean;
  schemas: boolean;
  /** Whether the engine is reached over the network (host, port, TLS), or is a file. */
  transport: 'network' | 'file';
  streaming: boolean;
  cancel: boolean;
  explain: boolean;
}

/** What is left of a connection for the page: no secret. */
export interface ConnectionSummary {
  /** "db.example.com:5432", or a file's name. */
  target: string;
  database?: string;
  username?: string;
  /** The SSH server that connections go through: "user@bastion.example.com:22". */
  via?: string;
}

export interface Manifest<Config = unknown> {
  type: string;
  /** "PostgreSQL". */
  label: string;
  /** Default connections per pool (E2). */
  defaultPoolMax: number;
  defaultPort?: number;
  /** Without the colon: "postgres". */
  uriSchemes: string[];
  capabilities: Capabilities;
  /**
   * The normalised connection: what is encrypted in the vault. Its fields have ConnectionInput's names and meaning (without `uri`),
   * so that a change can be laid over a stored one and parsed again.
   */
  connectionSchema: z.ZodType<Config>;
  formFields: FormField[];
  /**
   * `{uri}` or separate fields, as API.md has them, to the normalised connection.
   * @throws QuarryError input.invalid
   */
  parseConnection(input: ConnectionInput): Config;
  summarise(config: Config): ConnectionSummary;
  /**
   * Every host and port that a connection may go to, for the network guard; empty for files and for Unix sockets (which are refused).
   * `list`: the name isn't a host itself but stands for a list of them, which is looked up when connecting; each goes through the guard then.
   */
  endpoints(config: Config): { host: string; port: number; list?: true }[];
  /** Notes on the dialect for a model's prompt. */
  promptNotes: string[];
}

/** As it arrives at POST /api/data-sources. */
export interface ConnectionInput {
  uri?: string;
  host?: string;
  port?: number;
  database?: string;
  username?: string;
  password?: string;
  tls?: { mode: 'disable' | 'require' | 'verify-ca' | 'verify-full'; ca?: string; cert?: string; key?: string };
  file?: string;
  /** What only this engine knows (the database that holds the logins, the name of a replica set), by the names of its form fields behind "options.". */
  options?: Record<string, string>;
}

export interface Adapter<Config = unknown> {
  manifest: Manifest<Config>;
  dialect: Dialect;
  /** Makes the pool without connecting yet. */
  open(config: Config, limits: OpenLimits): Pool;
  /** Engines whose databases can be made of uploaded files. */
  uploads?: FileUploads<Config>;
}

// ---------------------------------------------------------------- uploads

/** One file of an upload, on its way. */
export interface UploadPart {
  /** As the client named it; never believed to be a path. */
  fileName: string;
  content: Readable;
}

export interface UploadOptions {
  organizationId: string;
  /** Of all files together. */
  maxBytes: number;
  /** What the client said that it will send; null when it didn't. Room on the disk is judged by it before anything is read. */
  expectedBytes: number | null;
  /** Milliseconds that turning the files into a database may take, once they are here. */
  timeoutMs: number;
  signal: AbortSignal;
}

/** A database that was made of uploaded files. */
export interface UploadedDatabase {
  /** What a connection names: {file}. */
  file: string;
  tables: { name: string; rows: number | null; columns: { name: string; type: ColumnType }[] }[];
  /** What a person should know of the data: one sentence each. */
  warnings: string[];
}

export interface FileUploads<Config = unknown> {
  /**
   * Takes the files, which must be read in turn, and makes one database of them, for one organisation only. Nothing is left behind when
   * it fails.
   * @throws QuarryError source.file_refused | upload.too_large | storage.full | query.cancelled | input.invalid
   */
  receive(parts: AsyncIterable<UploadPart>, options: UploadOptions): Promise<UploadedDatabase>;
  /** The upload of this organisation that a connection is to, as `list` names it; null for any other file. */
  uploadOf(config: Config, organizationId: string): string | null;
  /** Every upload of an organisation that is older than a moment (milliseconds since the epoch), unfinished ones included. */
  list(organizationId: string, olderThanMs: number): Promise<string[]>;
  /** Removes what `uploadOf` or `list` named. Nothing happens when it's gone already. */
  remove(organizationId: string, upload: string): Promise<void>;
}
