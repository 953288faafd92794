import type { Adapter, Cell, ColumnType, ConnectionInput, Row } from '../contract';
import type { Certificates } from './certificates';

/** A database of its own for one part of the suite, reached past the adapter as well: what the adapter says is compared with that. */
export interface TestDatabase {
  /** What the adapter is given to connect. */
  config: unknown;
  /** The same in separate fields, password included, for engines with a server: the suite changes some of them. */
  connection?: ConnectionInput;
  /** Runs set-up text as the owner, without the adapter; the fixture's own texts are all that arrives here, in whatever form it likes. */
  exec(text: string): Promise<void>;
  /** Rows (documents) in a table (collection) that the fixture's texts made, without the adapter. */
  count(table: string): Promise<number>;
  /** Everything that an attack could have changed: rows of `ledger`, tables, settings, files. Compared before and after. */
  snapshot(): Promise<unknown>;
  /** Whether the server still works on a statement of this lease, by the server's own list. A process that is gone doesn't. */
  isRunning(backendId: string): Promise<boolean>;
  /** Whether the server process or connection behind a lease exists. */
  isAlive(backendId: string): Promise<boolean>;
  /** Ends the server process or connection behind a lease from outside, as a crash would. */
  killBackend(backendId: string): Promise<void>;
  drop(): Promise<void>;
}

/** A query in the engine's own language, and what it gives. */
export interface Example {
  text: string;
  rows: Row[];
  columns?: string[];
}

/** One value as it is written, and how it must come out (C20). */
export interface ValueExample {
  /** As an expression of the engine's language; Queries.literal makes a query of it. */
  literal: string;
  type: ColumnType;
  cell: Cell;
}

/**
 * Everything the suite says to an engine, in the engine's own language. `ledger` is a table (collection) with the whole number `id`, its key,
 * and the text `note`; it holds (1, 'one') and (2, 'two').
 */
export interface Queries {
  /** Set-up text (TestDatabase.exec): makes `ledger`. */
  makeLedger: string;
  /** A cheap query with a known answer, to see that a connection works. */
  one: Example;
  /** One row with one column `v`. */
  literal(expression: string): string;
  /** A result with columns and no rows: id and note of a part of `ledger` where nothing is. */
  noRows: Example;
  /** A null, and a column called ODD_NAME. */
  oddNames: Example;
  /** Two columns of one name. Only where Capabilities offer duplicateColumns. */
  duplicateColumns?: Example;
  /** The ids of `ledger` whose note is the first or the second parameter, by position. */
  idsByNote: string;
  /** The note of `ledger` number `:id`, with `:no` in a string and in comments where the language has them. The name is used twice. */
  namedParameter: string;
  /** Has the parameter `:missing`. */
  missingParameter: string;
  /** A harmless query, and behind it one that empties `ledger`: two statements in one text. */
  twoStatements: string;
  /** Adds (3, 'three') to `ledger`. */
  insertThree: string;
  writes: {
    /** Set-up text: makes `written` like `ledger`, without rows. */
    make: string;
    /** Adds (1, 'a') and (2, 'b') to `written`. */
    insertTwo: string;
    /** Adds (3, 'c'), then (1, 'a'), which is there already. Fails as a whole where Capabilities offer transactions. */
    clash: string;
    deleteAll: string;
  };
  /** Texts that are no statement: empty, only a comment, several statements, syntax errors, an open string. */
  invalid: string[];
  /** Names of the tables that are reached, with everything that only looks like one left out (CTE names in their scope, aliases, fields). */
  tables: { text: string; tables: string[] }[];
  /** Two spellings of the same query, and one that differs in a literal's inner space only. */
  normalised: { same: [string, string]; other: string };
  /** With a limit of so many rows pushed down, each gives one row with the one cell '2': the highest id. */
  limited: { text: string; rows: number }[];
  /** May be cached. */
  deterministic: string[];
  /** May give another answer the next time. */
  volatile: string[];
  /** A query of n rows with one column of whole numbers counting from 1. */
  series(n: number): string;
  /** n rows of ten columns of several types; the first counts from 1. */
  wideSeries(n: number): string;
  /** A query that would run for minutes without giving a row. */
  endless: string;
  /** A query of n rows with `bytes` bytes of text each. */
  fatRows(n: number, bytes: number): string;
  /** Reads something that isn't there, and what the sentence must say. */
  missingTable: { text: string; message: RegExp };
  /** Reads the whole of `ledger`. */
  readLedger: string;
  /** Reads the columns of `stored` in their order: c0, c1, … */
  readStored(columns: number): string;
}

/** A column of a table, one value in it, and how it must come out. */
export interface StoredExample extends ValueExample {
  /** How the column is declared; engines without declarations leave it empty. */
  declaration: string;
}

/** A login of a database's own, which the suite uses and changes. */
export interface TestLogin {
  /** Fields of a connection: user name and password, and whatever else the login needs. */
  connection: ConnectionInput;
  setPassword(password: string): Promise<void>;
  drop(): Promise<void>;
}

/** A server that only one test file uses, so that it can be stopped, and wants TLS. */
export interface PrivateServer {
  /** Fields of a connection (host localhost, port, database, user name and password) of a login that may do everything; no TLS in it. */
  connection: ConnectionInput;
  /** The same of a login that is let in by its client certificate (CERTIFICATE_LOGIN) and not without. */
  certificateConnection: ConnectionInput;
  /** Whether the connection behind a lease is encrypted, by the server's own word. */
  isEncrypted(backendId: string): Promise<boolean>;
  /** Ends the server as an operator does who doesn't wait for clients. */
  stop(): Promise<void>;
  /** Starts it again at the same port with the same data. */
  start(): Promise<void>;
  /** Ends it for good and removes what it left. */
  remove(): Promise<void>;
}

/** Engines with a server: what the suite needs to know of it. */
export interface ServerFixture {
  /** Makes a login that may read `database`. `connectionLimit`: the server lets it in so many times at once. */
  createLogin(database: TestDatabase, options: { password: string; connectionLimit?: number }): Promise<TestLogin>;
  /** What is said when the server lets nobody more in. */
  tooManyConnections: RegExp;
  /** Runs the copyable text of the connection report as an administrator, under another user name so that tests don't meet, with a password. */
  runReadOnlyUserSql(database: TestDatabase, text: string): Promise<TestLogin>;
  /** A server of its own on 127.0.0.1 that demands TLS with these certificates, and takes no client without it. Running when it resolves. */
  startServer(certificates: Certificates): Promise<PrivateServer>;
}

/** What differs between engines in a test of the same promise. An engine's file is contract-fixture.ts. */
export interface EngineFixture {
  /** "PostgreSQL", as the table of results names it. */
  label: string;
  adapter: Adapter;
  create(): Promise<TestDatabase>;
  queries: Queries;
  /** Each literal comes out exactly so. */
  values: ValueExample[];
  /** The same through columns of a table: every type the engine has. */
  stored: StoredExample[];
  /** Set-up text: a table `stored` with the columns c0, c1, … and one row. `Queries.readStored` reads it. */
  makeStored(values: readonly StoredExample[]): string;
  /** Text that isn't valid UTF-8, in whatever way the engine can hold it; read by a query on the database `create` makes. */
  invalidText: Example & { setUp?: string; create?: () => Promise<TestDatabase> };
  /** Set-up text: a table of any name, with the columns id and note and the row (1, 'one'). */
  makeTable(name: string): string;
  /** Set-up text: `measurements` (id, day, degrees) in two partitions by year of day, with one row in each. Only where partitions are offered. */
  partitioned?: string;
  /**
   * Files: how many statements reading the catalogue took. Engines with a server are counted on the wire.
   */
  countCatalogueQueries?(database: TestDatabase): Promise<number>;
  /** Engines with a server. */
  server?: ServerFixture;
  /** The shop of the introspection tests in the engine's own words, see shop.ts. Set-up text. */
  shop: string;
  /** Reads these columns of a table, names already quoted and qualified by the dialect. */
  selectColumns(table: string, columns: string[]): string;
  /** The key that the engine gives every table by itself ("_id"), where it does. */
  ownKey?: string;
  /** Set-up text: n tables t0, t1, … with twenty columns (besides ownKey) each; rows only where columns can't be seen without. */
  manyTables(n: number): string;
  /** Set-up text: drops those again. */
  dropTables(n: number): string;
  /** Statements that would change something, or reach outside; run with the parser bypassed. */
  attacks: string[];
  /** Attacks that the parser must refuse although they begin like a query. */
  sneaky: string[];
}

/** A column's name that needs quoting in every way there is. */
export const ODD_NAME = 'Ünïcode "quoted" 🦆 select';

/** A value that would be a statement if it were ever read as text of the language. */
export const EVIL = "x'); DROP TABLE ledger; --";

/** The common name of the client certificate, and the login that it belongs to. */
export const CERTIFICATE_LOGIN = 'by_certificate';
