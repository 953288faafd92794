import { describe, expect, it } from 'vitest';
import { hasOrder, isOrdinal, sortBars } from './order';

describe('hasOrder', () => {
  it('finds an order of the whole result only', () => {
    expect(hasOrder('SELECT a, COUNT(*) FROM t GROUP BY a\norder   by 2')).toBe(true);
    expect(hasOrder('SELECT a, SUM(x) OVER (PARTITION BY a ORDER BY b) FROM t')).toBe(false);
    expect(hasOrder('SELECT * FROM (SELECT a FROM t ORDER BY a LIMIT 5) AS s')).toBe(false);
    expect(hasOrder('SELECT \'order by\' AS text, "order by" FROM t -- order by a')).toBe(false);
    expect(hasOrder('[{"$group": {"_id": "$a"}}, {"$sort": {"_id": 1}}]')).toBe(true);
  });
});

describe('isOrdinal', () => {
  it.each([
    [['January', 'March', 'February']],
    [['Mon', 'Tue']],
    [['2023', '2024']],
    [['2024-01-01', '(none)']],
    [['Q1 2024', 'Q2 2024']],
    [['0-10', '10–20', '65+', '< 5', 'under 18']],
    [['S', 'M', 'XL']],
    [['low', 'High', 'medium']],
  ])('%j has an order of its own', (categories) => expect(isOrdinal(categories)).toBe(true));

  it.each([[['Germany', 'France']], [['May', 'Alice']], [['paid', 'refunded']], [['(none)']], [[]]])(
    '%j has none',
    (categories) => expect(isOrdinal(categories)).toBe(false),
  );
});

describe('sortBars', () => {
  it('puts the highest first and keeps the series together', () => {
    expect(
      sortBars({
        categories: ['Oslo', 'Rome', 'Bonn'],
        series: [
          { name: 'a', values: [1, 5, null] },
          { name: 'b', values: [1, 0, 3] },
        ],
      }),
    ).toEqual({
      categories: ['Rome', 'Bonn', 'Oslo'],
      series: [
        { name: 'a', values: [5, null, 1] },
        { name: 'b', values: [0, 3, 1] },
      ],
    });
  });

  it('leaves months where they are', () => {
    const data = { categories: ['Jan', 'Feb'], series: [{ name: 'a', values: [1, 2] }] };
    expect(sortBars(data)).toBe(data);
  });
});
