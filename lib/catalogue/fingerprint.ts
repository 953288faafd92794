import { createHash } from 'node:crypto';
import type { Catalogue, CatalogueColumn, CatalogueTable, ForeignKey } from '../adapters/contract';
import { tableKey } from './table-key';

/**
 * Fingerprint of a whole catalogue: SHA-256 (hex) of a canonical form in which the order of tables, columns, keys and indexes doesn't
 * matter, and from which everything estimated is left out (row estimates; of sampled documents the shares and what follows from
 * them), so that it changes exactly when the structure does.
 */
export function fingerprintCatalogue(catalogue: Catalogue): string {
  const tables = inAnyOrder(catalogue.tables, canonicalTable);
  return sha256(`{"defaultSchema":${JSON.stringify(catalogue.defaultSchema ?? null)},"tables":${tables}}`);
}

/** Fingerprint of one table, by the same rules. */
export function fingerprintTable(table: CatalogueTable): string {
  return sha256(canonicalTable(table));
}

function canonicalTable(table: CatalogueTable): string {
  const head = JSON.stringify({ key: tableKey(table), kind: table.kind, comment: table.comment ?? null }).slice(0, -1);
  const parts = [
    `"columns":${inAnyOrder(table.columns, canonicalColumn)}`,
    `"primaryKey":${JSON.stringify(table.primaryKey)}`,
    `"foreignKeys":${inAnyOrder(table.foreignKeys, canonicalForeignKey)}`,
    `"uniqueKeys":${inAnyOrder(table.uniqueKeys, (key) => JSON.stringify({ name: key.name ?? null, columns: key.columns }))}`,
    `"indexes":${inAnyOrder(table.indexes, ({ name, columns, unique }) => JSON.stringify({ name, columns, unique }))}`,
  ];
  return `${head},${parts.join(',')}}`;
}

function canonicalColumn(column: CatalogueColumn): string {
  const sampled = column.share !== undefined;
  return JSON.stringify({
    name: column.name,
    type: column.type,
    nativeType: sampled ? typesInOrder(column.nativeType) : column.nativeType,
    nullable: sampled || column.nullable,
    default: column.default ?? null,
    comment: column.comment ?? null,
    generated: column.generated ?? false,
    enumValues: column.enumValues ?? null,
    ...(column.repeated ? { repeated: true } : {}),
  });
}

/** "int | double" as "double | int": which is more frequent is an estimate. */
export const typesInOrder = (nativeType: string): string => nativeType.split(' | ').sort().join(' | ');

function canonicalForeignKey(key: ForeignKey): string {
  return JSON.stringify({
    name: key.name ?? null,
    columns: key.columns,
    referencedTable: tableKey(key.referencedTable),
    referencedColumns: key.referencedColumns,
    inferred: key.inferred ?? false,
  });
}

/** Each item's text is made once: a thousand tables sorted by texts made anew for every comparison took a tenth of a second. */
function inAnyOrder<T>(items: readonly T[], text: (item: T) => string): string {
  return `[${items.map(text).sort().join(',')}]`;
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
