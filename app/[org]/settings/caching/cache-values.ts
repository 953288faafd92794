import { CACHE_KINDS, type CacheKind, type CacheSettings } from '@/lib/sources/schema';

/** What holds where nothing is set here: whether, for how many seconds, and who turned it off if it is off. */
export interface Inherited {
  enabled: boolean;
  ttlS: number;
  offBy?: 'installation' | 'organisation';
}
export type InheritedRules = Record<CacheKind, Inherited>;

/** The fields of one kind as they are typed. */
export interface CacheValue {
  enabled: boolean;
  seconds: string;
}
export type CacheValues = Record<CacheKind, CacheValue>;

export function toValues(cache: CacheSettings): CacheValues {
  const value = (kind: CacheKind): CacheValue => ({
    enabled: cache[kind]?.enabled !== false,
    seconds: cache[kind]?.ttlS === undefined ? '' : String(cache[kind]?.ttlS),
  });
  return { query: value('query'), answer: value('answer'), schema: value('schema') };
}

/** Only what differs from "as it is above": an empty field follows the organisation or the installation. */
export function toSettings(values: CacheValues): CacheSettings {
  const settings: CacheSettings = {};
  for (const kind of CACHE_KINDS) {
    const { enabled, seconds } = values[kind];
    const own = { ...(enabled ? {} : { enabled }), ...(seconds.trim() === '' ? {} : { ttlS: Number(seconds) }) };
    if (Object.keys(own).length > 0) settings[kind] = own;
  }
  return settings;
}

/** What is wrong with the seconds, if something is. */
export function secondsError(seconds: string): string | undefined {
  if (seconds.trim() === '') return undefined;
  const value = Number(seconds);
  return Number.isInteger(value) && value >= 1 && value <= 31_536_000
    ? undefined
    : 'Give whole seconds, from 1 to 31,536,000 (a year).';
}

/** What a source inherits: the organisation's settings on top of the installation's. */
export function inheritFrom(installation: InheritedRules, organization: CacheSettings): InheritedRules {
  const rule = (kind: CacheKind): Inherited => {
    const above = installation[kind];
    const ttlS = organization[kind]?.ttlS ?? above.ttlS;
    if (!above.enabled) return { ...above, ttlS };
    return organization[kind]?.enabled === false ? { enabled: false, ttlS, offBy: 'organisation' } : { enabled: true, ttlS };
  };
  return { query: rule('query'), answer: rule('answer'), schema: rule('schema') };
}

/** The installation's rules as the server tells them. */
export function installationRules(cache: Record<CacheKind, { enabled: boolean; ttlMs: number }>): InheritedRules {
  const rule = (kind: CacheKind): Inherited => ({
    enabled: cache[kind].enabled,
    ttlS: cache[kind].ttlMs / 1000,
    ...(cache[kind].enabled ? {} : { offBy: 'installation' }),
  });
  return { query: rule('query'), answer: rule('answer'), schema: rule('schema') };
}
