import { describe, expect, it } from 'vitest';
import { proposeChart } from './chart';

const column = (name: string, type: string) => ({ name, type });

describe('proposeChart [C26]', () => {
  it('shows one figure as a number', () => {
    expect(proposeChart([column('count', 'bigint')], [[12]])).toEqual({ type: 'number', y: ['count'] });
  });
  it('draws category and figure as bars, figures over time as a line', () => {
    const pair = [
      ['a', 1],
      ['b', 2],
    ];
    expect(proposeChart([column('country', 'text'), column('orders', 'bigint')], pair)).toEqual({
      type: 'bar',
      x: 'country',
      y: ['orders'],
    });
    const months = [
      ['2024-01', 1],
      ['2024-02', 2],
    ];
    expect(proposeChart([column('month', 'text'), column('total', 'decimal')], months)).toEqual({
      type: 'line',
      x: 'month',
      y: ['total'],
    });
    expect(
      proposeChart(
        [column('year', 'integer'), column('n', 'bigint')],
        [
          [2023, 4],
          [2024, 5],
        ],
      ),
    ).toMatchObject({ type: 'line', x: 'year' });
  });
  it('splits a line by a short category', () => {
    const rows = [
      ['2024-01', 'web', 1],
      ['2024-01', 'shop', 2],
      ['2024-02', 'web', 3],
    ];
    const columns = [column('month', 'date'), column('channel', 'text'), column('total', 'decimal')];
    expect(proposeChart(columns, rows)).toEqual({ type: 'line', x: 'month', y: ['total'], series: 'channel' });
  });
  it('draws nothing for identifiers, lists, repeated categories and single wide rows', () => {
    expect(
      proposeChart(
        [column('name', 'text'), column('customer_id', 'integer')],
        [
          ['a', 1],
          ['b', 2],
        ],
      ),
    ).toBeNull();
    expect(
      proposeChart(
        [column('name', 'text'), column('city', 'text')],
        [
          ['a', 'x'],
          ['b', 'y'],
        ],
      ),
    ).toBeNull();
    expect(
      proposeChart(
        [column('name', 'text'), column('n', 'bigint')],
        [
          ['a', 1],
          ['a', 2],
        ],
      ),
    ).toBeNull();
    expect(proposeChart([column('a', 'bigint'), column('b', 'bigint')], [[1, 2]])).toBeNull();
    expect(proposeChart([column('n', 'bigint')], [])).toBeNull();
  });
});
