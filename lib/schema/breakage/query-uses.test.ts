import { describe, expect, it } from 'vitest';
import type { Catalogue } from '../../adapters/contract';
import { getAdapter } from '../../adapters/registry';
import { diffCatalogues } from '../../catalogue';
import { column, table } from '../../catalogue/catalogue.fixture';
import { breakingChanges } from './breaking-changes';
import { changesUsedBy } from './query-uses';

const at = (schema: string) => ({ schema });
const before: Catalogue = {
  defaultSchema: 'public',
  tables: [
    table('orders', [column('id', 'integer'), column('status'), column('total', 'decimal'), column('note')], at('public')),
    table('customers', [column('id', 'integer'), column('name'), column('status')], at('public')),
    table('orders', [column('id', 'integer'), column('status')], at('archive')),
    table('returns', [column('id', 'integer')], at('public')),
  ],
};
const after: Catalogue = {
  defaultSchema: 'public',
  tables: [
    table('orders', [column('id', 'integer'), column('state'), column('total', 'double')], at('public')),
    table('customers', [column('id', 'integer'), column('name'), column('status')], at('public')),
    table('orders', [column('id', 'integer'), column('status')], at('archive')),
  ],
};
const changes = breakingChanges(diffCatalogues(before, after), before, after);
const dialect = getAdapter('postgres').dialect;

it('[D6] says what a change takes away, and not what it adds', () => {
  expect(changes.map((change) => change.text)).toEqual([
    'public.returns is gone',
    'public.orders.note is gone',
    'public.orders.status is gone',
    'public.orders.total was decimal and is double',
  ]);
});

it('[D6] suspects a renaming where one column of a type went and one came', () => {
  const one: Catalogue = { tables: [table('t', [column('id', 'integer'), column('price', 'decimal')])] };
  const two: Catalogue = { tables: [table('t', [column('id', 'integer'), column('unit_price', 'decimal')])] };
  expect(breakingChanges(diffCatalogues(one, two), one, two)).toMatchObject([
    { text: 't.price is gone (renamed to unit_price?)' },
  ]);
});

describe('[D6] a query is broken by', () => {
  it.each<[string, string, string[]]>([
    ['a dropped table', 'SELECT count(*) FROM returns', ['public.returns yes']],
    ['a dropped column', 'SELECT status, count(*) FROM orders GROUP BY status', ['public.orders.status yes']],
    [
      'a dropped column by its alias',
      'SELECT o.status FROM orders o JOIN customers c ON c.id = o.id',
      ['public.orders.status yes'],
    ],
    ['a quoted column', 'SELECT "orders"."note" FROM "public"."orders"', ['public.orders.note yes']],
    ['perhaps by a column that two of its tables have', 'SELECT status FROM orders, customers', ['public.orders.status maybe']],
    ['perhaps by a changed type', 'SELECT sum(total) FROM orders', ['public.orders.total maybe']],
    ['perhaps by what a CTE hands on', 'WITH x AS (SELECT * FROM orders) SELECT x.status FROM x', ['public.orders.status maybe']],
    ['nothing when the column is the other table’s', 'SELECT c.status FROM orders o JOIN customers c ON c.id = o.id', []],
    ['nothing when the table is another schema’s', 'SELECT status FROM archive.orders', []],
    ['nothing when the name is a text', "SELECT id FROM orders WHERE id::text = 'status'", []],
    ['nothing when the name is a comment', 'SELECT id FROM orders -- status, note', []],
    ['nothing when the name is an alias of its own', 'SELECT id AS note FROM orders', []],
    ['nothing when the name is part of another', 'SELECT id AS status_id FROM orders', []],
    ['nothing when it uses other tables', 'SELECT name FROM customers', []],
    ['perhaps, when it does not parse', 'SELECT note FROM orders WHERE', ['public.orders.note maybe']],
  ])('%s', async (_name, query, expected) => {
    const uses = await changesUsedBy(query, changes, before, dialect);
    expect(uses.map(({ change, use }) => `${change.table}${change.column ? `.${change.column}` : ''} ${use}`)).toEqual(expected);
  });
});
