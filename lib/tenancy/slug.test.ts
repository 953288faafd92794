import { describe, expect, it } from 'vitest';
import { freeSlug, slugify } from './slug';

describe('slugify', () => {
  it.each([
    ['Acme GmbH & Co. KG', 'acme-gmbh-co-kg'],
    ['  Café Zürich  ', 'cafe-zurich'],
    ['Groß', 'gross'],
    ['東京', 'team'],
    ['API', 'api-team'],
    [`${'long '.repeat(30)}`, 'long-long-long-long-long-long-long-long'],
  ])('%s becomes %s', (name, slug) => {
    expect(slugify(name, 'team')).toBe(slug);
  });
});

describe('freeSlug', () => {
  it('counts until nobody has it', () => {
    expect(freeSlug('acme', new Set())).toBe('acme');
    expect(freeSlug('acme', new Set(['acme', 'acme-2']))).toBe('acme-3');
  });
});
