import type { Catalogue, CatalogueTable } from '../../adapters/contract';
import { type CatalogueDiff, tableKey } from '../../catalogue';

/** A change of a schema after which something that worked may not work any more. */
export interface BreakingChange {
  /** Table key: "public.orders". */
  table: string;
  /** Absent when the whole table is gone. */
  column?: string;
  what: 'removed' | 'type';
  /** One clause for a person: "public.orders.status is gone". */
  text: string;
}

/**
 * The part of a difference that can break a query. New tables and columns can't; neither can comments, keys or indexes.
 * A column that is gone while exactly one of the same type is new in its table is probably renamed, and the text says so.
 */
export function breakingChanges(diff: CatalogueDiff, from: Catalogue, to: Catalogue): BreakingChange[] {
  const before = tablesByKey(from);
  const after = tablesByKey(to);
  const out: BreakingChange[] = diff.removed.map((table) => ({ table, what: 'removed', text: `${table} is gone` }));
  for (const { table, columnsAdded, columnsRemoved, columnsChanged } of diff.changed) {
    for (const column of columnsRemoved) {
      const renamed = renamedTo(column, columnsRemoved, columnsAdded, before.get(table), after.get(table));
      const text = `${table}.${column} is gone${renamed ? ` (renamed to ${renamed}?)` : ''}`;
      out.push({ table, column, what: 'removed', text });
    }
    for (const change of columnsChanged) {
      if (!change.what.includes('type')) continue;
      const text = `${table}.${change.column} was ${change.from.type} and is ${change.to.type}`;
      out.push({ table, column: change.column, what: 'type', text });
    }
  }
  return out;
}

function renamedTo(
  column: string,
  removed: string[],
  added: string[],
  before: CatalogueTable | undefined,
  after: CatalogueTable | undefined,
): string | null {
  const typeOf = (table: CatalogueTable | undefined, name: string) =>
    table?.columns.find((candidate) => candidate.name === name)?.nativeType;
  const type = typeOf(before, column);
  const rivals = removed.filter((name) => typeOf(before, name) === type);
  const heirs = added.filter((name) => typeOf(after, name) === type);
  return rivals.length === 1 && heirs.length === 1 ? (heirs[0] ?? null) : null;
}

const tablesByKey = (catalogue: Catalogue) => new Map(catalogue.tables.map((table) => [tableKey(table), table]));
