import { describe, expect, it } from 'vitest';
import {
  formatAge,
  formatBytes,
  formatCount,
  formatDuration,
  formatInstant,
  formatNumber,
  formatRelative,
  groupDigits,
} from './figures';

const T = '\u2009';

describe('numbers', () => {
  it('groups exact texts without touching a digit', () => {
    expect(groupDigits('9007199254740993')).toBe(`9${T}007${T}199${T}254${T}740${T}993`);
    expect(groupDigits('-1234567.8900')).toBe(`\u22121${T}234${T}567.8900`);
    expect(groupDigits('0.000000000000000000012345')).toBe('0.000000000000000000012345');
    expect(groupDigits('12e5')).toBe('12e5');
    expect(groupDigits('NaN')).toBe('NaN');
  });

  it('leaves four digits together, so that years read as years', () => {
    expect(formatNumber(2024)).toBe('2024');
    expect(formatNumber(12480)).toBe(`12${T}480`);
    expect(formatNumber(1e21)).toBe('1e+21');
    expect(formatNumber(Number.POSITIVE_INFINITY)).toBe('Infinity');
  });

  it('counts with units', () => {
    expect(formatCount(1, 'row')).toBe('1 row');
    expect(formatCount(0, 'row')).toBe('0 rows');
    expect(formatCount(2, 'query', 'queries')).toBe('2 queries');
  });
});

describe('bytes', () => {
  it('takes the unit that leaves one to three digits before the point', () => {
    expect([0, 1, 812, 1_000, 1_234, 150_000, 1_240_000, 3_000_000_000].map(formatBytes)).toEqual([
      '0 B',
      '1 B',
      '812 B',
      '1.0 kB',
      '1.2 kB',
      '150 kB',
      '1.2 MB',
      '3.0 GB',
    ]);
  });
});

describe('times', () => {
  it('shortens durations to what matters', () => {
    expect([0.2, 8, 99.6, 420, 9_990, 12_400, 60_000, 125_000].map(formatDuration)).toEqual([
      '<1 ms',
      '8 ms',
      '100 ms',
      '0.42 s',
      '9.99 s',
      '12 s',
      '1 min',
      '2 min 5 s',
    ]);
  });

  it('shows instants as they were given, never moved to another zone', () => {
    expect(formatInstant('2024-03-01T14:05:00Z')).toBe('2024-03-01 14:05 UTC');
    expect(formatInstant('2024-03-01T14:05:09.120+02:00')).toBe('2024-03-01 14:05:09.120 +02:00');
    expect(formatInstant('2024-03-01T00:00:00')).toBe('2024-03-01 00:00');
    expect(formatInstant('2024-03-01')).toBe('2024-03-01');
    expect(formatInstant('infinity')).toBe('infinity');
  });

  it('says how long ago in the largest unit that fits', () => {
    const now = Date.UTC(2026, 10, 20, 12);
    expect(formatRelative(now - 20_000, now)).toBe('just now');
    expect(formatRelative(now - 5 * 60_000, now)).toBe('5 min. ago');
    expect(formatRelative(now - 26 * 3_600_000, now)).toBe('yesterday');
    expect(formatRelative(now - 400 * 86_400_000, now)).toBe('last yr.');
    const ages = [-5, 30_000, 59 * 60_000, 3_600_000, 13 * 86_400_000, 15 * 86_400_000, 800 * 86_400_000];
    expect(ages.map((age) => formatAge(now - age, now))).toEqual(['now', 'now', '59 min', '1 h', '13 d', '2 wk', '2 y']);
  });
});
