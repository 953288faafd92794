import { describe, expect, it } from 'vitest';
import { cacheSettingsSchema } from '@/lib/sources/schema';
import { inheritFrom, installationRules, secondsError, toSettings, toValues } from './cache-values';

const on = { enabled: true, ttlMs: 300_000 };
const installed = installationRules({ query: on, answer: on, schema: { enabled: false, ttlMs: 900_000 } });

describe('the fields of caches', () => {
  it('come back as they were set, and say nothing where nothing is set', () => {
    for (const cache of [
      {},
      { query: { enabled: false } },
      { answer: { ttlS: 60 } },
      { query: { enabled: false, ttlS: 5 }, schema: { ttlS: 7 } },
    ]) {
      expect(toSettings(toValues(cache))).toEqual(cache);
      expect(cacheSettingsSchema.safeParse(toSettings(toValues(cache))).success).toBe(true);
    }
    expect(toSettings(toValues({ query: { enabled: true } }))).toEqual({});
  });

  it('inherit from the organisation and the installation', () => {
    const inherited = inheritFrom(installed, { query: { enabled: false }, answer: { ttlS: 60 }, schema: { enabled: true } });
    expect(inherited).toEqual({
      query: { enabled: false, ttlS: 300, offBy: 'organisation' },
      answer: { enabled: true, ttlS: 60 },
      schema: { enabled: false, ttlS: 900, offBy: 'installation' },
    });
  });

  it('want whole seconds', () => {
    expect(['', ' ', '1', '31536000'].map(secondsError)).toEqual([undefined, undefined, undefined, undefined]);
    for (const wrong of ['0', '1.5', '-3', 'soon', '31536001']) expect(secondsError(wrong)).toMatch(/whole seconds/);
  });
});
