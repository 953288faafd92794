import { type Ctx, requirePermission } from '../access';
import { environmentOf, findEnvironment, getSourceRow, summariseRow } from './source-row';
import type { SourceSummary } from './types';

/** An installation has tens of sources; the cap only bounds the answer. */
const MOST = 1_000;

/**
 * The organisation's sources, by environment and name.
 * @param filter.environment id or slug
 * @throws QuarryError not_found (environment)
 */
export async function listSources(ctx: Ctx, filter: { environment?: string } = {}): Promise<SourceSummary[]> {
  requirePermission(ctx, 'source.read');
  const within = filter.environment === undefined ? {} : { environmentId: (await findEnvironment(ctx, filter.environment)).id };
  const rows = await ctx.db.dataSource.findMany({
    where: { deletedAt: null, ...within },
    include: { environment: { select: { id: true, slug: true, name: true, kind: true, position: true } } },
    orderBy: [{ environment: { position: 'asc' } }, { name: 'asc' }],
    take: MOST,
  });
  return rows.map(({ environment: { position: _, ...environment }, ...row }) => summariseRow(row, environment));
}

/** @throws QuarryError not_found */
export async function getSource(ctx: Ctx, id: string): Promise<SourceSummary> {
  requirePermission(ctx, 'source.read');
  const row = await getSourceRow(ctx, id);
  return summariseRow(row, await environmentOf(ctx, row));
}
