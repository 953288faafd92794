import type { Catalogue, CatalogueColumn, CatalogueTable, ForeignKey } from '../contract';
import type { PostgresConnection } from './connection';
import { valueType } from './types';

/** Every table-like thing outside the system's schemas that this login may read, partitions included. */
export const READABLE_RELATIONS = `
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'v', 'm', 'f', 'p') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    AND has_schema_privilege(n.oid, 'USAGE') AND has_any_column_privilege(c.oid, 'SELECT')`;

const TABLES = `
  SELECT c.oid, n.nspname, c.relname, c.relkind, obj_description(c.oid, 'pg_class'),
    CASE WHEN c.relkind IN ('r', 'm', 'p', 'f') AND c.reltuples >= 0 THEN c.reltuples::bigint
      WHEN c.relkind = 'r' AND pg_relation_size(c.oid) = 0 THEN 0 END
  ${READABLE_RELATIONS} ORDER BY n.nspname, c.relname`;

const COLUMNS = `
  SELECT a.attrelid, a.attname, CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE t.oid END, a.atttypmod,
    format_type(a.atttypid, a.atttypmod), a.attnotnull OR (t.typtype = 'd' AND t.typnotnull), pg_get_expr(d.adbin, d.adrelid),
    col_description(a.attrelid, a.attnum), a.attgenerated <> '', a.attidentity,
    (SELECT json_agg(e.enumlabel ORDER BY e.enumsortorder) FROM pg_catalog.pg_enum e
      WHERE e.enumtypid = CASE WHEN t.typtype = 'd' THEN t.typbasetype WHEN t.typcategory = 'A' THEN t.typelem ELSE t.oid END)
  FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
  LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
  WHERE a.attnum > 0 AND NOT a.attisdropped AND a.attrelid IN (SELECT c.oid ${READABLE_RELATIONS})
  ORDER BY a.attrelid, a.attnum`;

const CONSTRAINTS = `
  SELECT k.conrelid, k.contype, k.conname,
    (SELECT json_agg(a.attname ORDER BY u.place) FROM unnest(k.conkey) WITH ORDINALITY u(num, place)
      JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.num),
    fn.nspname, fc.relname,
    (SELECT json_agg(a.attname ORDER BY u.place) FROM unnest(k.confkey) WITH ORDINALITY u(num, place)
      JOIN pg_catalog.pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.num)
  FROM pg_catalog.pg_constraint k
  LEFT JOIN pg_catalog.pg_class fc ON fc.oid = k.confrelid LEFT JOIN pg_catalog.pg_namespace fn ON fn.oid = fc.relnamespace
  WHERE k.contype IN ('p', 'u', 'f') AND k.conrelid IN (SELECT c.oid ${READABLE_RELATIONS})
  ORDER BY k.conrelid, k.conname`;

const INDEXES = `
  SELECT i.indrelid, ic.relname, i.indisunique,
    (SELECT json_agg(pg_get_indexdef(i.indexrelid, k, true) ORDER BY k) FROM generate_series(1, i.indnkeyatts) k)
  FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class ic ON ic.oid = i.indexrelid
  WHERE i.indislive AND i.indrelid IN (SELECT c.oid ${READABLE_RELATIONS})
  ORDER BY i.indrelid, ic.relname`;

const KINDS: Record<string, CatalogueTable['kind']> = {
  r: 'table',
  v: 'view',
  m: 'materialized view',
  f: 'foreign table',
  p: 'partitioned table',
};

type TextRow = (string | null)[];

/** The whole catalogue in five queries, however many tables there are (D9). */
export async function introspect(connection: PostgresConnection): Promise<Catalogue> {
  const [schema = []] = await connection.rows('SELECT current_schema()');
  await connection.refreshTypes();
  const tables = new Map<string, CatalogueTable>();
  for (const row of await connection.rows(TABLES)) tables.set(row[0] ?? '', tableOf(row));
  for (const row of await connection.rows(COLUMNS)) tables.get(row[0] ?? '')?.columns.push(columnOf(row, connection));
  for (const row of await connection.rows(CONSTRAINTS)) addConstraint(tables.get(row[0] ?? ''), row);
  for (const [table, name, unique, columns] of await connection.rows(INDEXES)) {
    tables.get(table ?? '')?.indexes.push({ name: name ?? '', columns: names(columns).map(unquote), unique: unique === 't' });
  }
  return { defaultSchema: schema[0] ?? undefined, tables: [...tables.values()] };
}

function tableOf([, schema, name, kind, comment, rowEstimate]: TextRow): CatalogueTable {
  return {
    schema: schema ?? '',
    name: name ?? '',
    kind: KINDS[kind ?? 'r'] ?? 'table',
    ...(comment ? { comment } : {}),
    rowEstimate: rowEstimate === null || rowEstimate === undefined ? null : Number(rowEstimate),
    columns: [],
    primaryKey: [],
    foreignKeys: [],
    uniqueKeys: [],
    indexes: [],
  };
}

function columnOf(row: TextRow, connection: PostgresConnection): CatalogueColumn {
  const [, name, oid, modifier, nativeType, notNull, expression, comment, generated, identity, labels] = row;
  const known = valueType(Number(oid), Number(modifier), connection.customTypes);
  const isGenerated = generated === 't';
  return {
    name: name ?? '',
    type: known?.type ?? 'unknown',
    nativeType: nativeType ?? 'unknown',
    nullable: notNull !== 't',
    ...(expression && !isGenerated ? { default: expression } : {}),
    ...(identity ? { default: `GENERATED ${identity === 'a' ? 'ALWAYS' : 'BY DEFAULT'} AS IDENTITY` } : {}),
    ...(comment ? { comment } : {}),
    ...(isGenerated ? { generated: true } : {}),
    ...(labels ? { enumValues: JSON.parse(labels) as string[] } : {}),
  };
}

function addConstraint(table: CatalogueTable | undefined, [, kind, name, columns, schema, target, referenced]: TextRow): void {
  if (!table) return;
  if (kind === 'p') table.primaryKey = names(columns);
  else if (kind === 'u') table.uniqueKeys.push({ name: name ?? undefined, columns: names(columns) });
  else {
    const key: ForeignKey = {
      name: name ?? undefined,
      columns: names(columns),
      referencedTable: { schema: schema ?? undefined, name: target ?? '' },
      referencedColumns: names(referenced),
    };
    table.foreignKeys.push(key);
  }
}

function names(json: string | null | undefined): string[] {
  return json ? (JSON.parse(json) as string[]) : [];
}

/** pg_get_indexdef writes identifiers as they stand in SQL; an expression stays as it is. */
function unquote(column: string): string {
  return /^"(?:[^"]|"")*"$/.test(column) ? column.slice(1, -1).replaceAll('""', '"') : column;
}
