import { describe, expect, it } from 'vitest';
import { parseCookies } from './cookies';

describe('parseCookies', () => {
  it('reads pairs, decodes values and strips quotes', () => {
    expect(parseCookies('a=1; b=x%20y; c="q"')).toEqual({ a: '1', b: 'x y', c: 'q' });
  });
  it('keeps the first of a name and what cannot be decoded, and skips what is no pair', () => {
    expect(parseCookies('a=1; a=2; b=%E0%A4%A; nonsense; =x; __proto__=y')).toEqual({ a: '1', b: '%E0%A4%A' });
  });
  it('has none without a header', () => {
    expect(parseCookies(null)).toEqual({});
  });
});
