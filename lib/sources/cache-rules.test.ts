import { describe, expect, it } from 'vitest';
import { settings } from '../kernel/settings';
import { cacheRules, cacheSettingsOf } from './cache-rules';

describe('cacheRules', () => {
  it('is the installation’s where nothing is set', () => {
    const { cacheQueryTtlMs, cacheAnswerTtlMs, cacheSchemaTtlMs } = settings();
    expect(cacheRules({}, {})).toEqual({
      query: { enabled: true, ttlMs: cacheQueryTtlMs },
      answer: { enabled: true, ttlMs: cacheAnswerTtlMs },
      schema: { enabled: true, ttlMs: cacheSchemaTtlMs },
      epoch: '.',
    });
  });

  it('is off when it is off anywhere', () => {
    expect(cacheRules({ query: { enabled: true } }, { query: { enabled: false } }).query.enabled).toBe(false);
    expect(cacheRules({ query: { enabled: false } }, { query: { enabled: true } }).query.enabled).toBe(false);
    expect(cacheRules({ query: { enabled: true } }, { query: { enabled: true } }).query.enabled).toBe(true);
    expect(cacheRules({ query: { enabled: false } }, {}).answer.enabled).toBe(true);
  });

  it('takes the time of the source before that of the organisation', () => {
    expect(cacheRules({ answer: { ttlS: 10 } }, { answer: { ttlS: 20 } }).answer.ttlMs).toBe(10_000);
    expect(cacheRules({ answer: { enabled: true } }, { answer: { ttlS: 20 } }).answer.ttlMs).toBe(20_000);
  });

  it('has another epoch when either was cleared', () => {
    const epochs = [cacheRules({}, {}), cacheRules({ epoch: 'a' }, {}), cacheRules({}, { epoch: 'a' })].map(({ epoch }) => epoch);
    expect(new Set(epochs).size).toBe(3);
  });

  it('survives whatever the column holds', () => {
    for (const stored of [null, 7, 'x', [], { query: 'no' }, { query: { ttlS: -1 } }]) {
      expect(cacheRules(stored, stored)).toEqual(cacheRules({}, {}));
      expect(cacheSettingsOf(stored)).toEqual({});
    }
    expect(cacheSettingsOf({ query: { ttlS: 5 }, epoch: 'a' })).toEqual({ query: { ttlS: 5 } });
  });
});
