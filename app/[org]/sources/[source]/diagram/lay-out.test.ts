import { expect, it } from 'vitest';
import { BOX, edgePath, layOut } from './lay-out';
import { chooseForDiagram, type Relation } from './relations';

const relation = (from: string, to: string): Relation => ({
  id: `${from}>${to}`,
  from,
  to,
  columns: [`${to}_id`],
  referencedColumns: ['id'],
  inferred: false,
});

const SHOP = [
  relation('order_items', 'orders'),
  relation('order_items', 'products'),
  relation('orders', 'customers'),
  relation('products', 'categories'),
  relation('categories', 'categories'),
];
const KEYS = ['categories', 'customers', 'order_items', 'orders', 'products', 'shops', 'staff'];

it('[D10] lets references go from right to left, and lays no table over another', () => {
  const { places, width, height } = layOut(KEYS, [...SHOP, relation('staff', 'shops')]);
  expect(places.size).toBe(KEYS.length);
  for (const { from, to } of SHOP) {
    if (from === to) continue;
    expect((places.get(from)?.x ?? 0) - (places.get(to)?.x ?? 0)).toBeGreaterThanOrEqual(BOX.width);
  }
  const all = [...places.values()];
  for (const a of all) {
    expect(a.x + BOX.width).toBeLessThanOrEqual(width);
    expect(a.y + BOX.height).toBeLessThanOrEqual(height);
    for (const b of all) {
      if (a === b) continue;
      expect(Math.abs(a.x - b.x) >= BOX.width || Math.abs(a.y - b.y) >= BOX.height, `${a.key} over ${b.key}`).toBe(true);
    }
  }
  expect(layOut(KEYS, SHOP)).toEqual(layOut(KEYS, [...SHOP]));
});

it('[D10] leads a line that passes a column past its tables', () => {
  const keys = ['a', 'b', 'c'];
  const { places, bends } = layOut(keys, [relation('c', 'b'), relation('b', 'a'), relation('c', 'a')]);
  const [bend] = bends.get('c>a') ?? [];
  const b = places.get('b');
  if (!bend || !b) throw new Error('no bend');
  expect(bend.x).toBe(b.x);
  expect(Math.abs(bend.y - b.y)).toBeGreaterThanOrEqual(BOX.height);
  expect(places.size).toBe(3);
});

it('[D10] lets a table stand just left of the first that refers to it', () => {
  const { places, bends } = layOut(KEYS, SHOP);
  expect(places.get('products')?.x).toBe(places.get('orders')?.x);
  expect(places.get('customers')?.x).toBe(places.get('categories')?.x);
  expect(bends.size).toBe(0);
});

it('[D10] survives circles, references to itself and nothing at all', () => {
  const circle = [relation('a', 'b'), relation('b', 'c'), relation('c', 'a'), relation('a', 'a')];
  const { places } = layOut(['a', 'b', 'c'], circle);
  expect(places.size).toBe(3);
  const [a, b] = [places.get('a'), places.get('b')];
  if (!a || !b) throw new Error('not placed');
  expect(edgePath(a, a)).not.toContain('NaN');
  expect(edgePath(a, b)).not.toContain('NaN');
  expect(layOut([], [])).toMatchObject({ width: 0, height: 0 });
});

it('[D10] shows the surroundings of a table, and of many tables the most connected', () => {
  expect([...chooseForDiagram(SHOP, 'customers', 80).keys].sort()).toEqual(['customers', 'order_items', 'orders']);
  expect(chooseForDiagram(SHOP, null, 2)).toEqual({ keys: new Set(['order_items', 'orders']), of: 5 });
  expect(chooseForDiagram(SHOP, 'alone', 80).of).toBe(5);
});

it('[D10] lays out eighty tables, each referring to the ones before it', () => {
  const keys = Array.from({ length: 80 }, (_, i) => `t${i}`);
  const edges = keys.flatMap((key, i) => (i > 2 ? [relation(key, `t${i >> 1}`), relation(key, `t${i % 3}`)] : []));
  expect(layOut(keys, edges).places.size).toBe(80);
});
