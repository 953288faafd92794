import { describe, expect, it } from 'vitest';
import type { Catalogue, CatalogueTable } from '../adapters/contract';
import { QuarryError } from '../kernel/errors';
import { hintsFor } from './hints';

const table = (schema: string, name: string, ...columns: string[]): CatalogueTable => ({
  schema,
  name,
  kind: 'table',
  rowEstimate: null,
  columns: columns.map((column) => ({ name: column, type: 'text', nativeType: 'text', nullable: true })),
  primaryKey: [],
  foreignKeys: [],
  uniqueKeys: [],
  indexes: [],
});
const catalogue: Catalogue = {
  defaultSchema: 'public',
  tables: [
    table('public', 'customers', 'id', 'email'),
    table('sales', 'orders', 'id', 'placed_at'),
    table('public', 'regions', 'code'),
  ],
};
const failed = (message: string, hints?: string[]) => hintsFor(new QuarryError('query.failed', message, { hints }), catalogue);

describe('hintsFor', () => {
  it('knows how engines name a missing table', () => {
    expect(failed('relation "custmers" does not exist')).toEqual(['Did you mean customers?']);
    expect(failed('no such table: order')).toEqual(['Did you mean sales.orders?']);
    expect(failed("Table 'shop.region' doesn't exist")).toEqual(['Did you mean regions?']);
    expect(failed('There is no collection "region" that this source may read.')).toEqual(['Did you mean regions?']);
  });

  it('says in which table a column is', () => {
    expect(failed('column "emial" does not exist')).toEqual(['Did you mean customers.email?']);
    expect(failed('column o.placedat does not exist')).toEqual(['Did you mean orders.placed_at?']);
    expect(failed('no such column: emails')).toEqual(['Did you mean customers.email?']);
  });

  it('is silent when nothing is near, and leaves better hints alone', () => {
    expect(failed('relation "zzzzzzzz" does not exist')).toEqual([]);
    expect(failed('division by zero')).toEqual([]);
    expect(failed('relation "custmers" does not exist', ['Ask the owner.'])).toEqual(['Ask the owner.']);
  });
});
