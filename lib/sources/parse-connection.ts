import type { Adapter, ConnectionInput } from '../adapters/contract';
import { QuarryError } from '../kernel/errors';
import type { StoredConnection } from './credentials';
import type { CreateSourceInput, SshSettings } from './schema';

/**
 * A connection as a request gives it, normalised: the adapter's part, and the tunnel, of which adapters know nothing.
 * @throws QuarryError input.invalid
 */
export function parseConnection(adapter: Adapter, { ssh, ...input }: CreateSourceInput['connection']): StoredConnection {
  const config = adapter.manifest.parseConnection(input as ConnectionInput);
  return { config, ssh: checkTunnel(adapter, ssh ?? null) };
}

/** @throws QuarryError input.invalid for engines that are files */
export function checkTunnel(adapter: Adapter, ssh: SshSettings | null): SshSettings | null {
  if (ssh === null) return null;
  if (adapter.manifest.capabilities.transport === 'file')
    throw new QuarryError('input.invalid', 'An SSH tunnel makes no sense for a file. Leave it out.', {
      details: { fields: ['connection.ssh'] },
    });
  return ssh;
}
