/**
 * Owns the link to Redis, which is optional: one connection for commands, one for messages between processes. Promises: nobody waits
 * more than about a tenth of a second for a Redis that is away, and only once per outage; it comes back by itself; what was published
 * meanwhile is sent then; without Redis messages reach this process only. Neither the password nor a host is ever logged.
 * Every key and channel starts with REDIS_PREFIX, so that installations can share a server.
 */
import type { Redis, RedisOptions } from 'ioredis';
import { processClock } from '../kernel/clock';
import { logger } from '../kernel/log';
import { settings } from '../kernel/settings';
import { dropSingleton, singleton } from '../kernel/singleton';
import { redisOptions } from './connect';
import { RedisLink, type RedisState } from './link';
import type { Listener, Topic } from './topic';

export { type LinkOptions, RedisLink, type RedisState } from './link';
export { defineTopic, type Topic } from './topic';

/** The link of this process; other parts take it as a parameter where a test needs one of its own. */
export function redisLink(): RedisLink {
  return singleton('redis.link', () => {
    const clock = { now: () => processClock().now(), date: () => processClock().date() };
    return new RedisLink({ url: settings().redisUrl ?? null, prefix: settings().redisPrefix, log: logger(), clock });
  });
}

/** True when REDIS_URL is set, whether or not Redis answers. */
export function redisConfigured(): boolean {
  return settings().redisUrl !== undefined;
}

/** The full name of a key. @param name `part:…`, the part that owns it first */
export function redisKey(name: string): string {
  return `${redisLink().prefix}${name}`;
}

/**
 * Runs commands, unless Redis is away.
 * @param patienceMs how long to wait; a slower answer counts as an outage, until a probe is answered
 * @returns the value, or null when Redis is away, late or refuses
 */
export function tryRedis<T>(run: (client: Redis) => Promise<T>, patienceMs?: number): Promise<{ value: T } | null> {
  return redisLink().attempt(run, patienceMs);
}

/** Whether Redis is configured and answers, and since when. */
export function redisState(): RedisState {
  return redisLink().state();
}

/**
 * Tells every process, this one included: here at once and once, elsewhere through Redis. Never throws. While Redis is away the
 * message is kept and sent when it is back; if too many pile up, every process is told that it missed some.
 */
export function publish<T>(topic: Topic<T>, message: T): Promise<void> {
  return redisLink().publish(topic, message);
}

/**
 * Hears messages of a topic from this process (`own`) and all others. Subscribe once per process (lib/kernel/singleton).
 * @returns ends it
 */
export function subscribe<T>(topic: Topic<T>, listener: Listener<T>): () => void {
  return redisLink().subscribe(topic, listener);
}

/** `{connection, prefix}` for BullMQ's queues and workers, which keep connections of their own; null when none is configured. */
export function queueConnection(): { connection: RedisOptions; prefix: string } | null {
  const url = settings().redisUrl;
  return url === undefined ? null : { connection: redisOptions(url), prefix: `${settings().redisPrefix}queue` };
}

/** Ends the connections of this process, as the last step of its drain. */
export async function closeRedis(): Promise<void> {
  await dropSingleton<RedisLink>('redis.link')?.close();
}
