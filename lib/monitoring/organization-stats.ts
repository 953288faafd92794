import { type Ctx, type SessionStats, sessionStats } from '../access';
import { answerCacheFigures } from '../agent';
import type { CacheFigures } from '../cache';
import { type QueryStats, queryCacheFigures, queryStats } from '../query';
import { type SchemaStats, schemaStats } from '../schema';
import { type PoolReport, poolStats } from '../sources';

export interface OrganizationStats extends QueryStats {
  pools: PoolReport[];
  sessions: SessionStats;
  /**
   * Results of queries and answers to questions: what the back end holds for the organisation, and what this process did with it since
   * it started. Of the query cache: hits + joined are the runs answered with `hit`, misses - joined those that were looked up in vain.
   */
  caches: CacheFigures[];
  /** How often each layer of the schema answered, and why sources were read, in this process since it started. */
  schema: SchemaStats;
}

/**
 * Queries, cache, pools, sessions and schemas of the caller's organisation.
 * @param since counts queries that started at or after this; default the last 24 hours
 */
export async function organizationStats(ctx: Ctx, since?: Date): Promise<OrganizationStats> {
  const [queries, sessions, results, answers] = await Promise.all([
    queryStats(ctx, since),
    sessionStats(ctx),
    queryCacheFigures(ctx),
    answerCacheFigures(ctx),
  ]);
  return { ...queries, pools: poolStats(ctx), sessions, caches: [results, answers], schema: schemaStats(ctx) };
}
