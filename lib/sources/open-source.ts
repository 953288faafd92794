import type { Ctx } from '../access';
import { getAdapter } from '../adapters/registry';
import { readSource } from '../db';
import { isId } from '../kernel/ids';
import { cacheRules, storedOrganizationCache } from './cache-rules';
import { openConnection } from './credentials';
import { openPool } from './open-pool';
import type { MadePool } from './pool-registry';
import { pools } from './pools';
import { getSourceRow, ownerOf, type SourceRow, settingsOf, sourceNotFound, summariseRow } from './source-row';
import type { OpenSource } from './types';

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
  const make = () => makePool(ctx, row);
  return {
    source,
    adapter: getAdapter(row.type),
    credentialVersion: row.credentialVersion,
    schemaRevision: row.schemaRevision,
    environmentId: row.environmentId,
    allowWrites: source.access === 'read-write',
    limits: source.limits,
    cache: cacheRules(row.cacheSettings, storedOrganizationCache(organizationSettings)),
    lease: (options = {}) => pools().lease(ownerOf(row), row.credentialVersion, make, { ...options, clock: ctx.clock }),
  };
}

/** The pool of the source's state now, which may be newer than the caller's row. */
async function makePool(ctx: Ctx, seen: SourceRow): Promise<MadePool> {
  const adapter = getAdapter(seen.type);
  const { version, config } = await openConnection(ctx, seen.id, adapter);
  const row = version === seen.credentialVersion ? seen : await getSourceRow(ctx, seen.id);
  const settings = settingsOf(row);
  const { pool, size } = await openPool({
    organizationId: ctx.organization.id,
    adapter,
    config,
    pool: settings.pool,
    allowWrites: settings.access === 'read-write',
    sample: row.sample !== null,
  });
  return { ...size, pool, name: row.name, credentialVersion: version };
}
