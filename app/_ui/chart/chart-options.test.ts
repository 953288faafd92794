import { describe, expect, it } from 'vitest';
import { barsHeight, isHorizontal, needsSecondAxis } from './chart-options';

const data = (categories: string[], ...series: (number | null)[][]) => ({
  categories,
  series: series.map((values, index) => ({ name: `s${index}`, values })),
});

describe('layout of a chart', () => {
  it('lays bars on the side when their names would not fit side by side', () => {
    const bar = { type: 'bar', x: 'x', y: ['s0'] } as const;
    expect(isHorizontal({ ...bar, y: ['s0'] }, data(['Oslo', 'Rome'], [1, 2]))).toBe(false);
    expect(
      isHorizontal(
        { ...bar, y: ['s0'] },
        data(
          Array.from({ length: 8 }, () => 'United Kingdom'),
          [1],
        ),
      ),
    ).toBe(true);
    expect(
      isHorizontal(
        { type: 'line', x: 'x', y: ['s0'] },
        data(
          Array.from({ length: 90 }, () => 'United Kingdom'),
          [1],
        ),
      ),
    ).toBe(false);
  });

  it('gives a second axis only to two series of very different size', () => {
    expect(needsSecondAxis(data(['a'], [1000], [6_000_000]))).toBe(true);
    expect(needsSecondAxis(data(['a'], [1000], [6000]))).toBe(false);
    expect(needsSecondAxis(data(['a'], [0], [6000]))).toBe(false);
    expect(needsSecondAxis(data(['a'], [1], [100], [10_000]))).toBe(false);
  });

  it('grows with its bars, within bounds', () => {
    expect(barsHeight(data(['a'], [1]))).toBe(200);
    expect(barsHeight(data(Array.from({ length: 60 }, String), [1]))).toBe(720);
  });
});
