import { expect, it } from 'vitest';
import type { Catalogue, CatalogueColumn } from '../adapters/contract';
import { column, table } from './catalogue.fixture';
import { fingerprintCatalogue } from './fingerprint';
import { keepRareFields } from './rare-fields';

const orders = (...columns: CatalogueColumn[]): Catalogue => ({ tables: [table('orders', columns, { kind: 'collection' })] });
const names = (catalogue: Catalogue) => catalogue.tables[0]?.columns.map((one) => one.name);
const id = column('_id', 'objectid', { share: 1 });
const met = (nativeType: string, share: number) => ({ type: 'text' as const, nativeType, share });

it('[D2] keeps a rare field that the next sample misses, where it was, and lets go of a common one', () => {
  const before = orders(
    id,
    column('gift', 'text', { share: 0.01 }),
    column('total', 'double', { share: 1 }),
    column('old', 'text', { share: 0.4 }),
  );
  const after = orders(id, column('total', 'double', { share: 1 }), column('paid', 'boolean', { share: 0.02 }));
  const merged = keepRareFields(before, after);
  expect(names(merged)).toEqual(['_id', 'gift', 'total', 'paid']);
  expect(fingerprintCatalogue(keepRareFields(merged, orders(id, column('total', 'double', { share: 1 }))))).toBe(
    fingerprintCatalogue(merged),
  );
});

it('[D2] keeps a rare type of a field, unless another one came', () => {
  const mixed = column('at', 'mixed', { nativeType: 'date | string', share: 1, types: [met('date', 0.98), met('string', 0.02)] });
  const dates = column('at', 'timestamptz', { nativeType: 'date', share: 1 });
  expect(keepRareFields(orders(id, mixed), orders(id, dates)).tables[0]?.columns[1]).toMatchObject({ type: 'mixed' });
  const numbers = column('at', 'integer', { nativeType: 'int', share: 1 });
  expect(keepRareFields(orders(id, mixed), orders(id, numbers)).tables[0]?.columns[1]).toEqual(numbers);
  const half = column('at', 'mixed', { nativeType: 'date | string', share: 1, types: [met('date', 0.5), met('string', 0.5)] });
  expect(keepRareFields(orders(id, half), orders(id, dates)).tables[0]?.columns[1]).toEqual(dates);
});

it('[D2] the order of types met is no difference', () => {
  const one = column('n', 'double', { nativeType: 'double | int', share: 1 });
  expect(fingerprintCatalogue(orders({ ...one, nativeType: 'int | double' }))).toBe(fingerprintCatalogue(orders(one)));
});

it('leaves what is declared as it is', () => {
  const before: Catalogue = { tables: [table('t', [column('a'), column('b')])] };
  const after: Catalogue = { tables: [table('t', [column('a')])] };
  expect(keepRareFields(before, after)).toEqual(after);
});
