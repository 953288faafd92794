import type { Catalogue, CatalogueColumn, CatalogueTable, ColumnType, ForeignKey } from '../adapters/contract';
import type { TableDescriptions } from './record';
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
  /** Of sampled documents, see CatalogueColumn: how many have the path, which types were met, whether it has several values. */
  share?: number;
  types?: CatalogueColumn['types'];
  repeated?: boolean;
}

export interface TableAnswer {
  schema?: string;
  name: string;
  kind: CatalogueTable['kind'];
  comment?: string;
  description?: string;
  /** Who wrote the description, when Quarry's own rules didn't. */
  describedBy?: 'model' | 'person';
  rowEstimate: number | null;
  columns: ColumnAnswer[];
  primaryKey: string[];
  foreignKeys: ForeignKey[];
  uniqueKeys: CatalogueTable['uniqueKeys'];
  indexes: CatalogueTable['indexes'];
}

/** The catalogue's tables as the HTTP contract shows them: a column's `type` is the engine's own text, `family` ours. */
export function tableAnswers(catalogue: Catalogue, descriptions: Readonly<TableDescriptions>): TableAnswer[] {
  return catalogue.tables.map((table) => {
    const { schema, name, kind, comment, rowEstimate, columns, ...keys } = table;
    const description = descriptions[tableKey(table)];
    return {
      ...(schema === undefined ? {} : { schema }),
      name,
      kind,
      ...(comment === undefined ? {} : { comment }),
      ...(description === undefined ? {} : { description: description.text }),
      ...(description === undefined || description.by === 'builtin' ? {} : { describedBy: description.by }),
      rowEstimate,
      columns: columns.map(({ type, nativeType, ...column }) => ({ ...column, type: nativeType, family: type })),
      primaryKey: keys.primaryKey,
      foreignKeys: keys.foreignKeys,
      uniqueKeys: keys.uniqueKeys,
      indexes: keys.indexes,
    };
  });
}
