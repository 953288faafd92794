import type { Catalogue, CatalogueColumn, CatalogueTable } from '../adapters/contract';
import { tableKey } from './table-key';

/** A field or a type that fewer documents have may be missing from a sample without being gone. */
const RARE = 0.05;

/**
 * What is read of documents is read of a sample, and the next sample is another one. Rare fields and rare types that were met before and
 * aren't met now are kept, so that the same data isn't taken for a change of structure again and again. What many
 * documents had and none has any more is gone. Catalogues that aren't sampled come back as they are.
 */
export function keepRareFields(previous: Catalogue, next: Catalogue): Catalogue {
  const before = new Map(previous.tables.map((table) => [tableKey(table), table]));
  const tables = next.tables.map((table) => {
    const known = before.get(tableKey(table));
    return known && isSampled(table) && isSampled(known) ? { ...table, columns: mergeColumns(known, table) } : table;
  });
  return { ...next, tables };
}

/** Whether anything in the catalogue comes from samples. */
export function hasSamples(catalogue: Catalogue): boolean {
  return catalogue.tables.some(isSampled);
}

const isSampled = (table: CatalogueTable) => table.columns.some((column) => column.share !== undefined);

function mergeColumns(known: CatalogueTable, table: CatalogueTable): CatalogueColumn[] {
  const earlier = new Map(known.columns.map((column) => [column.name, column]));
  const columns = table.columns.map((column) => withRareTypes(earlier.get(column.name), column));
  const met = new Set(columns.map((column) => column.name));
  for (const [at, column] of known.columns.entries()) {
    if (met.has(column.name) || column.share === undefined || column.share >= RARE) continue;
    // Behind the field that it stood behind, so that nested ones stay together.
    const neighbour = known.columns[at - 1]?.name;
    const place = columns.findIndex(({ name }) => name === neighbour);
    columns.splice(place < 0 ? columns.length : place + 1, 0, column);
  }
  return columns;
}

function withRareTypes(earlier: CatalogueColumn | undefined, column: CatalogueColumn): CatalogueColumn {
  const now = new Set((column.types ?? [column]).map((one) => one.nativeType));
  const missing = earlier?.types?.filter((one) => !now.has(one.nativeType)) ?? [];
  if (!earlier || missing.length === 0 || missing.some((one) => one.share >= RARE)) return column;
  // A type that is new makes it another column; otherwise it is what it was.
  const before = new Set(earlier.types?.map((one) => one.nativeType));
  if ([...now].some((one) => !before.has(one))) return column;
  return { ...column, type: earlier.type, nativeType: earlier.nativeType, ...(earlier.types ? { types: earlier.types } : {}) };
}
