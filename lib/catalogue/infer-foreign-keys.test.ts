import { describe, expect, it } from 'vitest';
import type { CatalogueTable } from '../adapters/contract';
import { column, table } from './catalogue.fixture';
import { inferForeignKeys, withInferredForeignKeys } from './infer-foreign-keys';

const id = column('id', 'integer', { nullable: false });
const key = { primaryKey: ['id'] };

const found = (...tables: CatalogueTable[]) =>
  inferForeignKeys({ tables }).map(
    ({ table: from, foreignKey }) =>
      `${from.name}.${foreignKey.columns.join()} -> ${foreignKey.referencedTable.name}.${foreignKey.referencedColumns.join()}`,
  );

describe('inferForeignKeys', () => {
  it.each([
    ['customer_id', 'customers'],
    ['customerId', 'customer'],
    ['CustomerID', 'Customers'],
    ['billing_address_id', 'addresses'],
    ['company_id', 'companies'],
    ['order_status_id', 'order_statuses'],
  ])('%s refers to %s', (name, target) => {
    expect(found(table(target, [id], key), table('things', [id, column(name, 'integer')], key))).toEqual([
      `things.${name} -> ${target}.id`,
    ]);
  });

  it('prefers the longest name that fits', () => {
    const tables = [
      table('items', [id], key),
      table('order_items', [id], key),
      table('notes', [id, column('order_item_id', 'bigint')], key),
    ];
    expect(found(...tables)).toEqual(['notes.order_item_id -> order_items.id']);
  });

  it('refers to the own table by parent_id', () => {
    expect(found(table('categories', [id, column('parent_id', 'integer')], key))).toEqual([
      'categories.parent_id -> categories.id',
    ]);
  });

  it('refers by the distinctive name of another key', () => {
    const country = table('country', [column('CountryCode', 'text')], { primaryKey: ['CountryCode'] });
    expect(found(country, table('city', [id, column('countrycode', 'text')], key))).toEqual([
      'city.countrycode -> country.CountryCode',
    ]);
  });

  it('marks what it guessed and leaves the rest of the catalogue alone', () => {
    const tables = [table('customers', [id], key), table('orders', [id, column('customer_id', 'integer')], key)];
    const out = withInferredForeignKeys({ tables });
    expect(out.tables[1]?.foreignKeys).toEqual([
      { columns: ['customer_id'], referencedTable: { name: 'customers' }, referencedColumns: ['id'], inferred: true },
    ]);
    expect(tables[1]?.foreignKeys).toEqual([]);
  });

  it.each<[string, CatalogueTable[]]>([
    ['types differ', [table('customers', [column('id', 'uuid')], key), table('orders', [column('customer_id', 'integer')])]],
    [
      'a key is declared',
      [
        table('customers', [id], key),
        table('orders', [column('customer_id', 'integer')], {
          foreignKeys: [{ columns: ['customer_id'], referencedTable: { name: 'people' }, referencedColumns: ['id'] }],
        }),
      ],
    ],
    [
      'the target has a composite key',
      [
        table('customers', [id, column('region')], { primaryKey: ['id', 'region'] }),
        table('orders', [column('customer_id', 'integer')]),
      ],
    ],
    [
      'several targets fit',
      [
        table('customers', [id], { ...key, schema: 'a' }),
        table('customers', [id], { ...key, schema: 'b' }),
        table('orders', [column('customer_id', 'integer')], { schema: 'c' }),
      ],
    ],
    ['the name is the own key', [table('customers', [column('customer_id', 'integer')], { primaryKey: ['customer_id'] })]],
    ['there is no such table', [table('customers', [id], key), table('orders', [column('shop_id', 'integer')])]],
    [
      'the target is a view',
      [table('customers', [id], { ...key, kind: 'view' }), table('orders', [column('customer_id', 'integer')])],
    ],
    [
      'only a generic name is shared',
      [table('a', [column('code', 'text')], { primaryKey: ['code'] }), table('b', [column('code', 'text')])],
    ],
  ])('guesses nothing when %s', (_, tables) => {
    expect(found(...tables)).toEqual([]);
  });
});

it('copes with a thousand tables full of keys', () => {
  const columns = Array.from({ length: 20 }, (_, i) => column(`t${i}_thing_id`, 'integer'));
  const tables = Array.from({ length: 1_000 }, (_, i) => table(`t${i}_things`, [id, ...columns], key));
  // Twenty tables are referred to by all thousand; each lookup must not walk through all tables again.
  expect(found(...tables)).toHaveLength(20_000);
});
