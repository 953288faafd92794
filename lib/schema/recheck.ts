import { LRUCache } from 'lru-cache';
import type { Ctx } from '../access';
import { SingleFlight } from '../cache';
import { toQuarryError } from '../kernel/errors';
import { singleton } from '../kernel/singleton';
import { redisConfigured, redisKey, tryRedis } from '../redis';
import { type OpenSource, openSource } from '../sources';
import { readFromSource } from './read-source';

/** A name that nobody knows makes a source be read again at most once in this time, however often it is written. */
const PAUSE_MS = 60_000;

/**
 * Something names what the schema doesn't know, or the source doesn't know what the schema names: perhaps the source has changed. Reads
 * it again, at most once a minute per source among all instances; who comes meanwhile waits for the same reading. [D4]
 * Never throws: it is a favour.
 */
export async function recheckSchema(ctx: Ctx, source: string | OpenSource): Promise<void> {
  try {
    const open = typeof source === 'string' ? await openSource(ctx, source) : source;
    const key = `${ctx.organization.id}/${open.source.id}`;
    await flights().share(key, ctx.signal, async (signal) => {
      if (await takeTurn(ctx, key)) await readFromSource(ctx, open, signal, 'unknown name');
    });
  } catch (error) {
    ctx.log.info({ code: toQuarryError(error).code }, 'schema could not be read again after an unknown name');
  }
}

/** True once a minute: among all instances with Redis, in this process without or while it is away. */
async function takeTurn(ctx: Ctx, key: string): Promise<boolean> {
  const last = turns().get(key);
  if (last !== undefined && ctx.clock.now() - last < PAUSE_MS) return false;
  turns().set(key, ctx.clock.now());
  if (!redisConfigured()) return true;
  const taken = await tryRedis((client) => client.set(redisKey(`schema.recheck:${key}`), '1', 'PX', PAUSE_MS, 'NX'));
  return taken === null || taken.value === 'OK';
}

const turns = () => singleton('schema.recheckTurns', () => new LRUCache<string, number>({ max: 10_000 }));
const flights = () => singleton('schema.recheckFlights', () => new SingleFlight<void>());
