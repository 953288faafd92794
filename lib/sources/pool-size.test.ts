import { describe, expect, it } from 'vitest';
import type { Capabilities } from '../adapters/contract';
import { readSettings } from '../kernel/settings';
import { poolSize } from './pool-size';

const capabilities = (transport: Capabilities['transport']): Capabilities => ({
  sql: true,
  transactions: true,
  schemas: true,
  transport,
  streaming: true,
  cancel: true,
  explain: true,
  notOffered: {},
});
const network = { defaultPoolMax: 20, capabilities: capabilities('network') };
const file = { defaultPoolMax: 4, capabilities: capabilities('file') };
const environment = (values: Record<string, string> = {}) => readSettings((name) => values[name]);

describe('[E2] poolSize', () => {
  it('is the engine default when nobody says otherwise', () => {
    expect(poolSize(network, {}, environment())).toEqual({ max: 20, min: 0, base: 20, waitMs: 30_000 });
    expect(poolSize(file, {}, environment()).max).toBe(4);
  });

  it.each([
    ['small', 15, 5],
    ['medium', 30, 10],
    ['large', 60, 20],
  ] as const)('profile %s has %d connections, %d of them kept', (profile, max, base) => {
    expect(poolSize(network, { profile }, environment())).toMatchObject({ max, min: 0, base });
  });

  it('keeps one connection open in the warm profile', () => {
    expect(poolSize(network, { profile: 'warm' }, environment())).toMatchObject({ max: 20, min: 1 });
  });

  it('follows the environment, and the source before it [J1]', () => {
    const set = environment({ DB_POOL_SIZE: '10', DB_MAX_OVERFLOW: '20', DB_POOL_TIMEOUT: '5' });
    expect(poolSize(network, {}, set)).toEqual({ max: 30, min: 0, base: 10, waitMs: 5_000 });
    expect(poolSize(network, { profile: 'small' }, set).max).toBe(15);
    expect(poolSize(network, { profile: 'small', max: 3, min: 2, waitMs: 200 }, set)).toEqual({
      ...{ max: 3, min: 2, base: 3, waitMs: 200 },
    });
    expect(poolSize(network, { max: 8 }, set)).toMatchObject({ max: 8, base: 8 });
  });

  it('never starts more processes for a file than its engine wants, unless the source says so', () => {
    const set = environment({ DB_POOL_SIZE: '50' });
    expect(poolSize(file, {}, set).max).toBe(4);
    expect(poolSize(file, { profile: 'large' }, set).max).toBe(4);
    expect(poolSize(file, { max: 6 }, set).max).toBe(6);
  });

  it('keeps no more open than it may have', () => {
    expect(poolSize(network, { max: 2, min: 9 }, environment())).toMatchObject({ max: 2, min: 2 });
  });
});
