import { describe, expect, it } from 'vitest';
import type { Clock } from '../kernel/clock';
import { QuarryError } from '../kernel/errors';
import type { PoolOwner } from './pool-entry';
import { SourceHealth } from './source-health';

const owner: PoolOwner = { organizationId: 'org', environmentId: 'env', dataSourceId: 'a' };

class TestClock implements Clock {
  ms = Date.UTC(2026, 0, 1);
  now = () => this.ms;
  date = () => new Date(this.ms);
}

/** In the middle of the jitter. */
function setUp() {
  const clock = new TestClock();
  const health = new SourceHealth(() => 0.5);
  const state = { attempts: 0, failing: true, code: 'source.unreachable' as QuarryError['code'] };
  const attempt = (purpose: 'use' | 'try' | 'check' = 'use') =>
    health.attempt(owner, clock, purpose, async () => {
      state.attempts += 1;
      await Promise.resolve();
      if (state.failing) throw new QuarryError(state.code, 'There is nothing at that address.');
      return 'lease';
    });
  return { clock, health, state, attempt };
}

describe('[E6] SourceHealth', () => {
  it('lets the first failure be repeated at once, and then waits longer and longer, up to a minute', async () => {
    const { clock, health, state, attempt } = setUp();
    await expect(attempt()).rejects.toThrow('There is nothing');
    const pauses: number[] = [];
    for (let i = 0; i < 9; i += 1) {
      clock.ms = health.of(owner)?.nextTryAt ?? 0;
      await expect(attempt()).rejects.toMatchObject({ message: 'There is nothing at that address.' });
      pauses.push((health.of(owner)?.nextTryAt ?? 0) - clock.ms);
    }
    expect(pauses).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000]);
    expect(state.attempts).toBe(10);
  });

  it('answers at once between two tries, with since when, why and when next', async () => {
    const { clock, health, state, attempt } = setUp();
    for (let i = 0; i < 2; i += 1) await attempt().catch(() => undefined);
    clock.ms += 400;
    await expect(attempt()).rejects.toMatchObject({
      code: 'source.unreachable',
      message:
        'This source has been down since 00:00 UTC. There is nothing at that address. Quarry asks it again in 1 s, or at once from the page of the source.',
      details: { since: '2026-01-01T00:00:00.000Z', failures: 2 },
      retryAfterS: 1,
    });
    expect(state.attempts).toBe(2);
    clock.ms -= 86_400_000;
    await expect(attempt()).rejects.toThrow('down since 1 January, 00:00 UTC. ');
    expect(health.of(owner)).toMatchObject({ state: 'down', reason: 'There is nothing at that address.' });
  });

  it('lets one ask when the next try is due; the others learn what it learns', async () => {
    const { clock, health, state, attempt } = setUp();
    for (let i = 0; i < 2; i += 1) await attempt().catch(() => undefined);
    clock.ms += 1_000;
    const failed = await Promise.allSettled(Array.from({ length: 50 }, () => attempt()));
    expect(new Set(failed.map((outcome) => outcome.status))).toEqual(new Set(['rejected']));
    expect(state.attempts).toBe(3);
    clock.ms = health.of(owner)?.nextTryAt ?? 0;
    state.failing = false;
    expect(await Promise.all(Array.from({ length: 50 }, () => attempt()))).toEqual(Array(50).fill('lease'));
    expect(health.of(owner)).toMatchObject({ state: 'up' });
    state.failing = true;
    await attempt().catch(() => undefined);
    expect((health.of(owner)?.nextTryAt ?? 0) - clock.ms).toBe(0);
  });

  it('counts one failure that many waited for once', async () => {
    const { clock, health } = setUp();
    const error = new QuarryError('source.unreachable', 'no');
    await Promise.allSettled(Array.from({ length: 20 }, () => health.attempt(owner, clock, 'use', () => Promise.reject(error))));
    expect(health.of(owner)?.nextTryAt).toBe(clock.ms);
  });

  it('goes through when a person asks for it', async () => {
    const { state, attempt } = setUp();
    for (let i = 0; i < 2; i += 1) await attempt().catch(() => undefined);
    state.failing = false;
    await expect(attempt()).rejects.toThrow('down since');
    expect(await attempt('try')).toBe('lease');
    expect(await attempt()).toBe('lease');
  });

  it('thinks nothing of a failed query, a full pool, or an error that was exempted', async () => {
    const { clock, health, state, attempt } = setUp();
    for (const code of ['query.failed', 'pool.timeout', 'source.host_refused'] as const) {
      state.code = code;
      await attempt().catch(() => undefined);
    }
    const exempted = () => Promise.reject(health.exempt(new QuarryError('source.unreachable', 'closing')));
    await health.attempt(owner, clock, 'use', exempted).catch(() => undefined);
    expect(health.isDown(owner)).toBe(false);
  });

  it('asks again what is down and wanted, and forgets what nobody wants', async () => {
    const { clock, health, attempt } = setUp();
    for (let i = 0; i < 2; i += 1) await attempt().catch(() => undefined);
    expect(health.due(clock, 1_800_000)).toEqual([]);
    clock.ms += 1_000;
    expect(health.due(clock, 1_800_000)).toEqual([owner]);
    await attempt('check').catch(() => undefined);
    clock.ms += 1_800_000 - 1_000;
    expect(health.due(clock, 1_800_000)).toEqual([]);
    expect(health.of(owner)).toBeNull();
  });
});
