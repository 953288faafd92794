import type { Clock } from '../kernel/clock';
import type { RedisLink } from '../redis';
import { type ByteStore, StoreAway } from './byte-store';

type Client = NonNullable<RedisLink['client']>;

/** A value may be megabytes: a slow answer to one is no outage yet. */
const PATIENCE_MS = 250;
const PAGE = 500;

/*
 * Layout, for a cache of base `quarry:cache:query:` (every script runs as one step, so that the parts agree):
 *   v:<key>  the bytes, gone by PX
 *   keys     sorted set of all keys with equal scores: a prefix is a range of it, so that nothing ever walks the whole database
 *   used     sorted set of keys by last use: its head is the least recently used
 *   meta     hash key → "bytes expiresAt", expiresAt by the caller's clock
 *   total    bytes of all entries
 * Expired entries stay in the four books until they are the oldest or clean() comes. Should Redis itself push out a book, values are
 * unreachable for clearPrefix until they expire: what must not be reused is never told by clearing alone (see stored-cache.ts).
 */
const FORGET = `
local function forget(key)
  local entry = redis.call('HGET', KEYS[3], key)
  if not entry then return nil end
  local bytes, expires = entry:match('^(%d+) (%d+)$')
  redis.call('HDEL', KEYS[3], key)
  redis.call('ZREM', KEYS[1], key)
  redis.call('ZREM', KEYS[2], key)
  redis.call('DEL', KEYS[5] .. key)
  redis.call('DECRBY', KEYS[4], bytes)
  return tonumber(expires)
end
`;

const GET = `
local value = redis.call('GET', KEYS[5] .. ARGV[1])
local entry = redis.call('HGET', KEYS[3], ARGV[1])
if not value or not entry then return false end
if tonumber(entry:match('%d+$')) <= tonumber(ARGV[2]) then return false end
redis.call('ZADD', KEYS[2], 'XX', redis.call('INCR', KEYS[6]), ARGV[1])
return value
`;

const SET = `${FORGET}
forget(ARGV[1])
local bytes = #ARGV[2]
redis.call('SET', KEYS[5] .. ARGV[1], ARGV[2], 'PX', ARGV[4])
redis.call('HSET', KEYS[3], ARGV[1], bytes .. ' ' .. ARGV[3])
redis.call('ZADD', KEYS[1], 0, ARGV[1])
redis.call('ZADD', KEYS[2], redis.call('INCR', KEYS[6]), ARGV[1])
local total = redis.call('INCRBY', KEYS[4], bytes)
local evicted = {}
while total > tonumber(ARGV[5]) do
  local oldest = redis.call('ZRANGE', KEYS[2], 0, 0)[1]
  if not oldest then break end
  local expires = forget(oldest)
  if not expires then redis.call('ZREM', KEYS[2], oldest)
  elseif expires > tonumber(ARGV[6]) then evicted[#evicted + 1] = oldest end
  total = tonumber(redis.call('GET', KEYS[4]))
end
return evicted
`;

const DELETE = `${FORGET}
forget(ARGV[1])
return 1
`;

const CLEAR = `${FORGET}
local found = redis.call('ZRANGEBYLEX', KEYS[1], '[' .. ARGV[1], '[' .. ARGV[1] .. '\\127', 'LIMIT', 0, ${PAGE})
for _, key in ipairs(found) do
  forget(key)
  redis.call('ZREM', KEYS[1], key)
end
return #found
`;

/** One page of a prefix: the last key, entries alive, their bytes, and how many dead ones were taken out of the books. */
const COUNT = `${FORGET}
local from = ARGV[2] == '' and '[' .. ARGV[1] or '(' .. ARGV[2]
local found = redis.call('ZRANGEBYLEX', KEYS[1], from, '[' .. ARGV[1] .. '\\127', 'LIMIT', 0, ${PAGE})
local entries, bytes, dead = 0, 0, 0
for _, key in ipairs(found) do
  local entry = redis.call('HGET', KEYS[3], key)
  local size, expires = (entry or '0 0'):match('^(%d+) (%d+)$')
  if tonumber(expires) > tonumber(ARGV[3]) and redis.call('EXISTS', KEYS[5] .. key) == 1 then
    entries = entries + 1
    bytes = bytes + tonumber(size)
  else
    forget(key)
    redis.call('ZREM', KEYS[1], key)
    dead = dead + 1
  end
end
return {found[#found] or '', entries, bytes, dead}
`;

/**
 * Bytes in Redis, bounded, least recently used first out.
 * @param options.name of the cache: part of every key
 */
export function redisStore(options: { link: RedisLink; name: string; maxBytes: number; clock: Clock }): ByteStore {
  const { link, clock } = options;
  const base = `${link.prefix}cache:${options.name}:`;
  const keys = ['keys', 'used', 'meta', 'total', 'v:', 'seq'].map((part) => base + part);

  const run = async <T>(work: (client: Client) => Promise<T>): Promise<T> => {
    const outcome = await link.attempt(work, PATIENCE_MS);
    if (!outcome) throw new StoreAway();
    return outcome.value;
  };
  const evaluate = (script: string, ...args: (string | number | Buffer)[]) =>
    run((client) => client.eval(script, keys.length, ...keys, ...args));

  const count = async (prefix: string) => {
    const sum = { entries: 0, bytes: 0, dead: 0 };
    for (let last = ''; ; ) {
      const page = (await evaluate(COUNT, prefix, last, clock.now())) as [string, number, number, number];
      sum.entries += page[1];
      sum.bytes += page[2];
      sum.dead += page[3];
      if (page[1] + page[3] < PAGE) return sum;
      last = page[0];
    }
  };

  return {
    async get(key) {
      const value = await run((client) => client.callBuffer('EVAL', GET, keys.length, ...keys, key, clock.now()));
      return Buffer.isBuffer(value) ? value : undefined;
    },
    async set(key, value, ttlMs) {
      const now = clock.now();
      const lifeMs = Math.max(1, Math.ceil(ttlMs));
      return (await evaluate(SET, key, value, now + lifeMs, lifeMs, options.maxBytes, now)) as string[];
    },
    async delete(key) {
      await evaluate(DELETE, key);
    },
    async clearPrefix(prefix) {
      while ((await evaluate(CLEAR, prefix)) === PAGE);
    },
    async stats(prefix) {
      const { entries, bytes } = await count(prefix);
      return { entries, bytes };
    },
    clean: async () => (await count('')).dead,
    trouble: () => (link.state().state === 'up' ? null : (link.state().reason ?? 'Redis cannot be reached.')),
  };
}
