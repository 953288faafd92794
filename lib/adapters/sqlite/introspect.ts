import { QuarryError } from '../../kernel/errors';
import type { Catalogue, CatalogueTable, ForeignKey } from '../contract';
import { type RawValue, typeOfDeclared } from './values';

type Read = (text: string, params: RawValue[]) => Promise<RawValue[][]>;

const TABLES = `FROM pragma_table_list AS t
  WHERE t.schema = 'main' AND t.type IN ('table', 'view', 'virtual') AND t.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'`;
const JOINED = (source: string) => TABLES.replace('WHERE', `JOIN ${source} WHERE`);

/** Rows of a table are counted up to here; beyond, the highest rowid is the estimate. */
const COUNT_UP_TO = 200_000;
/** Tables per counting query: SQLite allows 500 parts of a compound. */
const COUNT_TABLES = 200;

/** Tables, views, columns, keys, indexes and row estimates in a constant number of queries, plus one count per 200 tables [D1 D9]. */
export async function introspect(read: Read): Promise<Catalogue> {
  const tables = new Map<string, CatalogueTable>();
  for (const [name, type] of await read(`SELECT t.name, t.type ${TABLES} ORDER BY t.name`, [])) {
    tables.set(text(name), {
      name: text(name),
      kind: type === 'view' ? 'view' : 'table',
      rowEstimate: null,
      columns: [],
      primaryKey: [],
      foreignKeys: [],
      uniqueKeys: [],
      indexes: [],
    });
  }
  await readColumns(read, tables);
  await readForeignKeys(read, tables);
  await readIndexes(read, tables);
  await countRows(read, tables);
  return { tables: [...tables.values()] };
}

async function readColumns(read: Read, tables: Map<string, CatalogueTable>): Promise<void> {
  const keys = new Map<string, [number, string][]>();
  for (const row of await columnRows(read, tables)) {
    const [tableName, name, declared, notNull, fallback, keyPosition, hidden] = row;
    const table = tables.get(text(tableName));
    // Hidden columns of virtual tables (1) are arguments, not data; 2 and 3 are generated.
    if (!table || hidden === 1n) continue;
    table.columns.push({
      name: text(name),
      // SQLite calls an expression column of a view BLOB, whatever is in it.
      type: table.kind === 'view' && declared === 'BLOB' ? 'mixed' : typeOfDeclared(text(declared)),
      nativeType: text(declared) || 'ANY',
      nullable: notNull === 0n && keyPosition === 0n,
      ...(fallback === null ? {} : { default: text(fallback) }),
      ...(hidden === 2n || hidden === 3n ? { generated: true } : {}),
    });
    if (keyPosition !== 0n) keys.set(table.name, [...(keys.get(table.name) ?? []), [Number(keyPosition), text(name)]]);
  }
  for (const [name, parts] of keys) {
    const table = tables.get(name);
    if (table) table.primaryKey = parts.sort((a, b) => a[0] - b[0]).map(([, column]) => column);
  }
}

/** One query; a view over something that no longer exists spoils it, then the tables come in one and each view by itself. */
async function columnRows(read: Read, tables: Map<string, CatalogueTable>): Promise<RawValue[][]> {
  const columns = 'SELECT t.name, c.name, c.type, c."notnull", c.dflt_value, c.pk, c.hidden';
  const query = `${columns} ${JOINED('pragma_table_xinfo(t.name) AS c')}`;
  const order = 'ORDER BY t.name, c.cid';
  try {
    return await read(`${query} ${order}`, []);
  } catch (error) {
    if (!(error instanceof QuarryError) || error.code !== 'query.failed') throw error;
  }
  const rows = await read(`${query} AND t.type <> 'view' ${order}`, []);
  for (const table of tables.values()) {
    if (table.kind !== 'view') continue;
    const own = await read(`${query} AND t.name = ? ${order}`, [table.name]).catch(() => []);
    rows.push(...own);
  }
  return rows;
}

async function readForeignKeys(read: Read, tables: Map<string, CatalogueTable>): Promise<void> {
  const rows = await read(
    `SELECT t.name, f.id, f."table", f."from", f."to" ${JOINED('pragma_foreign_key_list(t.name) AS f')} AND t.type = 'table' ORDER BY t.name, f.id, f.seq`,
    [],
  );
  const keys = new Map<string, ForeignKey>();
  for (const [tableName, id, target, from, to] of rows) {
    const table = tables.get(text(tableName));
    if (!table) continue;
    const mark = `${table.name}\0${String(id)}`;
    const known = keys.get(mark);
    const key = known ?? { columns: [], referencedTable: { name: realName(text(target), tables) }, referencedColumns: [] };
    key.columns.push(text(from));
    // Without a named column the key means the other table's primary key.
    const position = key.columns.length - 1;
    const implied = tables.get(key.referencedTable.name)?.primaryKey[position];
    key.referencedColumns.push(to === null ? (implied ?? 'rowid') : text(to));
    if (!known) {
      keys.set(mark, key);
      table.foreignKeys.push(key);
    }
  }
}

/** Foreign keys may name their table in other letter case. */
function realName(name: string, tables: Map<string, CatalogueTable>): string {
  if (tables.has(name)) return name;
  return [...tables.keys()].find((known) => known.toLowerCase() === name.toLowerCase()) ?? name;
}

async function readIndexes(read: Read, tables: Map<string, CatalogueTable>): Promise<void> {
  const rows = await read(
    `SELECT t.name, l.name, l."unique", l.origin, i.name ${JOINED('pragma_index_list(t.name) AS l JOIN pragma_index_info(l.name) AS i')} AND t.type = 'table' ORDER BY t.name, l.seq, i.seqno`,
    [],
  );
  const indexes = new Map<string, { table: CatalogueTable; origin: string; index: CatalogueTable['indexes'][number] }>();
  for (const [tableName, name, unique, origin, column] of rows) {
    const table = tables.get(text(tableName));
    if (!table) continue;
    const known = indexes.get(text(name)) ?? {
      table,
      origin: text(origin),
      index: { name: text(name), columns: [], unique: unique === 1n },
    };
    if (column !== null) known.index.columns.push(text(column));
    indexes.set(text(name), known);
  }
  for (const { table, origin, index } of indexes.values()) {
    table.indexes.push(index);
    if (index.unique && origin !== 'pk' && index.columns.length > 0)
      table.uniqueKeys.push({ name: index.name, columns: index.columns });
  }
}

async function countRows(read: Read, tables: Map<string, CatalogueTable>): Promise<void> {
  const counted = [...tables.values()].filter((table) => table.kind === 'table');
  for (let from = 0; from < counted.length; from += COUNT_TABLES) {
    const part = counted.slice(from, from + COUNT_TABLES);
    const query = part
      .map(
        (table, index) => `SELECT ${index}, (SELECT count(*) FROM (SELECT 1 FROM ${quote(table.name)} LIMIT ${COUNT_UP_TO + 1}))`,
      )
      .join(' UNION ALL ');
    // A broken virtual table must not cost the others their schema.
    for (const [index, count] of await read(query, []).catch(() => [])) {
      const table = part[Number(index)];
      if (table) table.rowEstimate = Number(count);
    }
    for (const table of part.filter((candidate) => (candidate.rowEstimate ?? 0) > COUNT_UP_TO)) {
      const [row] = await read(`SELECT max(rowid) FROM ${quote(table.name)}`, []).catch(() => []);
      if (row?.[0] !== undefined && row[0] !== null) table.rowEstimate = Number(row[0]);
    }
  }
}

const quote = (name: string) => `"${name.replaceAll('"', '""')}"`;
const text = (value: RawValue | undefined): string =>
  typeof value === 'string' ? value : value === null || value === undefined ? '' : String(value);
