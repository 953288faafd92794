import type { CatalogueTable, Feature } from '../contract';

/** A table of the catalogue, without what may differ between engines for good reasons (types' names, sizes, order of tables). */
interface NormalTable {
  name: string;
  kind: string;
  /** Names, with marks for what must be seen: NOT NULL, DEFAULT, GENERATED. */
  columns: string[];
  primaryKey: string[];
  foreignKeys: string[];
  uniqueKeys: string[];
  /** Whether the number of rows is known at least roughly. */
  rowsKnown: boolean;
}

/**
 * The shop after normalising: what every engine must see in its own version of it (D1). It has one customer ('north', 1, 'a@example.com', 'Ann')
 * and one order (1, 'north', 1, 'x', 12.50, doubled by the database, 'open').
 */
const SHOP: NormalTable[] = [
  {
    name: 'Customer Orders',
    kind: 'table',
    columns: [
      'id NOT NULL',
      'customer_region',
      'customer_no',
      'select',
      'amount',
      'doubled GENERATED',
      'status NOT NULL DEFAULT',
    ],
    primaryKey: ['id'],
    foreignKeys: ['customer_region,customer_no -> customers(region,no)'],
    uniqueKeys: [],
    rowsKnown: true,
  },
  {
    name: 'customers',
    kind: 'table',
    columns: ['region NOT NULL', 'no NOT NULL', 'email', 'näme 🦆'],
    primaryKey: ['region', 'no'],
    foreignKeys: [],
    uniqueKeys: ['email'],
    rowsKnown: true,
  },
  {
    name: 'open_orders',
    kind: 'view',
    columns: ['id', 'status'],
    primaryKey: [],
    foreignKeys: [],
    uniqueKeys: [],
    rowsKnown: false,
  },
];

/** The shop as an engine sees it that lacks some features and says so. */
export function expectedShop(notOffered: Readonly<Partial<Record<Feature, string>>>): NormalTable[] {
  const lacks = (feature: Feature) => notOffered[feature] !== undefined;
  return SHOP.map((table) => ({
    ...table,
    columns: table.columns.map((column) =>
      column
        .replace(lacks('columnConstraints') ? ' NOT NULL' : '', '')
        .replace(lacks('columnDefaults') ? ' DEFAULT' : '', '')
        .replace(lacks('generatedColumns') ? ' GENERATED' : '', '')
        .replace(lacks('emojiNames') ? ' 🦆' : '', ''),
    ),
    primaryKey: lacks('declaredKeys') ? [] : table.primaryKey,
    foreignKeys: lacks('declaredKeys') ? [] : table.foreignKeys,
  }));
}

/** A key that the engine gives every table by itself ("_id") is left out: no other engine has it. */
export function normaliseTable(table: CatalogueTable, ownKey?: string): NormalTable {
  return {
    name: table.name,
    kind: table.kind === 'collection' ? 'table' : table.kind,
    columns: table.columns
      .filter((column) => column.name !== ownKey)
      .map((column) => {
        const marks = [
          column.nullable ? '' : ' NOT NULL',
          column.default === undefined ? '' : ' DEFAULT',
          column.generated ? ' GENERATED' : '',
        ];
        return column.name + marks.join('');
      }),
    primaryKey: table.primaryKey.filter((column) => column !== ownKey),
    foreignKeys: table.foreignKeys
      .filter((key) => !key.inferred)
      .map((key) => `${key.columns.join()} -> ${key.referencedTable.name}(${key.referencedColumns.join()})`),
    uniqueKeys: table.uniqueKeys.map((key) => key.columns.join()).filter((columns) => columns !== ownKey),
    rowsKnown: table.rowEstimate !== null,
  };
}
