import type { Catalogue, CatalogueTable, ColumnType, ForeignKey } from '../adapters/contract';
import { tableKey } from './table-key';

interface ColumnAnswer {
  name: string;
  /** The engine's own type text. */
  type: string;
  family: ColumnType;
  nullable: boolean;
  default?: string;
  comment?: string;
  generated?: boolean;
  enumValues?: string[];
}

export interface TableAnswer {
  schema?: string;
  name: string;
  kind: CatalogueTable['kind'];
  comment?: string;
  description?: string;
  rowEstimate: number | null;
  columns: ColumnAnswer[];
  primaryKey: string[];
  foreignKeys: ForeignKey[];
  uniqueKeys: CatalogueTable['uniqueKeys'];
  indexes: CatalogueTable['indexes'];
}

/** The catalogue's tables as the HTTP contract shows them: a column's `type` is the engine's own text, `family` ours. */
export function tableAnswers(catalogue: Catalogue, descriptions: Readonly<Record<string, string>>): TableAnswer[] {
  return catalogue.tables.map((table) => {
    const { schema, name, kind, comment, rowEstimate, columns, ...keys } = table;
    const description = descriptions[tableKey(table)];
    return {
      ...(schema === undefined ? {} : { schema }),
      name,
      kind,
      ...(comment === undefined ? {} : { comment }),
      ...(description === undefined ? {} : { description }),
      rowEstimate,
      columns: columns.map(({ type, nativeType, ...column }) => ({ ...column, type: nativeType, family: type })),
      primaryKey: keys.primaryKey,
      foreignKeys: keys.foreignKeys,
      uniqueKeys: keys.uniqueKeys,
      indexes: keys.indexes,
    };
  });
}
