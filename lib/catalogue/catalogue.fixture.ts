import type { CatalogueColumn, CatalogueTable, ColumnType } from '../adapters/contract';

/** Catalogues for tests, written shortly. */
export function column(name: string, type: ColumnType = 'text', more: Partial<CatalogueColumn> = {}): CatalogueColumn {
  return { name, type, nativeType: type, nullable: true, ...more };
}

export function table(name: string, columns: CatalogueColumn[], more: Partial<CatalogueTable> = {}): CatalogueTable {
  return {
    name,
    kind: 'table',
    rowEstimate: null,
    columns,
    primaryKey: [],
    foreignKeys: [],
    uniqueKeys: [],
    indexes: [],
    ...more,
  };
}
