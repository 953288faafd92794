import type { Catalogue, CatalogueColumn, CatalogueTable, ColumnType, ForeignKey } from '../adapters/contract';
import { tableKey } from './table-key';
import { identifierWords, singular } from './words';

interface InferredForeignKey {
  table: CatalogueTable;
  foreignKey: ForeignKey;
}

/**
 * Guesses references that nobody declared, from naming conventions, and marks them `inferred`. Conservative: the type must agree
 * with the target's single-column key, exactly one target must fit, and a column with a declared key is left alone.
 *  - `customer_id`, `customerId`, `CustomerID` → key of customer(s); `billing_address_id` → address(es), longest match first
 *  - `parent_id`, `parent_category_id` → the own table
 *  - a column named like the distinctive key of exactly one other table (`stu_id`, `country_code`) → that key
 * @returns in the catalogue's order, so that it is deterministic
 */
export function inferForeignKeys(catalogue: Catalogue): InferredForeignKey[] {
  const targets = indexTargets(catalogue);
  const out: InferredForeignKey[] = [];
  for (const table of catalogue.tables) {
    if (table.kind.endsWith('view')) continue;
    const declared = new Set(table.foreignKeys.flatMap((key) => key.columns));
    for (const column of table.columns) {
      if (declared.has(column.name)) continue;
      if (table.primaryKey.length === 1 && table.primaryKey[0] === column.name) continue;
      const target = findTarget(table, column, targets);
      if (target) out.push({ table, foreignKey: reference(column, target) });
    }
  }
  return out;
}

/** The catalogue with inferred references added to the declared ones. The given one isn't changed. */
export function withInferredForeignKeys(catalogue: Catalogue): Catalogue {
  const added = new Map<string, ForeignKey[]>();
  for (const { table, foreignKey } of inferForeignKeys(catalogue)) {
    const key = tableKey(table);
    added.set(key, [...(added.get(key) ?? []), foreignKey]);
  }
  return {
    ...catalogue,
    tables: catalogue.tables.map((table) => {
      const extra = added.get(tableKey(table));
      return extra ? { ...table, foreignKeys: [...table.foreignKeys, ...extra] } : table;
    }),
  };
}

interface Target {
  table: CatalogueTable;
  key: CatalogueColumn;
}

const KEY_WORDS = new Set(['id', 'uuid', 'guid']);
/** Endings that make a column name distinctive enough to refer by name alone. */
const DISTINCTIVE = /(id|code|key|no|nr|num|number|uuid|guid|ref|sku|isbn)$/i;
const GENERIC = new Set(['id', 'code', 'key', 'no', 'nr', 'num', 'number', 'uuid', 'guid', 'ref', 'rowid', 'oid']);

/** What may be referred to, by what its name says one row is, and by the name of its key. */
interface Targets {
  byNoun: Map<string, Target[]>;
  byKey: Map<string, Target[]>;
}

function indexTargets(catalogue: Catalogue): Targets {
  const targets: Targets = { byNoun: new Map(), byKey: new Map() };
  const add = (map: Map<string, Target[]>, name: string, target: Target) => {
    const list = map.get(name);
    if (list) list.push(target);
    else map.set(name, [target]);
  };
  for (const table of catalogue.tables) {
    const key = keyColumn(table);
    if (!key) continue;
    add(targets.byNoun, nounPhrase(identifierWords(table.name)), { table, key });
    add(targets.byKey, key.name.toLowerCase(), { table, key });
  }
  return targets;
}

function findTarget(table: CatalogueTable, column: CatalogueColumn, targets: Targets): Target | null {
  const fitting = (list: Target[] | undefined) => (list ?? []).filter((target) => typesAgree(column.type, target.key.type));
  const words = identifierWords(column.name);
  if (words.length > 1 && KEY_WORDS.has(words.at(-1) ?? '')) {
    const role = words.slice(0, -1);
    for (let start = 0; start < role.length; start++) {
      const found = only(table, fitting(targets.byNoun.get(nounPhrase(role.slice(start)))));
      if (found !== 'none') return found;
    }
    if (role.length === 1 && role[0] === 'parent') {
      const key = keyColumn(table);
      return key && typesAgree(column.type, key.type) ? { table, key } : null;
    }
  }
  const name = column.name.toLowerCase();
  if (!DISTINCTIVE.test(name) || GENERIC.has(name)) return null;
  const found = only(
    table,
    fitting(targets.byKey.get(name)).filter((target) => target.table !== table),
  );
  return found === 'none' ? null : found;
}

/** The one candidate; several are narrowed to the own schema, and if that leaves several, none is right. */
function only(table: CatalogueTable, candidates: Target[]): Target | null | 'none' {
  if (candidates.length === 0) return 'none';
  if (candidates.length === 1) return candidates[0] ?? null;
  const near = candidates.filter((target) => target.table.schema === table.schema);
  return near.length === 1 ? (near[0] ?? null) : null;
}

const nounPhrase = (words: string[]) => words.map((word, i) => (i === words.length - 1 ? singular(word) : word)).join(' ');

/** The column that a reference would point to: a single-column primary key, else a single-column unique key that looks like an id. */
function keyColumn(table: CatalogueTable): CatalogueColumn | null {
  if (table.kind.endsWith('view')) return null;
  const names = table.primaryKey.length === 1 ? table.primaryKey : [];
  const unique = table.uniqueKeys.filter((key) => key.columns.length === 1).flatMap((key) => key.columns);
  const name = names[0] ?? (table.primaryKey.length === 0 ? unique.find((candidate) => DISTINCTIVE.test(candidate)) : undefined);
  return table.columns.find((column) => column.name === name) ?? null;
}

const INTEGERS = new Set<ColumnType>(['integer', 'bigint']);
const REFERABLE = new Set<ColumnType>(['integer', 'bigint', 'text', 'uuid', 'objectid', 'decimal']);

function typesAgree(a: ColumnType, b: ColumnType): boolean {
  return REFERABLE.has(a) && (a === b || (INTEGERS.has(a) && INTEGERS.has(b)));
}

function reference(column: CatalogueColumn, target: Target): ForeignKey {
  const { schema, name } = target.table;
  return {
    columns: [column.name],
    referencedTable: schema === undefined ? { name } : { schema, name },
    referencedColumns: [target.key.name],
    inferred: true,
  };
}
