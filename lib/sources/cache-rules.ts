import { z } from 'zod';
import { settings } from '../kernel/settings';
import { CACHE_KINDS, type CacheKind, type CacheSettings, cacheSettingsSchema } from './schema';

/** Whether one kind of result is reused, and for how long. */
export interface CacheRule {
  enabled: boolean;
  ttlMs: number;
}

/** What holds for a source now. */
export type CacheRules = Record<CacheKind, CacheRule> & {
  /** Part of every key of what is cached for the source: when it changes, what was kept before is never found again. */
  epoch: string;
};

/** What is stored of an organisation or a source: what people set, and the epoch that clearing its caches moves. */
const storedSchema = z.object({ ...cacheSettingsSchema.shape, epoch: z.string().default('') });
type Stored = z.output<typeof storedSchema>;

/** Out of the column's JSON; what isn't of this form counts as not set. */
function readStored(stored: unknown): Stored {
  return storedSchema.safeParse(stored).data ?? { epoch: '' };
}

/** What people set, out of the column's JSON. */
export function cacheSettingsOf(stored: unknown): CacheSettings {
  const { epoch: _, ...cache } = readStored(stored);
  return cache;
}

/** The part of an organisation's settings that is about caches. */
export function storedOrganizationCache(organizationSettings: unknown): unknown {
  return z.object({ cache: z.unknown() }).safeParse(organizationSettings).data?.cache;
}

/**
 * The rules of a source. Off anywhere is off; for the time, the source goes before the organisation, and that before the installation.
 * CACHE_ENABLED=false turns off results and answers; a schema is no result.
 * @param sourceStored @param organizationStored the JSON that is stored of each
 */
export function cacheRules(sourceStored: unknown, organizationStored: unknown): CacheRules {
  const source = readStored(sourceStored);
  const organization = readStored(organizationStored);
  const { cacheEnabled, cacheQueryTtlMs, cacheAnswerTtlMs, cacheSchemaTtlMs } = settings();
  const installed: Record<CacheKind, CacheRule> = {
    query: { enabled: cacheEnabled, ttlMs: cacheQueryTtlMs },
    answer: { enabled: cacheEnabled, ttlMs: cacheAnswerTtlMs },
    schema: { enabled: true, ttlMs: cacheSchemaTtlMs },
  };
  const rule = (kind: CacheKind): CacheRule => {
    const ttlS = source[kind]?.ttlS ?? organization[kind]?.ttlS;
    return {
      enabled: installed[kind].enabled && organization[kind]?.enabled !== false && source[kind]?.enabled !== false,
      ttlMs: ttlS === undefined ? installed[kind].ttlMs : ttlS * 1_000,
    };
  };
  const rules = Object.fromEntries(CACHE_KINDS.map((kind) => [kind, rule(kind)])) as Record<CacheKind, CacheRule>;
  return { ...rules, epoch: `${organization.epoch}.${source.epoch}` };
}
