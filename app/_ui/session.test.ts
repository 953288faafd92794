import { describe, expect, it } from 'vitest';
import { safeReturn } from './session';

describe('safeReturn', () => {
  it('leads back to a path of this site', () => {
    expect(safeReturn('/acme/ask/1?q=a%20b')).toBe('/acme/ask/1?q=a%20b');
  });

  it('never leads elsewhere', () => {
    for (const path of [undefined, '', 'https://evil.test', '//evil.test', '/\\evil.test', 'javascript:alert(1)', 'acme/ask']) {
      expect(safeReturn(path)).toBe('/');
    }
  });
});
