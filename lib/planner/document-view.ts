/**
 * Collections of documents as the planner reads them: an array in a document is a table of its own that belongs to it, one row per
 * element, so that "how many items per order" means what it means over tables. Rendering turns the join back into an $unwind.
 */
import type { Catalogue, CatalogueColumn, CatalogueTable, ColumnType } from '../adapters/contract';
import { keyOf } from './catalogue-index';
import type { ValueIndex } from './schema';

/** An array inside the documents of a collection. */
export interface ArrayTable {
  /** Key of the collection, or of the array that this one lies in. */
  parent: string;
  /** Path of the array within its parent's documents (or elements). */
  path: string;
  /** The elements are values, not documents: its only column is the element itself. */
  plain: boolean;
}

interface View {
  catalogue: Catalogue;
  arrays: ReadonlyMap<string, ArrayTable>;
  /** Where a column of a collection is found in the view. */
  place(table: string, column: string): { table: string; column: string };
}

/** The column that stands for the document an element lies in; no field can have this name. */
export const OWNER = '(document)';

const views = new WeakMap<Catalogue, View>();
const arraysOf = new WeakMap<Catalogue, ReadonlyMap<string, ArrayTable>>();

/** The arrays of a catalogue that `documentView` made, by table key; empty for others. */
export function arrayTables(catalogue: Catalogue): ReadonlyMap<string, ArrayTable> {
  return arraysOf.get(catalogue) ?? new Map();
}

/**
 * @param values real values by collection and dotted path, as they were sampled
 * @returns catalogue and values as the planner reads them; the same ones when there are no documents
 */
export function documentView(catalogue: Catalogue, values: ValueIndex): { catalogue: Catalogue; values: ValueIndex } {
  if (!catalogue.tables.some((table) => table.kind === 'collection')) return { catalogue, values };
  const known = views.get(catalogue) ?? makeView(catalogue);
  views.set(catalogue, known);
  return { catalogue: known.catalogue, values: placeValues(values, known) };
}

/** Whether a table's rows are elements of an array. */
export const isArrayTable = (index: { catalogue: Catalogue }, key: string): boolean => arrayTables(index.catalogue).has(key);

/** The collection that holds the rows of a table of the view. */
export function collectionOf(catalogue: Catalogue, key: string): string {
  const arrays = arrayTables(catalogue);
  let at = key;
  for (let array = arrays.get(at); array; array = arrays.get(at)) at = array.parent;
  return at;
}

function makeView(catalogue: Catalogue): View {
  const arrays = new Map<string, ArrayTable>();
  const places = new Map<string, { table: string; column: string }>();
  const tables = catalogue.tables.flatMap((table) => split(table, arrays, places));
  const made: Catalogue = { ...catalogue, tables };
  arraysOf.set(made, arrays);
  const place = (table: string, column: string) => places.get(`${table}\u0000${column}`) ?? { table, column };
  return { catalogue: made, arrays, place };
}

/** A collection, and a table for each array in it. */
function split(
  table: CatalogueTable,
  arrays: Map<string, ArrayTable>,
  places: Map<string, { table: string; column: string }>,
): CatalogueTable[] {
  if (table.kind !== 'collection') return [table];
  const key = keyOf(table);
  const paths = arrayPaths(table.columns);
  const own = table.columns.filter((column) => !column.repeated && !paths.includes(column.name)).map(settle);
  const kept = new Set(own.map((column) => column.name));
  const collection: CatalogueTable = {
    ...table,
    columns: own,
    foreignKeys: table.foreignKeys.filter((fk) => fk.columns.every((column) => kept.has(column))),
    uniqueKeys: table.uniqueKeys.filter((unique) => unique.columns.every((column) => kept.has(column))),
  };
  return [collection, ...paths.map((path) => arrayTable(table, key, path, paths, arrays, places))];
}

/** Paths of arrays, outer ones first: declared as arrays, else the first part of a repeated path. */
function arrayPaths(columns: readonly CatalogueColumn[]): string[] {
  const repeated = columns.filter((column) => column.repeated);
  const found = new Set<string>();
  for (const column of columns) {
    const within = repeated.some(({ name }) => name === column.name || name.startsWith(`${column.name}.`));
    if (column.type === 'array' && (within || elementType(column))) found.add(column.name);
  }
  for (const { name } of repeated)
    if (![...found].some((path) => name === path || name.startsWith(`${path}.`))) found.add(name.split('.')[0] ?? name);
  return [...found].sort((a, b) => a.length - b.length || (a < b ? -1 : 1));
}

function arrayTable(
  table: CatalogueTable,
  key: string,
  path: string,
  paths: readonly string[],
  arrays: Map<string, ArrayTable>,
  places: Map<string, { table: string; column: string }>,
): CatalogueTable {
  const outer = paths.filter((other) => path.startsWith(`${other}.`)).at(-1);
  const parent = outer === undefined ? key : `${key}.${outer}`;
  const inner = paths.filter((other) => other.startsWith(`${path}.`));
  const within = table.columns.filter(
    ({ name }) => name.startsWith(`${path}.`) && !inner.some((other) => name === other || name.startsWith(`${other}.`)),
  );
  const itself = table.columns.find(({ name }) => name === path);
  const plain = within.length === 0;
  const last = path.split('.').at(-1) ?? path;
  const element: CatalogueColumn = itself
    ? { ...itself, type: elementType(itself) ?? itself.type }
    : { name: last, type: 'text', nativeType: 'text', nullable: true };
  const columns = plain
    ? [{ ...settle(element), name: last }]
    : within.map((column) => ({ ...settle(column), name: column.name.slice(path.length + 1) }));
  const made = `${key}.${path}`;
  arrays.set(made, { parent, path: outer === undefined ? path : path.slice(outer.length + 1), plain });
  for (const column of columns)
    places.set(`${key}\u0000${plain ? path : `${path}.${column.name}`}`, { table: made, column: column.name });
  const cut = (name: string): string => (plain ? last : name.slice(path.length + 1));
  const names = new Set(columns.map((column) => column.name));
  const foreignKeys = table.foreignKeys
    .filter((fk) => fk.columns.every((name) => (name === path || name.startsWith(`${path}.`)) && names.has(cut(name))))
    .map((fk) => ({ ...fk, columns: fk.columns.map(cut) }));
  const owned = { columns: [OWNER], referencedTable: tableRef(parent, table), referencedColumns: [ownerColumn(table, outer)] };
  return {
    ...(table.schema ? { schema: table.schema } : {}),
    name: `${table.name}.${path}`,
    kind: 'collection',
    rowEstimate: null,
    columns: columns.map((column) => ({ ...column, repeated: undefined })),
    primaryKey: [],
    foreignKeys: [owned, ...foreignKeys],
    uniqueKeys: [],
    indexes: [],
  };
}

/** What single values an array holds, from the words that describe its type ("array of string"); null when they aren't single values. */
function elementType({ type, nativeType }: CatalogueColumn): ColumnType | null {
  const named = /^array of (\w+)$/.exec(nativeType)?.[1];
  return type === 'array' && named ? (ELEMENTS[named] ?? null) : null;
}

const ELEMENTS: Readonly<Record<string, ColumnType>> = {
  string: 'text',
  int: 'integer',
  long: 'bigint',
  double: 'double',
  decimal: 'decimal',
  date: 'timestamptz',
};

const tableRef = (key: string, table: CatalogueTable) => {
  const prefix = table.schema ? `${table.schema}.` : '';
  return { ...(table.schema ? { schema: table.schema } : {}), name: key.slice(prefix.length) };
};

const ownerColumn = (table: CatalogueTable, outer: string | undefined): string =>
  outer === undefined ? (table.primaryKey[0] ?? '_id') : OWNER;

/** A field of several types is read as the one that nearly all of its values have. */
function settle(column: CatalogueColumn): CatalogueColumn {
  const [most] = column.types ?? [];
  return column.type === 'mixed' && most && most.share >= 0.8
    ? { ...column, type: most.type, nativeType: most.nativeType }
    : column;
}

/** Values are sampled by collection and path; the view has those of arrays elsewhere. */
function placeValues(values: ValueIndex, view: View): ValueIndex {
  if (view.arrays.size === 0) return values;
  const back = new Map<string, { table: string; column: string }>();
  for (const [key, array] of view.arrays) {
    const collection = collectionOf(view.catalogue, key);
    const columns = view.catalogue.tables.find((table) => keyOf(table) === key)?.columns ?? [];
    const path = key.slice(collection.length + 1);
    for (const { name } of columns)
      back.set(`${key}\u0000${name}`, { table: collection, column: array.plain ? path : `${path}.${name}` });
  }
  const moved = <T extends { table: string; column: string }>(match: T): T => ({
    ...match,
    ...view.place(match.table, match.column),
  });
  const origin = (table: string, column: string) => back.get(`${table}\u0000${column}`) ?? { table, column };
  return {
    find: (words) => values.find(words).map(moved),
    similar: (word) => values.similar(word).map(moved),
    nearest: (table, column, value) => {
      const from = origin(table, column);
      return values.nearest(from.table, from.column, value);
    },
    profile: (table, column) => {
      const from = origin(table, column);
      return values.profile(from.table, from.column);
    },
  };
}
