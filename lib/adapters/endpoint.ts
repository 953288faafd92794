import type { Endpoint, OpenLimits } from './contract';

/**
 * Where a new connection to a host really goes: to the near end of a tunnel, to the address that the network guard chose, or to the host
 * itself. TLS verifies the host's own name in every case.
 * @throws QuarryError source.host_refused | source.unreachable | source.auth_failed, to be passed on as they are
 */
export async function endpointOf({ tunnel, resolveHost }: OpenLimits, host: string, port: number): Promise<Endpoint> {
  if (tunnel) return tunnel(host, port);
  return { host: resolveHost ? await resolveHost(host, port) : host, port };
}
