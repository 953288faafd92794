import type { Adapter, Pool } from '../adapters/contract';
import { QuarryError } from '../kernel/errors';
import { settings } from '../kernel/settings';
import { checkHost, installationRules } from './network-guard';
import { type PoolSize, poolSize } from './pool-size';
import type { PoolSettings } from './schema';

export interface PoolRecipe {
  /** Whose uploaded files may be opened. */
  organizationId: string;
  adapter: Adapter;
  config: unknown;
  pool: PoolSettings;
  allowWrites: boolean;
  sample: boolean;
}

/**
 * Makes a source's pool, behind the network guard: endpoints are judged now, and again for each connection that it opens.
 * @throws QuarryError source.host_refused | source.unreachable (no such host)
 */
export async function openPool(recipe: PoolRecipe): Promise<{ pool: Pool; size: PoolSize }> {
  const { adapter, config } = recipe;
  const { manifest } = adapter;
  const size = poolSize(manifest, recipe.pool, settings());
  const limits = {
    ...size,
    connectTimeoutMs: settings().connectTimeoutMs,
    recycleMs: settings().poolRecycleMs,
    allowWrites: recipe.allowWrites,
    organizationId: recipe.organizationId,
  };
  if (manifest.capabilities.transport === 'file') return { pool: adapter.open(config, limits), size };
  const { database } = manifest.summarise(config);
  const resolveHost = async (host: string, port: number) =>
    checkHost(host, port, database, await installationRules({ sample: recipe.sample }));
  const endpoints = manifest.endpoints(config);
  if (endpoints.length === 0) {
    throw new QuarryError(
      'source.host_refused',
      'Quarry connects to databases over the network only. Give a host name or an IP address.',
    );
  }
  for (const { host, port, list } of endpoints) if (!list) await resolveHost(host, port);
  return { pool: adapter.open(config, { ...limits, resolveHost }), size };
}
