import type { Catalogue } from '../adapters/contract';
import { type TableAnswer, type TableDescriptions, tableAnswers, tableKey } from '../catalogue';

/** Where a schema was found: this process's memory, Redis, the builder database, or the source itself. */
export type SchemaLayer = 'memory' | 'redis' | 'database' | 'source';

/** A schema without the place it was found. */
export interface StoredSchema {
  version: number;
  /** Changes exactly when the structure does. */
  fingerprint: string;
  /** When it was read from the source, ISO 8601. */
  fetchedAt: string;
  /** With references that nobody declared but that names and types suggest, marked `inferred`. */
  catalogue: Catalogue;
  descriptions: TableDescriptions;
}

export interface SchemaView extends StoredSchema {
  /** Changes also when other tables are chosen. */
  fingerprint: string;
  layer: SchemaLayer;
  /** Tables that were left out, because others were chosen. */
  hiddenTables: number;
}

export interface SchemaAnswer extends Omit<SchemaView, 'catalogue' | 'descriptions'> {
  defaultSchema?: string;
  tables: (TableAnswer & { chosen?: boolean })[];
}

/**
 * A schema in the shape of the HTTP contract.
 * @param chosen with the whole schema: the keys of the chosen tables (null: all), so that each table says whether it is one
 */
export function schemaAnswer({ catalogue, descriptions, ...facts }: SchemaView, chosen?: readonly string[] | null): SchemaAnswer {
  const { defaultSchema } = catalogue;
  const tables = tableAnswers(catalogue, descriptions);
  const keys = chosen ? new Set(chosen) : null;
  return {
    ...facts,
    ...(defaultSchema === undefined ? {} : { defaultSchema }),
    tables: chosen === undefined ? tables : tables.map((table) => ({ ...table, chosen: !keys || keys.has(tableKey(table)) })),
  };
}
