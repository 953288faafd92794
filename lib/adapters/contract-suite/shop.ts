import type { CatalogueTable, ColumnType, Feature } from '../contract';

/** A table of the catalogue, without what may differ between engines for good reasons (types' names, sizes, order of tables). */
interface NormalTable {
  name: string;
  kind: string;
  comment?: string;
  /** Names and families of types, with marks for what must be seen: NOT NULL, DEFAULT, GENERATED, and comments. */
  columns: string[];
  primaryKey: string[];
  foreignKeys: string[];
  uniqueKeys: string[];
  /** Those with a name that we gave; what keys bring along is called differently everywhere. */
  indexes: string[];
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
      'id: number NOT NULL',
      'customer_region: text',
      'customer_no: number',
      'select: text',
      'amount: number',
      'doubled: number GENERATED',
      'status: text NOT NULL DEFAULT',
    ],
    primaryKey: ['id'],
    foreignKeys: ['customer_region,customer_no -> customers(region,no)'],
    uniqueKeys: [],
    indexes: ['orders_by_status(status,amount)'],
    rowsKnown: true,
  },
  {
    name: 'customers',
    comment: 'Who buys',
    kind: 'table',
    columns: ['region: text NOT NULL', 'no: number NOT NULL', 'email: text (For invoices)', 'näme 🦆: text'],
    primaryKey: ['region', 'no'],
    foreignKeys: [],
    uniqueKeys: ['email'],
    indexes: [],
    rowsKnown: true,
  },
  {
    name: 'open_orders',
    kind: 'view',
    columns: ['id: number', 'status: text'],
    primaryKey: [],
    foreignKeys: [],
    uniqueKeys: [],
    indexes: [],
    rowsKnown: false,
  },
];

/** The shop as an engine sees it that lacks some features and says so. */
export function expectedShop(notOffered: Readonly<Partial<Record<Feature, string>>>): NormalTable[] {
  const lacks = (feature: Feature) => notOffered[feature] !== undefined;
  return SHOP.map(({ comment, ...table }) => ({
    ...table,
    ...(comment === undefined || lacks('comments') ? {} : { comment }),
    columns: table.columns.map((column) =>
      column
        .replace(lacks('columnConstraints') ? ' NOT NULL' : '', '')
        .replace(lacks('comments') ? / \(.*\)/ : '', '')
        .replace(lacks('columnDefaults') ? ' DEFAULT' : '', '')
        .replace(lacks('generatedColumns') ? ' GENERATED' : '', '')
        .replace(lacks('emojiNames') ? ' 🦆' : '', ''),
    ),
    primaryKey: lacks('declaredKeys') ? [] : table.primaryKey,
    foreignKeys: lacks('declaredKeys') ? [] : table.foreignKeys,
  }));
}

const NUMBERS: ReadonlySet<ColumnType> = new Set(['integer', 'bigint', 'decimal', 'double']);

/** A key that the engine gives every table by itself ("_id") is left out: no other engine has it. */
export function normaliseTable(table: CatalogueTable, ownKey?: string): NormalTable {
  return {
    name: table.name,
    ...(table.comment === undefined ? {} : { comment: table.comment }),
    kind: table.kind === 'collection' ? 'table' : table.kind,
    columns: table.columns
      .filter((column) => column.name !== ownKey)
      .map((column) => {
        const marks = [
          column.nullable ? '' : ' NOT NULL',
          column.default === undefined ? '' : ' DEFAULT',
          column.generated ? ' GENERATED' : '',
          column.comment === undefined ? '' : ` (${column.comment})`,
        ];
        return `${column.name}: ${NUMBERS.has(column.type) ? 'number' : column.type}${marks.join('')}`;
      }),
    primaryKey: table.primaryKey.filter((column) => column !== ownKey),
    foreignKeys: table.foreignKeys
      .filter((key) => !key.inferred)
      .map((key) => `${key.columns.join()} -> ${key.referencedTable.name}(${key.referencedColumns.join()})`),
    uniqueKeys: table.uniqueKeys.map((key) => key.columns.join()).filter((columns) => columns !== ownKey),
    indexes: table.indexes
      .filter((index) => index.name.startsWith('orders_by'))
      .map((index) => `${index.name}(${index.columns.join()})${index.unique ? ' UNIQUE' : ''}`),
    rowsKnown: table.rowEstimate !== null,
  };
}
