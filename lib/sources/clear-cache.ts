import { type Ctx, requirePermission } from '../access';
import { withAudit } from '../audit';
import { forgetCached } from '../cache';
import { newId } from '../kernel/ids';
import { cacheSettingsOf } from './cache-rules';
import { getSourceRow } from './source-row';

/**
 * Forgets results and answers of a source, in all instances: from the next request on nothing that was kept before is found, whatever
 * a cache that can't be reached just now may still hold.
 * @throws QuarryError not_found
 */
export async function clearSourceCache(ctx: Ctx, id: string): Promise<{ cleared: true }> {
  requirePermission(ctx, 'source.manage');
  await getSourceRow(ctx, id);
  await withAudit(ctx, async (tx) => {
    const row = await tx.dataSource.findFirstOrThrow({ where: { id, deletedAt: null } });
    await tx.dataSource.updateMany({
      where: { id },
      data: { cacheSettings: { ...cacheSettingsOf(row.cacheSettings), epoch: newId() } },
    });
    return { result: undefined, event: { action: 'source.clear_cache', target: id, outcome: 'ok', detail: { name: row.name } } };
  });
  await forgetCached(ctx.organization.id, id);
  return { cleared: true };
}
