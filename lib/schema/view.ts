import type { Catalogue } from '../adapters/contract';
import { type TableAnswer, tableAnswers } from '../catalogue';

export interface SchemaView {
  version: number;
  /** Changes exactly when the structure does. */
  fingerprint: string;
  /** Where it was found this time. */
  layer: 'memory' | 'database' | 'source';
  /** When it was read from the source, ISO 8601. */
  fetchedAt: string;
  /** With references that nobody declared but that names and types suggest, marked `inferred`. */
  catalogue: Catalogue;
  /** By table key ("public.orders"). */
  descriptions: Record<string, string>;
}

export interface SchemaAnswer extends Omit<SchemaView, 'catalogue' | 'descriptions'> {
  defaultSchema?: string;
  tables: TableAnswer[];
}

/** A schema in the shape of the HTTP contract. */
export function schemaAnswer({ catalogue, descriptions, ...facts }: SchemaView): SchemaAnswer {
  const { defaultSchema } = catalogue;
  return { ...facts, ...(defaultSchema === undefined ? {} : { defaultSchema }), tables: tableAnswers(catalogue, descriptions) };
}
