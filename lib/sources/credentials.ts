import type { Adapter } from '../adapters/contract';
import { openSecret, sealSecret, type TenantDb } from '../db';
import { QuarryError } from '../kernel/errors';
import { type SshSettings, sshSchema } from './schema';

/** What ties a sealed connection to its row: moved to another source or version, it doesn't open. */
const binding = (dataSourceId: string, version: number) => `source:${dataSourceId}/credential:${version}`;

/** What is kept of a connection: the adapter's normalised one, and the tunnel it goes through, of which adapters know nothing. */
export interface StoredConnection {
  config: unknown;
  ssh: SshSettings | null;
}

/** The normalised connection, sealed for one version of one source. */
export async function sealConnection(
  organizationId: string,
  dataSourceId: string,
  version: number,
  { config, ssh }: StoredConnection,
) {
  const text = JSON.stringify({ ...(config as object), ...(ssh ? { ssh } : {}) });
  const sealed = await sealSecret(organizationId, binding(dataSourceId, version), text);
  return { dataSourceId, version, keyId: sealed.keyId, sealed: sealed.sealed };
}

/**
 * The newest connection of a source.
 * @throws QuarryError not_found when the source is being deleted; vault.corrupt, vault.key_missing
 */
export async function openConnection(
  ctx: { db: TenantDb; organization: { id: string } },
  dataSourceId: string,
  adapter: Adapter,
): Promise<StoredConnection & { version: number }> {
  const row = await ctx.db.credential.findFirst({ where: { dataSourceId }, orderBy: { version: 'desc' } });
  if (!row) throw new QuarryError('not_found', 'There is no such data source. It may have been deleted.');
  const { version, keyId, sealed } = row;
  const text = await openSecret(ctx.organization.id, binding(dataSourceId, version), { keyId, sealed });
  const { ssh, ...stored } = JSON.parse(text) as { ssh?: unknown };
  const parsed = adapter.manifest.connectionSchema.safeParse(stored);
  const tunnel = sshSchema.optional().safeParse(ssh);
  if (parsed.success && tunnel.success) return { version, config: parsed.data, ssh: tunnel.data ?? null };
  throw new QuarryError('vault.corrupt', 'The stored connection of this source is not readable any more. Enter it again.');
}
