import type { Ctx } from '../access';
import type { Catalogue } from '../adapters/contract';
import { type CatalogueDiff, diffCatalogues } from '../catalogue';
import { QuarryError } from '../kernel/errors';
import { openSource } from '../sources';
import { type Breakage, breakingChanges, findBreakage } from './breakage';

export interface SchemaVersionSummary {
  version: number;
  fingerprint: string;
  tableCount: number;
  createdAt: string;
  /** When the source was last seen in this version. */
  fetchedAt: string;
}

/**
 * The versions of a source's schema, newest first.
 * @returns a page, and the `before` of the next one (null on the last)
 * @throws QuarryError not_found
 */
export async function listSchemaVersions(
  ctx: Ctx,
  dataSourceId: string,
  page: { before?: number; limit?: number } = {},
): Promise<{ versions: SchemaVersionSummary[]; next: number | null }> {
  await openSource(ctx, dataSourceId);
  const limit = page.limit ?? 50;
  const rows = await ctx.db.schemaVersion.findMany({
    where: { dataSourceId, ...(page.before === undefined ? {} : { version: { lt: page.before } }) },
    orderBy: { version: 'desc' },
    take: limit + 1,
    select: { version: true, fingerprint: true, tableCount: true, createdAt: true, fetchedAt: true },
  });
  const versions = rows.slice(0, limit).map((row) => ({
    ...row,
    createdAt: row.createdAt.toISOString(),
    fetchedAt: row.fetchedAt.toISOString(),
  }));
  return { versions, next: rows.length > limit ? (versions.at(-1)?.version ?? null) : null };
}

export interface SchemaDiff extends CatalogueDiff {
  from: number;
  to: number;
  /** Saved questions, apps and policies that the change breaks or may break. */
  breaks: Breakage[];
}

/**
 * What changed from one version to another, and what of Quarry's that breaks. [D6]
 * @throws QuarryError not_found (source or version)
 */
export async function diffSchemaVersions(ctx: Ctx, dataSourceId: string, from: number, to: number): Promise<SchemaDiff> {
  const { source, adapter } = await openSource(ctx, dataSourceId);
  const rows = await ctx.db.schemaVersion.findMany({
    where: { dataSourceId, version: { in: [from, to] } },
    select: { version: true, catalogue: true },
  });
  const catalogueOf = (version: number): Catalogue => {
    const row = rows.find((candidate) => candidate.version === version);
    if (!row) throw new QuarryError('not_found', `This source has no schema version ${version}.`);
    return row.catalogue as unknown as Catalogue;
  };
  const before = catalogueOf(from);
  const after = catalogueOf(to);
  const diff = diffCatalogues(before, after);
  const breaks = await findBreakage(ctx, source, adapter.dialect, breakingChanges(diff, before, after), before);
  return { from, to, ...diff, breaks };
}
