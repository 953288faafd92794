import type { Ctx } from '../access';
import { getAdapter } from '../adapters/registry';
import { readSource } from '../db';
import { isId } from '../kernel/ids';
import { cacheRules, storedOrganizationCache } from './cache-rules';
import { openConnection } from './credentials';
import { openPool } from './open-pool';
import type { MadePool } from './pool-registry';
import { pools } from './pools';
import { atReplica, leaseReplica } from './replica';
import type { ReplicaSettings } from './schema';
import { getSourceRow, ownerOf, type SourceRow, settingsOf, sourceNotFound, summariseRow } from './source-row';
import type { LeaseOptions, OpenSource, SourceLease } from './types';

/**
 * Authorises and hands out a source: one indexed read, so that a deleted source or a changed setting acts on the next request.
 * Nothing is decrypted or connected before the first lease.
 * @throws QuarryError not_found when the caller's organisation has no such source
 */
export async function openSource(ctx: Ctx, dataSourceId: string): Promise<OpenSource> {
  const found = isId(dataSourceId) ? await readSource(ctx.organization.id, dataSourceId) : null;
  if (!found) throw sourceNotFound();
  const { row, environment, organizationSettings } = found;
  const source = summariseRow(row, environment);
  return {
    source,
    adapter: getAdapter(row.type),
    credentialVersion: row.credentialVersion,
    schemaRevision: row.schemaRevision,
    environmentId: row.environmentId,
    allowWrites: source.access === 'read-write',
    limits: source.limits,
    cache: cacheRules(row.cacheSettings, storedOrganizationCache(organizationSettings)),
    lease: (options = {}) => lease(ctx, row, source.replica, options),
  };
}

async function lease(ctx: Ctx, row: SourceRow, replica: ReplicaSettings | null, options: LeaseOptions): Promise<SourceLease> {
  const { read = false, only, ...rest } = options;
  const { credentialVersion } = row;
  const registry = pools();
  const primary = () =>
    registry.lease(ownerOf(row), credentialVersion, () => makePool(ctx, row, null), { ...rest, clock: ctx.clock });
  if (!replica) {
    if (only) throw sourceNotFound();
    return primary();
  }
  const owner = { ...ownerOf(row), replica: true } as const;
  const make = () => makePool(ctx, row, replica);
  if (only) return registry.lease(owner, credentialVersion, make, { ...rest, clock: ctx.clock });
  if (!read) return primary();
  const answer = await leaseReplica(ctx, { owner, credentialVersion, replica, make, signal: rest.signal });
  if ('lease' in answer) return Object.assign(answer.lease, { server: 'replica' as const });
  return Object.assign(await primary(), { server: 'primary' as const, note: answer.refusal });
}

/** The pool of the source's state now, which may be newer than the caller's row. */
async function makePool(ctx: Ctx, seen: SourceRow, replica: ReplicaSettings | null): Promise<MadePool> {
  const adapter = getAdapter(seen.type);
  const { version, config, ssh } = await openConnection(ctx, seen.id, adapter);
  const row = version === seen.credentialVersion ? seen : await getSourceRow(ctx, seen.id);
  const settings = settingsOf(row);
  const { pool, size } = await openPool({
    organizationId: ctx.organization.id,
    adapter,
    config: replica ? atReplica(adapter.manifest, config, replica) : config,
    ssh,
    pool: settings.pool,
    allowWrites: settings.access === 'read-write',
    sample: row.sample !== null,
  });
  return { ...size, pool, name: row.name, credentialVersion: version };
}
