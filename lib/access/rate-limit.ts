import { LRUCache } from 'lru-cache';
import type { Clock } from '../kernel/clock';
import { QuarryError } from '../kernel/errors';
import { settings } from '../kernel/settings';
import { singleton } from '../kernel/singleton';
import type { Ctx } from './context';

export type RateBucket = 'query' | 'ask';

interface Bucket {
  /** Milliseconds of refilling that are in it; a token costs a minute divided by the limit. */
  creditMs: number;
  at: number;
}

const MINUTE_MS = 60_000;

/** Buckets are small and forgotten least recently used first: a forgotten one is a full one, so memory stays bounded. */
const buckets = () => singleton('access.rate-limit', () => new LRUCache<string, Bucket>({ max: 50_000 }));

/**
 * Takes one token from a bucket that holds `perMinute` tokens and refills evenly (token bucket).
 * @returns seconds to wait, or 0 when a token was there
 */
export function takeToken(key: string, perMinute: number, clock: Clock): number {
  const now = clock.now();
  const cost = MINUTE_MS / perMinute;
  const bucket = buckets().get(key) ?? { creditMs: MINUTE_MS, at: now };
  const creditMs = Math.min(MINUTE_MS, bucket.creditMs + Math.max(0, now - bucket.at));
  const enough = creditMs >= cost;
  buckets().set(key, { creditMs: enough ? creditMs - cost : creditMs, at: now });
  return enough ? 0 : Math.ceil((cost - creditMs) / 1000);
}

/** Gives a token back: what it paid for turned out to be free. */
export function returnToken(key: string, perMinute: number): void {
  const bucket = buckets().get(key);
  if (bucket) bucket.creditMs = Math.min(MINUTE_MS, bucket.creditMs + MINUTE_MS / perMinute);
}

/**
 * Counts one query or question of the caller. Per organisation and principal: a person's sessions share a bucket, a token
 * has its own. In memory, hence per process.
 * @throws QuarryError rate.limited with the seconds after which a repeat makes sense
 */
export function takeRateLimit(ctx: Ctx, bucket: RateBucket): void {
  const { rateLimit, rateLimitPerMinute, askLimitPerMinute } = settings();
  if (!rateLimit) return;
  const perMinute = bucket === 'ask' ? askLimitPerMinute : rateLimitPerMinute;
  const { kind, userId, credentialId } = ctx.principal;
  const who = kind === 'token' ? `token:${credentialId}` : `user:${userId}`;
  const waitS = takeToken(`${bucket}/${ctx.organization.id}/${who}`, perMinute, ctx.clock);
  if (waitS > 0) {
    const what = bucket === 'ask' ? 'questions' : 'queries';
    throw new QuarryError('rate.limited', `That is more than ${perMinute} ${what} in a minute. Try again in ${waitS} s.`, {
      retryAfterS: waitS,
      stage: 'rate_limit',
      details: { limit: perMinute, window: 'minute' },
    });
  }
}
