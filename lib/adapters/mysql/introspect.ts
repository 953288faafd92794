import type { Catalogue, CatalogueColumn, CatalogueTable } from '../contract';
import type { MysqlConnection } from './connection';
import { SYSTEM_SCHEMAS } from './system-schemas';
import { declaredLabels, declaredType } from './types';

const IS_USER_SCHEMA = `NOT IN (${[...SYSTEM_SCHEMAS].map((name) => `'${name}'`).join(', ')})`;
const IN_USER_SCHEMA = `TABLE_SCHEMA ${IS_USER_SCHEMA}`;
const TABLE_KINDS = "TABLE_TYPE IN ('BASE TABLE', 'VIEW', 'SYSTEM VERSIONED')";

/** Every table and view outside the server's own databases that this login may see. */
export const READABLE_TABLES = `FROM information_schema.TABLES WHERE ${IN_USER_SCHEMA} AND ${TABLE_KINDS}`;

const TABLES = `
  SELECT TABLE_SCHEMA, TABLE_NAME, TABLE_TYPE, TABLE_ROWS, TABLE_COMMENT, CREATE_OPTIONS LIKE '%partitioned%'
  ${READABLE_TABLES} ORDER BY TABLE_SCHEMA, TABLE_NAME`;

const COLUMNS = `
  SELECT TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME, COLUMN_TYPE, IS_NULLABLE, COLUMN_DEFAULT, EXTRA, COLUMN_COMMENT, COALESCE(GENERATION_EXPRESSION, '') <> ''
  FROM information_schema.COLUMNS WHERE ${IN_USER_SCHEMA} ORDER BY TABLE_SCHEMA, TABLE_NAME, ORDINAL_POSITION`;

const INDEXES = (expression: string) => `
  SELECT TABLE_SCHEMA, TABLE_NAME, INDEX_NAME, NON_UNIQUE, ${expression}
  FROM information_schema.STATISTICS WHERE ${IN_USER_SCHEMA} ORDER BY TABLE_SCHEMA, TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX`;

const FOREIGN_KEYS = `
  SELECT TABLE_SCHEMA, TABLE_NAME, CONSTRAINT_NAME, COLUMN_NAME, REFERENCED_TABLE_SCHEMA, REFERENCED_TABLE_NAME, REFERENCED_COLUMN_NAME
  FROM information_schema.KEY_COLUMN_USAGE WHERE ${IN_USER_SCHEMA} AND REFERENCED_TABLE_NAME IS NOT NULL
  ORDER BY TABLE_SCHEMA, TABLE_NAME, CONSTRAINT_NAME, ORDINAL_POSITION`;

/** MariaDB's JSON is a longtext with this check on its column. */
const JSON_CHECKS = `
  SELECT CONSTRAINT_SCHEMA, TABLE_NAME, CHECK_CLAUSE FROM information_schema.CHECK_CONSTRAINTS
  WHERE CHECK_CLAUSE LIKE 'json_valid(%' AND CONSTRAINT_SCHEMA ${IS_USER_SCHEMA}`;

type TextRow = (string | null)[];
type Tables = Map<string, CatalogueTable>;

/** The whole catalogue in five queries, six on MariaDB, however many tables there are (D9). */
export async function introspect(connection: MysqlConnection): Promise<Catalogue> {
  connection.markUsed();
  const [[schema = null] = []] = await connection.rows('SELECT DATABASE()');
  const tables: Tables = new Map();
  for (const row of await connection.rows(TABLES)) tables.set(keyOf(row), tableOf(row));
  const json = connection.isMariaDb ? await jsonColumns(connection) : new Set<string>();
  for (const row of await connection.rows(COLUMNS)) addColumn(tables.get(keyOf(row)), columnOf(row, json, connection.isMariaDb));
  const indexed = connection.indexesExpressions ? 'COALESCE(COLUMN_NAME, EXPRESSION)' : 'COLUMN_NAME';
  for (const row of await connection.rows(INDEXES(indexed))) addIndexPart(tables.get(keyOf(row)), row);
  for (const row of await connection.rows(FOREIGN_KEYS)) addForeignKeyPart(tables.get(keyOf(row)), row);
  for (const table of tables.values()) nameKeys(table);
  return { defaultSchema: schema ?? undefined, tables: [...tables.values()] };
}

function keyOf([schema, table]: TextRow): string {
  return `${schema}\0${table}`;
}

function tableOf([schema, name, type, rows, comment, partitioned]: TextRow): CatalogueTable {
  const isView = type === 'VIEW';
  return {
    schema: schema ?? '',
    name: name ?? '',
    kind: isView ? 'view' : partitioned === '1' ? 'partitioned table' : 'table',
    ...(comment && !isView ? { comment } : {}),
    rowEstimate: isView || rows === null || rows === undefined ? null : Number(rows),
    columns: [],
    primaryKey: [],
    foreignKeys: [],
    uniqueKeys: [],
    indexes: [],
  };
}

function columnOf(row: TextRow, json: ReadonlySet<string>, isMariaDb: boolean): CatalogueColumn {
  const [, , name, declared, nullable, value, extra, comment, generated] = row;
  const isJson = declared === 'longtext' && json.has(`${keyOf(row)}\0${name}`);
  const nativeType = isJson ? 'json' : (declared ?? 'unknown');
  const labels = declaredLabels(nativeType);
  const isGenerated = generated === '1';
  const expression = isGenerated ? undefined : defaultOf(value ?? null, extra ?? '', isMariaDb);
  return {
    name: name ?? '',
    type: declaredType(nativeType),
    nativeType,
    nullable: nullable === 'YES',
    ...(expression === undefined ? {} : { default: expression }),
    ...(comment ? { comment } : {}),
    ...(isGenerated ? { generated: true } : {}),
    ...(labels ? { enumValues: labels } : {}),
  };
}

/** As an expression of SQL. MariaDB writes it so already, and "NULL" for none; MySQL gives the bare value of a literal. */
function defaultOf(value: string | null, extra: string, isMariaDb: boolean): string | undefined {
  if (/auto_increment/i.test(extra)) return 'AUTO_INCREMENT';
  if (value === null || (isMariaDb && value === 'NULL')) return undefined;
  if (isMariaDb || /DEFAULT_GENERATED/i.test(extra) || /^-?\d+(?:\.\d+)?$|^b'|^CURRENT_TIMESTAMP/i.test(value)) return value;
  return `'${value.replaceAll("'", "''")}'`;
}

/** A view's columns repeat the defaults and constraints of the tables below; what a view itself says of them is nothing. */
function addColumn(table: CatalogueTable | undefined, column: CatalogueColumn): void {
  if (table?.kind === 'view') {
    const { default: _, ...seen } = column;
    table.columns.push({ ...seen, nullable: true });
  } else table?.columns.push(column);
}

async function jsonColumns(connection: MysqlConnection): Promise<Set<string>> {
  const found = new Set<string>();
  for (const row of await connection.rows(JSON_CHECKS)) {
    const column = /^json_valid\(`((?:[^`]|``)+)`\)$/i.exec(row[2] ?? '')?.[1];
    if (column !== undefined) found.add(`${keyOf(row)}\0${column.replaceAll('``', '`')}`);
  }
  return found;
}

function addIndexPart(table: CatalogueTable | undefined, [, , name, nonUnique, column]: TextRow): void {
  if (!table) return;
  const known = table.indexes.at(-1);
  if (known !== undefined && known.name === name) known.columns.push(column ?? '');
  else table.indexes.push({ name: name ?? '', columns: [column ?? ''], unique: nonUnique === '0' });
}

function addForeignKeyPart(table: CatalogueTable | undefined, row: TextRow): void {
  if (!table) return;
  const [, , name, column, schema, target, referenced] = row;
  const known = table.foreignKeys.at(-1);
  if (known !== undefined && known.name === name) {
    known.columns.push(column ?? '');
    known.referencedColumns.push(referenced ?? '');
  } else {
    table.foreignKeys.push({
      name: name ?? undefined,
      columns: [column ?? ''],
      referencedTable: { schema: schema ?? undefined, name: target ?? '' },
      referencedColumns: [referenced ?? ''],
    });
  }
}

/** Both servers keep every key as an index: PRIMARY is the primary key, unique ones are unique keys. */
function nameKeys(table: CatalogueTable): void {
  table.primaryKey = table.indexes.find((index) => index.name === 'PRIMARY')?.columns ?? [];
  table.uniqueKeys = table.indexes
    .filter((index) => index.unique && index.name !== 'PRIMARY')
    .map(({ name, columns }) => ({ name, columns }));
}
