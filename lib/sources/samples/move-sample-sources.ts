import { isDeepStrictEqual } from 'node:util';
import type { Ctx } from '../../access';
import { getAdapter } from '../../adapters/registry';
import { withAudit } from '../../audit';
import { openConnection, sealConnection } from '../credentials';
import { pools } from '../pools';
import { ownerOf } from '../source-row';
import { sampleConnections } from './installed';

/**
 * Points the organisation's sample sources at where the samples are now: the embedded server may have got another port, or the
 * samples' login another password. A changed one gets a new credential version, and with it a new pool.
 * @returns how many were changed
 */
export async function moveSampleSources(ctx: Ctx): Promise<number> {
  const installed = sampleConnections();
  const rows = await ctx.db.dataSource.findMany({ where: { sample: { not: null }, deletedAt: null } });
  let moved = 0;
  for (const row of rows) {
    const place = installed.find(({ sample, type }) => sample === row.sample && type === row.type);
    if (!place) continue;
    const adapter = getAdapter(row.type);
    const config = adapter.manifest.parseConnection(place.connection);
    const stored = await openConnection(ctx, row.id, adapter);
    if (isDeepStrictEqual(stored.config, adapter.manifest.connectionSchema.parse(config))) continue;
    const version = stored.version + 1;
    const sealed = await sealConnection(ctx.organization.id, row.id, version, { config, ssh: null });
    await withAudit(ctx, async (tx) => {
      const summary = { ...adapter.manifest.summarise(config) };
      await tx.dataSource.update({ where: { id: row.id }, data: { credentialVersion: version, summary } });
      await tx.credential.create({ data: sealed });
      await tx.credential.deleteMany({ where: { dataSourceId: row.id, version: { lt: version } } });
      const detail = { name: row.name, changed: ['connection'] };
      return { result: null, event: { action: 'source.update', target: row.id, outcome: 'ok', detail } };
    });
    pools().remove(ownerOf(row));
    moved++;
  }
  return moved;
}
