import { LRUCache } from 'lru-cache';
import type { Clock } from '../kernel/clock';
import { QuarryError } from '../kernel/errors';
import { settings } from '../kernel/settings';
import { singleton } from '../kernel/singleton';
import type { Ctx } from './context';

export type RateBucket = 'query' | 'ask';

interface Bucket {
  tokens: number;
  at: number;
}

/** Buckets are small and forgotten least recently used first: a forgotten one is a full one, so memory stays bounded. */
const buckets = () => singleton('access.rate-limit', () => new LRUCache<string, Bucket>({ max: 50_000 }));

/**
 * Takes one token from a bucket that holds `perMinute` tokens and refills evenly (token bucket).
 * @returns seconds to wait, or 0 when a token was there
 */
export function takeToken(key: string, perMinute: number, clock: Clock): number {
  const now = clock.now();
  const bucket = buckets().get(key) ?? { tokens: perMinute, at: now };
  const tokens = Math.min(perMinute, bucket.tokens + (Math.max(0, now - bucket.at) / 60_000) * perMinute);
  if (tokens < 1) {
    buckets().set(key, { tokens, at: now });
    return Math.max(1, Math.ceil(((1 - tokens) / perMinute) * 60));
  }
  buckets().set(key, { tokens: tokens - 1, at: now });
  return 0;
}

/** Gives a token back: what it paid for turned out to be free. */
export function returnToken(key: string): void {
  const bucket = buckets().get(key);
  if (bucket) bucket.tokens += 1;
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
