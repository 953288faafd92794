import { createHash } from 'node:crypto';
import type { Catalogue, CatalogueTable, ForeignKey } from '../adapters/contract';
import { tableKey } from './table-key';

/**
 * Fingerprint of a whole catalogue: SHA-256 (hex) of a canonical form in which the order of tables, columns, keys and indexes
 * doesn't matter and row estimates are left out, so that it changes exactly when the structure does.
 */
export function fingerprintCatalogue(catalogue: Catalogue): string {
  const tables = catalogue.tables.map((table) => canonicalTable(table)).sort(byJson);
  return sha256({ defaultSchema: catalogue.defaultSchema ?? null, tables });
}

/** Fingerprint of one table, by the same rules. */
export function fingerprintTable(table: CatalogueTable): string {
  return sha256(canonicalTable(table));
}

function canonicalTable(table: CatalogueTable) {
  return {
    key: tableKey(table),
    kind: table.kind,
    comment: table.comment ?? null,
    columns: table.columns
      .map((column) => ({
        name: column.name,
        type: column.type,
        nativeType: column.nativeType,
        nullable: column.nullable,
        default: column.default ?? null,
        comment: column.comment ?? null,
        generated: column.generated ?? false,
        enumValues: column.enumValues ?? null,
      }))
      .sort(byJson),
    primaryKey: table.primaryKey,
    foreignKeys: table.foreignKeys.map(canonicalForeignKey).sort(byJson),
    uniqueKeys: table.uniqueKeys.map((key) => ({ name: key.name ?? null, columns: key.columns })).sort(byJson),
    indexes: table.indexes.map((index) => ({ name: index.name, columns: index.columns, unique: index.unique })).sort(byJson),
  };
}

function canonicalForeignKey(key: ForeignKey) {
  return {
    name: key.name ?? null,
    columns: key.columns,
    referencedTable: tableKey(key.referencedTable),
    referencedColumns: key.referencedColumns,
    inferred: key.inferred ?? false,
  };
}

const sha256 = (value: unknown) => createHash('sha256').update(JSON.stringify(value)).digest('hex');

function byJson(a: unknown, b: unknown): number {
  const left = JSON.stringify(a);
  const right = JSON.stringify(b);
  return left < right ? -1 : left > right ? 1 : 0;
}
