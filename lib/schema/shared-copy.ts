import { promisify } from 'node:util';
import { deflateRaw, inflateRaw } from 'node:zlib';
import { redisKey, tryRedis } from '../redis';
import type { StoredSchema } from './view';

/**
 * The second layer: copies in Redis, which every instance reads. A schema of 1,000 tables of 20 columns is 2 MB of JSON and some
 * 20 to 100 KB packed; unpacking and parsing take about 8 ms. The number is that of the stored form: an instance of another version
 * of Quarry doesn't read what it doesn't know.
 */
const FORM = 'schema2';
/** Unpacked; a bigger schema is read from the builder database. */
const MOST_BYTES = 256 * 1024 * 1024;
/** Packed. */
const MOST_PACKED_BYTES = 16 * 1024 * 1024;
const PATIENCE_MS = 250;

const pack = promisify(deflateRaw);
const unpack = promisify(inflateRaw);

const keyOf = (key: string) => redisKey(`${FORM}:${key}`);

/** The copy under this key; null when there is none, or no Redis. Never throws. */
export async function readShared(key: string): Promise<StoredSchema | null> {
  const found = await tryRedis((client) => client.getBuffer(keyOf(key)), PATIENCE_MS);
  if (!found?.value) return null;
  try {
    const stored = JSON.parse((await unpack(found.value, { maxOutputLength: MOST_BYTES })).toString('utf8')) as StoredSchema;
    return isSchema(stored) ? stored : null;
  } catch {
    return null;
  }
}

/** Leaves a copy for the others, for as long as it is fresh. Never throws; without Redis nothing happens. */
export async function writeShared(key: string, schema: StoredSchema, ttlMs: number): Promise<void> {
  const packed = await pack(JSON.stringify(schema), { level: 1 });
  if (packed.length > MOST_PACKED_BYTES) return;
  await tryRedis((client) => client.set(keyOf(key), packed, 'PX', Math.max(1, Math.round(ttlMs))), PATIENCE_MS);
}

/** Quarry's own writing, so its outline is enough: checking every column would cost more than reading it. */
function isSchema(value: unknown): value is StoredSchema {
  const { version, fingerprint, fetchedAt, catalogue, descriptions } = (value ?? {}) as Partial<StoredSchema>;
  return (
    typeof version === 'number' &&
    typeof fingerprint === 'string' &&
    typeof fetchedAt === 'string' &&
    Array.isArray(catalogue?.tables) &&
    typeof descriptions === 'object'
  );
}
