import { describe, expect, it } from 'vitest';
import { reasonOf, redisOptions } from './connect';

describe('redisOptions', () => {
  it('reads every part of an address', () => {
    expect(redisOptions('redis://cache.internal')).toMatchObject({ host: 'cache.internal', port: 6379 });
    expect(redisOptions('redis://cache.internal')).not.toHaveProperty('tls');
    const full = redisOptions('rediss://ann:p%40ss%2Fw%C3%B6rd@10.0.0.7:6390/3');
    expect(full).toMatchObject({ host: '10.0.0.7', port: 6390, username: 'ann', password: 'p@ss/wörd', db: 3, tls: {} });
    expect(redisOptions('redis://:secret@[::1]:6380')).toMatchObject({ host: '::1', port: 6380, password: 'secret' });
    expect(redisOptions('redis://:secret@[::1]:6380')).not.toHaveProperty('username');
  });

  it('waits longer from attempt to attempt, up to about two seconds, and never gives up', () => {
    const delay = redisOptions('redis://h').retryStrategy ?? (() => null);
    const delays = [1, 2, 3, 6, 7, 100, 10_000].map((attempt) => Number(delay(attempt)));
    for (const [index, base] of [50, 100, 200, 1_600, 2_000, 2_000, 2_000].entries()) {
      expect(delays[index]).toBeGreaterThanOrEqual(base);
      expect(delays[index]).toBeLessThanOrEqual(base * 1.1);
    }
  });
});

describe('reasonOf', () => {
  it.each([
    ['WRONGPASS invalid username-password pair or user is disabled.', 'Redis refuses the login.'],
    ['NOAUTH Authentication required.', 'Redis refuses the login.'],
    ['getaddrinfo ENOTFOUND cache.internal', 'The host of Redis is not known.'],
    ['LOADING Redis is loading the dataset in memory', 'Redis is loading its data.'],
    ['self-signed certificate in certificate chain', 'The secure connection to Redis fails.'],
    ['connect ECONNREFUSED 10.0.0.7:6379', 'Redis cannot be reached.'],
  ])('says of "%s": %s', (text, reason) => {
    expect(reasonOf(new Error(text))).toBe(reason);
    expect(reasonOf(new Error(text))).not.toMatch(/internal|10\.0/);
  });
});
