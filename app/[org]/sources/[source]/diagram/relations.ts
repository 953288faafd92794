import type { TableAnswer } from '@/lib/schema';
import { tableKey } from '../table-key';

/** One reference between two tables of the schema. */
export interface Relation {
  id: string;
  /** Keys: the table that refers, and the one that is referred to. */
  from: string;
  to: string;
  columns: string[];
  referencedColumns: string[];
  /** Guessed from names, not declared. */
  inferred: boolean;
}

/** Every reference of the tables to tables among them, in their order. */
export function relationsOf(tables: readonly TableAnswer[]): Relation[] {
  const known = new Set(tables.map(tableKey));
  return tables.flatMap((table) =>
    table.foreignKeys.flatMap((key) => {
      const from = tableKey(table);
      const to = tableKey(key.referencedTable);
      if (!known.has(to)) return [];
      const { columns, referencedColumns, inferred = false } = key;
      return [{ id: JSON.stringify([from, columns, to]), from, to, columns, referencedColumns, inferred }];
    }),
  );
}

/**
 * The tables that a diagram shows: with a focus, that table and those up to two references away; without, those with references, the
 * most connected first. @returns at most `most` keys, and how many there would be
 */
export function chooseForDiagram(
  relations: readonly Relation[],
  focus: string | null,
  most: number,
): { keys: Set<string>; of: number } {
  const neighbours = neighboursOf(relations);
  if (focus !== null && neighbours.has(focus)) {
    const near = new Set([focus]);
    for (let step = 0; step < 2; step += 1)
      for (const key of [...near]) for (const next of neighbours.get(key) ?? []) near.add(next);
    return { keys: new Set([...near].slice(0, most)), of: near.size };
  }
  const ranked = [...neighbours].sort(([a, one], [b, two]) => two.size - one.size || (a < b ? -1 : 1)).map(([key]) => key);
  return { keys: new Set(ranked.slice(0, most)), of: ranked.length };
}

/** Tables by the tables they are connected with, in either direction. */
export function neighboursOf(relations: readonly Relation[]): Map<string, Set<string>> {
  const neighbours = new Map<string, Set<string>>();
  const connect = (a: string, b: string) => {
    const others = neighbours.get(a) ?? new Set();
    if (a !== b) others.add(b);
    neighbours.set(a, others);
  };
  for (const { from, to } of relations) {
    connect(from, to);
    connect(to, from);
  }
  return neighbours;
}
