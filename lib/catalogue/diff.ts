import type { Catalogue, CatalogueColumn, CatalogueTable } from '../adapters/contract';
import { fingerprintTable, typesInOrder } from './fingerprint';
import { tableKey } from './table-key';

interface ColumnChange {
  column: string;
  /** What differs: "type", "nullable", "default", "comment", "generated", "enumValues", "repeated". */
  what: string[];
  from: { type: string; nullable: boolean; default?: string };
  to: { type: string; nullable: boolean; default?: string };
}

interface TableChange {
  table: string;
  columnsAdded: string[];
  columnsRemoved: string[];
  columnsChanged: ColumnChange[];
  /** Other differences of the table: "kind", "comment", "primaryKey", "foreignKeys", "uniqueKeys", "indexes". */
  other: string[];
}

export interface CatalogueDiff {
  added: string[];
  removed: string[];
  changed: TableChange[];
}

/** What changed between two catalogues, tables and columns in alphabetical order. Row estimates don't count. */
export function diffCatalogues(from: Catalogue, to: Catalogue): CatalogueDiff {
  const before = byKey(from.tables, tableKey);
  const after = byKey(to.tables, tableKey);
  const changed: TableChange[] = [];
  for (const [key, old] of before) {
    const now = after.get(key);
    if (now && fingerprintTable(old) !== fingerprintTable(now)) changed.push(diffTables(key, old, now));
  }
  return {
    added: [...after.keys()].filter((key) => !before.has(key)).sort(),
    removed: [...before.keys()].filter((key) => !after.has(key)).sort(),
    changed: changed.sort((a, b) => (a.table < b.table ? -1 : 1)),
  };
}

function diffTables(table: string, from: CatalogueTable, to: CatalogueTable): TableChange {
  const before = byKey(from.columns, (column) => column.name);
  const after = byKey(to.columns, (column) => column.name);
  const columnsChanged: ColumnChange[] = [];
  for (const [name, old] of before) {
    const now = after.get(name);
    const what = now ? differences(old, now) : [];
    if (now && what.length > 0) columnsChanged.push({ column: name, what, from: brief(old), to: brief(now) });
  }
  const other = (['kind', 'comment', 'primaryKey', 'foreignKeys', 'uniqueKeys', 'indexes'] as const).filter(
    (part) => unordered(from[part]) !== unordered(to[part]),
  );
  return {
    table,
    columnsAdded: [...after.keys()].filter((name) => !before.has(name)).sort(),
    columnsRemoved: [...before.keys()].filter((name) => !after.has(name)).sort(),
    columnsChanged: columnsChanged.sort((a, b) => (a.column < b.column ? -1 : 1)),
    other,
  };
}

function differences(from: CatalogueColumn, to: CatalogueColumn): string[] {
  const what: string[] = [];
  const sampled = from.share !== undefined || to.share !== undefined;
  const nativeType = (column: CatalogueColumn) => (sampled ? typesInOrder(column.nativeType) : column.nativeType);
  if (nativeType(from) !== nativeType(to) || from.type !== to.type) what.push('type');
  for (const part of ['nullable', 'default', 'comment', 'generated', 'enumValues', 'repeated'] as const) {
    // Of sampled documents it is an estimate.
    if (part === 'nullable' && sampled) continue;
    if (JSON.stringify(from[part] ?? null) !== JSON.stringify(to[part] ?? null)) what.push(part);
  }
  return what;
}

const brief = (column: CatalogueColumn) => ({
  type: column.nativeType,
  nullable: column.nullable,
  ...(column.default === undefined ? {} : { default: column.default }),
});

/** Lists of keys and indexes compare as sets; the order of columns inside a key counts. */
function unordered(value: unknown): string {
  if (!Array.isArray(value) || value.every((item) => typeof item === 'string')) return JSON.stringify(value ?? null);
  return JSON.stringify(value.map((item) => JSON.stringify(item)).sort());
}

function byKey<T>(items: T[], key: (item: T) => string): Map<string, T> {
  return new Map(items.map((item) => [key(item), item]));
}
