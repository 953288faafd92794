import { type Ctx, type SessionStats, sessionStats } from '../access';
import { type QueryStats, queryStats } from '../query';
import { type SchemaStats, schemaStats } from '../schema';
import { type PoolReport, poolStats } from '../sources';

export interface OrganizationStats extends QueryStats {
  pools: PoolReport[];
  sessions: SessionStats;
  /** How often each layer of the schema answered, and why sources were read, in this process since it started. */
  schema: SchemaStats;
}

/**
 * Queries, cache, pools, sessions and schemas of the caller's organisation.
 * @param since counts queries that started at or after this; default the last 24 hours
 */
export async function organizationStats(ctx: Ctx, since?: Date): Promise<OrganizationStats> {
  const [queries, sessions] = await Promise.all([queryStats(ctx, since), sessionStats(ctx)]);
  return { ...queries, pools: poolStats(ctx), sessions, schema: schemaStats(ctx) };
}
