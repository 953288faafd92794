import type { Manifest } from '../adapters/contract';
import type { Settings } from '../kernel/settings';
import type { PoolSettings } from './schema';

/** Base and overflow of the named profiles; a pool's maximum is their sum. */
const PROFILES = {
  small: { base: 5, overflow: 10 },
  medium: { base: 10, overflow: 20 },
  large: { base: 20, overflow: 40 },
} as const;

export interface PoolSize {
  max: number;
  min: number;
  /** What is above it is overflow, and closes soon after use. */
  base: number;
  waitMs: number;
}

/**
 * Size of a source's pool: what the source says, else its profile, else the environment, else the engine's default. For engines on
 * files each connection is a process of this machine, so profile and environment only ever lower the engine's default there.
 */
export function poolSize(
  manifest: Pick<Manifest, 'defaultPoolMax' | 'capabilities'>,
  source: PoolSettings,
  settings: Settings,
): PoolSize {
  const { profile } = source;
  const sized = profile && profile !== 'warm' ? PROFILES[profile] : null;
  const base = sized?.base ?? settings.poolMax ?? manifest.defaultPoolMax;
  const general = base + (sized?.overflow ?? settings.poolOverflow ?? 0);
  const capped = manifest.capabilities.transport === 'file' ? Math.min(general, manifest.defaultPoolMax) : general;
  const max = source.max ?? capped;
  const min = Math.min(source.min ?? (profile === 'warm' ? 1 : 0), max);
  // A maximum that the source itself sets has no overflow, unless a profile says how it is divided.
  const kept = source.max !== undefined && !sized ? max : Math.min(base, max);
  return { max, min, base: Math.max(kept, min), waitMs: source.waitMs ?? settings.poolWaitMs };
}
