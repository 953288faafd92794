import { expect, it } from 'vitest';
import type { Catalogue } from '../adapters/contract';
import { column, table } from './catalogue.fixture';
import { diffCatalogues } from './diff';
import { fingerprintCatalogue, fingerprintTable } from './fingerprint';

const customers = table('customers', [column('id', 'integer'), column('name')], {
  schema: 'public',
  primaryKey: ['id'],
  indexes: [
    { name: 'a', columns: ['name'], unique: false },
    { name: 'b', columns: ['id'], unique: true },
  ],
});
const orders = table('orders', [column('id', 'integer'), column('total', 'decimal')], { schema: 'public', primaryKey: ['id'] });
const catalogue: Catalogue = { defaultSchema: 'public', tables: [customers, orders] };

it('does not depend on the order of tables, columns and indexes, nor on row estimates', () => {
  const shuffled: Catalogue = {
    defaultSchema: 'public',
    tables: [
      { ...orders, rowEstimate: 12 },
      { ...customers, columns: [...customers.columns].reverse(), indexes: [...customers.indexes].reverse() },
    ],
  };
  expect(fingerprintCatalogue(shuffled)).toBe(fingerprintCatalogue(catalogue));
  expect(fingerprintCatalogue(catalogue)).toMatch(/^[0-9a-f]{64}$/);
});

it.each<[string, Catalogue]>([
  ['a type', { ...catalogue, tables: [customers, { ...orders, columns: [column('id', 'integer'), column('total', 'double')] }] }],
  [
    'nullability',
    {
      ...catalogue,
      tables: [customers, { ...orders, columns: [column('id', 'integer', { nullable: false }), column('total', 'decimal')] }],
    },
  ],
  ['a column less', { ...catalogue, tables: [customers, { ...orders, columns: [column('id', 'integer')] }] }],
  ['a table less', { ...catalogue, tables: [customers] }],
  ['a comment', { ...catalogue, tables: [customers, { ...orders, comment: 'what was bought' }] }],
  ['the primary key', { ...catalogue, tables: [customers, { ...orders, primaryKey: [] }] }],
  ['the default schema', { ...catalogue, defaultSchema: 'other' }],
])('changes with %s', (_, changed) => {
  expect(fingerprintCatalogue(changed)).not.toBe(fingerprintCatalogue(catalogue));
});

it('keeps the order of columns in a key apart', () => {
  const one = table('pairs', [column('a'), column('b')], { primaryKey: ['a', 'b'] });
  expect(fingerprintTable({ ...one, primaryKey: ['b', 'a'] })).not.toBe(fingerprintTable(one));
});

it('[D2] leaves out what sampling estimates, and keeps what it found', () => {
  const sampled = (share: number, more = {}) =>
    table('orders', [
      column('total', 'mixed', { share, nullable: share < 1, types: [{ type: 'double', nativeType: 'double', share }], ...more }),
    ]);
  expect(fingerprintTable(sampled(1))).toBe(fingerprintTable(sampled(0.4)));
  expect(fingerprintTable(sampled(1, { repeated: true }))).not.toBe(fingerprintTable(sampled(1)));
  expect(diffCatalogues({ tables: [sampled(1)] }, { tables: [sampled(0.4)] }).changed).toEqual([]);
});

it('stays the same text for the same structure, so that an upgrade makes no new versions', () => {
  expect(fingerprintCatalogue(catalogue)).toBe('dea7f017cf3ade921739091957ae3d83f712eca934a174fa1fc6a7127c07554c');
});
