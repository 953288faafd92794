import { type Ctx, requirePermission } from '../access';
import { appendAudit } from '../audit';
import { forgetCached } from '../cache';
import { systemDb } from '../db';
import { newId } from '../kernel/ids';
import { type CacheRules, cacheRules, cacheSettingsOf, storedOrganizationCache } from '../sources';
import type { CacheSettings } from '../sources/schema';
import type { OrganizationSettingsInput } from './schema';

export interface OrganizationSettings {
  /** What the organisation set for all its sources. */
  cache: CacheSettings;
  /** What holds where neither the organisation nor a source sets anything. */
  installation: { cache: Omit<CacheRules, 'epoch'> };
}

/** What the organisation sets for itself, and what the installation says where it doesn't. */
export async function getOrganizationSettings(ctx: Ctx): Promise<OrganizationSettings> {
  requirePermission(ctx, 'organization.read');
  return present(await readStored(ctx));
}

/**
 * Sets it. Caches start anew under other rules: nothing that was kept under the old ones is found again.
 * @throws QuarryError access.denied
 */
export async function updateOrganizationSettings(ctx: Ctx, input: OrganizationSettingsInput): Promise<OrganizationSettings> {
  requirePermission(ctx, 'organization.manage');
  const stored = await writeCache(ctx, input.cache);
  await appendAudit(ctx, { action: 'organization.update', outcome: 'ok', detail: { changed: ['cache'] } });
  return present(stored);
}

/** Forgets results and answers of all sources, in all instances, whatever a cache that can't be reached just now still holds. */
export async function clearOrganizationCache(ctx: Ctx): Promise<{ cleared: true }> {
  requirePermission(ctx, 'organization.manage');
  await writeCache(ctx, cacheSettingsOf(storedOrganizationCache(await readStored(ctx))));
  await forgetCached(ctx.organization.id);
  await appendAudit(ctx, { action: 'organization.clear_cache', outcome: 'ok' });
  return { cleared: true };
}

async function readStored(ctx: Ctx): Promise<unknown> {
  const where = { id: ctx.organization.id };
  const { settings } = await systemDb().organization.findUniqueOrThrow({ where, select: { settings: true } });
  return settings;
}

/** Under a new epoch, beside what else is stored of the organisation. */
async function writeCache(ctx: Ctx, cache: CacheSettings): Promise<unknown> {
  return systemDb().$transaction(async (tx) => {
    const where = { id: ctx.organization.id };
    // The row is locked, so that another part of the settings that is written at the same time isn't lost.
    await tx.$queryRaw`SELECT 1 FROM organizations WHERE id = ${ctx.organization.id}::uuid FOR UPDATE`;
    const { settings } = await tx.organization.findUniqueOrThrow({ where, select: { settings: true } });
    const others = typeof settings === 'object' && !Array.isArray(settings) ? settings : {};
    const data = { settings: { ...others, cache: { ...cache, epoch: newId() } } };
    return (await tx.organization.update({ where, data, select: { settings: true } })).settings;
  });
}

function present(stored: unknown): OrganizationSettings {
  const { epoch: _, ...installed } = cacheRules({}, {});
  return { cache: cacheSettingsOf(storedOrganizationCache(stored)), installation: { cache: installed } };
}
