import type { Adapter, Pool } from '../adapters/contract';
import { QuarryError } from '../kernel/errors';
import { settings } from '../kernel/settings';
import { checkHost, installationRules, isThisMachine } from './network-guard';
import { type PoolSize, poolSize } from './pool-size';
import type { PoolSettings, SshSettings } from './schema';
import { Tunnel } from './tunnel';
import { poolThroughTunnel } from './tunnel-pool';

export interface PoolRecipe {
  /** Whose uploaded files may be opened. */
  organizationId: string;
  adapter: Adapter;
  config: unknown;
  /** The tunnel to the database's network; null connects directly. */
  ssh: SshSettings | null;
  pool: PoolSettings;
  allowWrites: boolean;
  sample: boolean;
}

export interface OpenedPool {
  pool: Pool;
  size: PoolSize;
  /** Closed with the pool. */
  tunnel: Tunnel | null;
}

/**
 * Makes a source's pool, behind the network guard: endpoints are judged now, and again for each connection that it opens. Through a tunnel
 * it is the SSH server that is judged; the database's host is resolved on the far side.
 * @throws QuarryError source.host_refused | source.unreachable (no such host)
 */
export async function openPool(recipe: PoolRecipe): Promise<OpenedPool> {
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
  if (manifest.capabilities.transport === 'file') return { pool: adapter.open(config, limits), size, tunnel: null };
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
  if (recipe.ssh) {
    const tunnel = openTunnel(recipe.ssh, recipe.sample, resolveHost);
    const pool = adapter.open(config, { ...limits, tunnel: (host, port) => tunnel.endpoint(host, port) });
    return { pool: poolThroughTunnel(pool, tunnel), size, tunnel };
  }
  for (const { host, port, list } of endpoints) if (!list) await resolveHost(host, port);
  return { pool: adapter.open(config, { ...limits, resolveHost }), size, tunnel: null };
}

/** An SSH server on this very machine reaches what Quarry itself reaches, so that the database's host is judged as without a tunnel. */
function openTunnel(ssh: SshSettings, sample: boolean, resolveDatabase: (host: string, port: number) => Promise<string>): Tunnel {
  return new Tunnel(ssh, {
    resolve: async () => checkHost(ssh.host, ssh.port, undefined, await installationRules({ sample })),
    judge: async (address, host, port) => {
      if (isThisMachine(address)) await resolveDatabase(host, port);
    },
    connectTimeoutMs: settings().connectTimeoutMs,
  });
}
