import { expect, it } from 'vitest';
import type { Catalogue } from '../adapters/contract';
import { column, table } from './catalogue.fixture';
import { diffCatalogues } from './diff';

const before: Catalogue = {
  tables: [
    table('gone', [column('id', 'integer')]),
    table('orders', [column('id', 'integer'), column('total', 'integer'), column('note')], {
      primaryKey: ['id'],
      indexes: [
        { name: 'x', columns: ['total'], unique: false },
        { name: 'y', columns: ['note'], unique: false },
      ],
      rowEstimate: 5,
    }),
    table('same', [column('id', 'integer')]),
  ],
};

it('[D6] names tables and columns that came, went and changed', () => {
  const [, orders, same] = before.tables;
  if (!orders || !same) throw new Error('fixture');
  const after: Catalogue = {
    tables: [
      {
        ...orders,
        columns: [column('id', 'integer'), column('total', 'decimal', { nullable: false }), column('paid', 'boolean')],
        primaryKey: [],
      },
      same,
      table('new', [column('id', 'integer')]),
    ],
  };
  expect(diffCatalogues(before, after)).toEqual({
    added: ['new'],
    removed: ['gone'],
    changed: [
      {
        table: 'orders',
        columnsAdded: ['paid'],
        columnsRemoved: ['note'],
        columnsChanged: [
          {
            column: 'total',
            what: ['type', 'nullable'],
            from: { type: 'integer', nullable: true },
            to: { type: 'decimal', nullable: false },
          },
        ],
        other: ['primaryKey'],
      },
    ],
  });
});

it('finds nothing where only row estimates and the order of indexes differ', () => {
  const after: Catalogue = {
    tables: before.tables.map((one) => ({ ...one, rowEstimate: 99, indexes: [...one.indexes].reverse() })).reverse(),
  };
  expect(diffCatalogues(before, after)).toEqual({ added: [], removed: [], changed: [] });
});
