import { describe, expect, it } from 'vitest';
import { type CacheKeyParts, cacheKey } from './cache-key';

const base: CacheKeyParts = {
  organizationId: 'o',
  environmentId: 'e',
  dataSourceId: 'd',
  credentialVersion: 1,
  cacheEpoch: '.',
  schemaFingerprint: 's',
  policyFingerprint: 'none',
  normalised: 'select $1',
  parameters: ['1'],
  limit: 10,
};

describe('cacheKey', () => {
  it('is the same for the same parts, whatever the order of keys inside a parameter', () => {
    expect(cacheKey({ ...base })).toBe(cacheKey({ ...base }));
    expect(cacheKey({ ...base, parameters: [{ a: 1, b: 2 }] })).toBe(cacheKey({ ...base, parameters: [{ b: 2, a: 1 }] }));
  });

  it('differs when any part differs', () => {
    const others: Partial<CacheKeyParts>[] = [
      { organizationId: 'o2' },
      { environmentId: 'e2' },
      { dataSourceId: 'd2' },
      { credentialVersion: 2 },
      { cacheEpoch: '.a' },
      { schemaFingerprint: 's2' },
      { policyFingerprint: 'p' },
      { normalised: 'select  $1' },
      { parameters: [1] },
      { parameters: [true] },
      { parameters: [null] },
      { parameters: [['1']] },
      { parameters: ['1', ''] },
      { parameters: [] },
      { limit: 11 },
    ];
    const keys = new Set([cacheKey(base), ...others.map((other) => cacheKey({ ...base, ...other }))]);
    expect(keys.size).toBe(others.length + 1);
  });

  it('keeps neighbours apart: text moved from one part to the next is another key', () => {
    expect(cacheKey({ ...base, schemaFingerprint: 'ab', policyFingerprint: 'c' })).not.toBe(
      cacheKey({ ...base, schemaFingerprint: 'a', policyFingerprint: 'bc' }),
    );
  });

  it('starts with the organisation and the source', () => {
    expect(cacheKey(base).startsWith('o:d:')).toBe(true);
  });
});
