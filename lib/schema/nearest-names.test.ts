import { describe, expect, it } from 'vitest';
import { editDistance, nearestNames } from './nearest-names';

describe('nearestNames [C4 C5]', () => {
  const tables = ['customers', 'orders', 'order_items', 'products', 'payments'];
  it.each([
    ['custmers', 'customers'],
    ['customer', 'customers'],
    ['orderItems', 'order_items'],
    ['Product', 'products'],
    ['items', 'order_items'],
  ])('%s is most like %s', (name, expected) => {
    expect(nearestNames(name, tables)[0]).toBe(expected);
  });

  it('offers nothing when nothing is near', () => {
    expect(nearestNames('weather', tables)).toEqual([]);
  });

  it('counts a swap as one step', () => {
    expect(editDistance('adn', 'and')).toBe(1);
    expect(editDistance('', 'abc')).toBe(3);
  });
});
