import type { Ctx } from '../access';
import type { Adapter, ConnectionSummary } from '../adapters/contract';
import type { Prisma } from '../db';
import { QuarryError } from '../kernel/errors';
import { isId } from '../kernel/ids';
import { cacheSettingsOf } from './cache-rules';
import type { StoredConnection } from './credentials';
import type { PoolOwner } from './pool-registry';
import { pools, reportHealth } from './pools';
import { limitsSchema, poolSchema, replicaSchema, tablesSchema } from './schema';
import type { SourceSummary } from './types';

export type SourceRow = Prisma.DataSourceGetPayload<object>;
export type EnvironmentSummary = SourceSummary['environment'];

/**
 * The source's row, if the caller's organisation has it.
 * @throws QuarryError not_found for an unknown, malformed, deleted or foreign id alike
 */
export async function getSourceRow(ctx: Ctx, id: string): Promise<SourceRow> {
  const row = isId(id) ? await ctx.db.dataSource.findFirst({ where: { id, deletedAt: null } }) : null;
  if (!row) throw sourceNotFound();
  return row;
}

export function sourceNotFound(): QuarryError {
  return new QuarryError('not_found', 'There is no such data source. It may have been deleted.');
}

export function ownerOf(row: Pick<SourceRow, 'id' | 'organizationId' | 'environmentId'>): PoolOwner {
  return { organizationId: row.organizationId, environmentId: row.environmentId, dataSourceId: row.id };
}

/** The environment of a row. */
export async function environmentOf(ctx: Ctx, row: SourceRow): Promise<EnvironmentSummary> {
  const found = await ctx.db.environment.findFirst({
    where: { id: row.environmentId },
    select: { id: true, slug: true, name: true, kind: true },
  });
  if (!found) throw sourceNotFound();
  return found;
}

/**
 * @param wanted id or slug; "development" without one
 * @throws QuarryError not_found
 */
export async function findEnvironment(ctx: Ctx, wanted = 'development'): Promise<EnvironmentSummary> {
  const environment = await ctx.db.environment.findFirst({
    where: isId(wanted) ? { id: wanted } : { slug: wanted },
    select: { id: true, slug: true, name: true, kind: true },
  });
  if (!environment) throw new QuarryError('not_found', `There is no environment "${wanted}" in this organisation.`);
  return environment;
}

/** The settings of a row, out of their JSON. */
export function settingsOf(row: SourceRow): Pick<SourceSummary, 'access' | 'pool' | 'limits' | 'replica' | 'cache' | 'tables'> {
  return {
    access: row.access === 'read-write' ? 'read-write' : 'read',
    pool: poolSchema.parse(row.poolSettings),
    limits: limitsSchema.parse(row.limits),
    replica: row.replica === null ? null : replicaSchema.parse(row.replica),
    cache: cacheSettingsOf(row.cacheSettings),
    tables: row.tables === null ? null : tablesSchema.parse(row.tables),
  };
}

/** What may be shown of a connection. */
export function summariseConnection({ manifest }: Adapter, { config, ssh }: StoredConnection): ConnectionSummary {
  const { target, database, username } = manifest.summarise(config);
  return {
    target,
    // The database takes no undefined: an engine may do without a login, or a name.
    ...(database === undefined ? {} : { database }),
    ...(username === undefined ? {} : { username }),
    ...(ssh ? { via: `${ssh.username}@${ssh.host}:${ssh.port}` } : {}),
  };
}

/** What may be shown of a row. */
export function summariseRow(row: SourceRow, environment: EnvironmentSummary): SourceSummary {
  const figures = pools().figuresOf(ownerOf(row));
  return {
    id: row.id,
    name: row.name,
    type: row.type,
    environment,
    ...settingsOf(row),
    summary: row.summary as unknown as ConnectionSummary,
    sample: row.sample,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
    status: {
      pool: figures ? 'open' : 'closed',
      active: figures?.active ?? 0,
      idle: figures?.idle ?? 0,
      waiting: figures?.waiting ?? 0,
      lastUsedAt: figures ? new Date(figures.lastUsedAt).toISOString() : null,
      health: reportHealth(pools().health.of(ownerOf(row))),
    },
  };
}
