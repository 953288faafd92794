import { type Ctx, requirePermission } from '../access';
import { withAudit } from '../audit';
import { pools } from './pools';
import { announceChange } from './source-changed';
import { getSourceRow, ownerOf, sourceNotFound } from './source-row';
import { removeUnused, uploadOfSource } from './upload-use';

/**
 * Removes a source: from now on it is "not found". Its secrets are erased at once, its history stays, its name is free again;
 * queries that are running end, and its pool closes. The uploaded
 * file that it was goes with it, unless another source of the organisation is on the same one.
 * @throws QuarryError not_found
 */
export async function deleteSource(ctx: Ctx, id: string): Promise<void> {
  requirePermission(ctx, 'source.manage');
  const row = await getSourceRow(ctx, id);
  const upload = await uploadOfSource(ctx, row);
  await withAudit(ctx, async (tx) => {
    const { count } = await tx.dataSource.updateMany({
      where: { id, deletedAt: null },
      data: { deletedAt: ctx.clock.date(), name: `${row.name} (deleted ${id})` },
    });
    if (count === 0) throw sourceNotFound();
    await tx.credential.deleteMany({ where: { dataSourceId: id } });
    const detail = { name: row.name, type: row.type };
    return { result: undefined, event: { action: 'source.delete', target: id, outcome: 'ok', detail } };
  });
  const drained = pools().remove(ownerOf(row));
  void announceChange(row, true);
  if (upload !== null) void drained.then(() => removeUnused(ctx, row.type, upload));
}
