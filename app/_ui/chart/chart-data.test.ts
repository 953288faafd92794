import { describe, expect, it } from 'vitest';
import { chartData, readableName, shortenTimes, shortFigure } from './chart-data';

const columns = [
  { name: 'month', type: 'timestamp' },
  { name: 'city', type: 'text' },
  { name: 'total', type: 'decimal' },
];

describe('chartData', () => {
  it('takes the named columns, with exact texts as figures and gaps for NULL', () => {
    const rows = [
      ['2024-01-01', 'Oslo', '12.50'],
      ['2024-02-01', 'Oslo', null],
    ];
    expect(chartData({ type: 'line', x: 'month', y: ['total'] }, columns, rows)).toEqual({
      categories: ['2024-01-01', '2024-02-01'],
      series: [{ name: 'total', values: [12.5, null] }],
    });
  });

  it('splits by a column and leaves a gap where a series has no row', () => {
    const rows = [
      ['a', 'Oslo', 1],
      ['b', 'Rome', 2],
      ['a', 'Rome', 3],
    ];
    expect(chartData({ type: 'line', x: 'month', y: ['total'], series: 'city' }, columns, rows)).toEqual({
      categories: ['a', 'b'],
      series: [
        { name: 'Oslo', values: [1, null] },
        { name: 'Rome', values: [3, 2] },
      ],
    });
  });

  it('draws nothing when the result lost a column', () => {
    expect(chartData({ type: 'bar', x: 'gone', y: ['total'] }, columns, [])).toBeNull();
    expect(chartData({ type: 'bar', x: 'city', y: ['gone'] }, columns, [])).toBeNull();
    expect(chartData({ type: 'line', x: 'month', y: ['total'], series: 'gone' }, columns, [['a', 'b', 1]])).toBeNull();
  });
});

describe('labels', () => {
  it('shortens dates only as far as they stay apart', () => {
    expect(shortenTimes(['2023-01-01T00:00:00', '2024-01-01T00:00:00'])).toEqual(['2023', '2024']);
    expect(shortenTimes(['2024-01-01', '2024-02-01'])).toEqual(['Jan 2024', 'Feb 2024']);
    expect(shortenTimes(['2024-01-01', '2024-02-15'])).toEqual(['2024-01-01', '2024-02-15']);
    expect(shortenTimes(['2024-01-01T08:00:00', 'x'])).toEqual(['2024-01-01T08:00:00', 'x']);
    expect(shortenTimes([])).toEqual([]);
  });

  it('shortens figures and reads names', () => {
    expect([0, 0.05, 350, 1200, 999_999, 2_500_000, -4e9].map(shortFigure)).toEqual([
      '0',
      '0.05',
      '350',
      '1.2k',
      '1M',
      '2.5M',
      '-4B',
    ]);
    expect(readableName('total_revenue')).toBe('Total revenue');
    expect(readableName('count(*)')).toBe('count(*)');
  });
});
