import type { Adapter, Cell, ColumnType, Row } from '../contract';

/** A database of its own for one part of the suite, reached past the adapter as well: what the adapter says is compared with that. */
export interface TestDatabase {
  /** What the adapter is given to connect. */
  config: unknown;
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
  /** The shop of the introspection tests in the engine's own words, see shop.ts. Set-up text. */
  shop: string;
  /** Reads these columns of a table, names already quoted and qualified by the dialect. */
  selectColumns(table: string, columns: string[]): string;
  /** The key that the engine gives every table by itself ("_id"), where it does. */
  ownKey?: string;
  /** Set-up text: n tables t0, t1, … with twenty columns (besides ownKey) each; rows only where columns can't be seen without. */
  manyTables(n: number): string;
  /** Statements that would change something, or reach outside; run with the parser bypassed. */
  attacks: string[];
  /** Attacks that the parser must refuse although they begin like a query. */
  sneaky: string[];
}

/** A column's name that needs quoting in every way there is. */
export const ODD_NAME = 'Ünïcode "quoted" 🦆 select';

/** A value that would be a statement if it were ever read as text of the language. */
export const EVIL = "x'); DROP TABLE ledger; --";
