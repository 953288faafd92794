/** Engine-neutral definitions of the sample databases: tables, and rows that are the same on every run and machine. */

type SampleType = 'integer' | 'decimal' | 'double' | 'text' | 'boolean' | 'date' | 'timestamp' | 'inet';

export interface SampleColumn {
  name: string;
  type: SampleType;
  /** Digits before and after the point, for decimals. */
  precision?: [total: number, scale: number];
  nullable?: true;
  unique?: true;
  references?: { table: string; column: string };
  comment?: string;
}

/** Decimals as text ("12.50"), dates as "2026-10-31", timestamps as "2026-10-31 08:15:00" (UTC). */
export type SampleValue = string | number | boolean | null;

export interface SampleTable {
  name: string;
  comment: string;
  /** The first column is the primary key. */
  columns: readonly SampleColumn[];
  /** Columns that the product's own questions look things up by. */
  indexes?: readonly (readonly string[])[];
}

export type SampleName = 'network' | 'storefront';

export interface SampleDatabase {
  name: SampleName;
  label: string;
  /** Raise it whenever definition or rows change: installed copies with another version are replaced. */
  version: number;
  /** Referenced tables come before those that refer to them. */
  tables: readonly SampleTable[];
  /** All rows of all tables, by table name, in the order of the columns. Computed anew on each call. */
  generate(): Record<string, SampleValue[][]>;
}
