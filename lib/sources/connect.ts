import type { Ctx } from '../access';
import type { Catalogue, ConnectionReport, Lease, Pool } from '../adapters/contract';
import { settings } from '../kernel/settings';
import { openPool, type PoolRecipe } from './open-pool';
import type { PoolSize } from './pool-size';
import type { TestReport } from './types';

export interface Connected {
  pool: Pool;
  size: PoolSize;
  test: TestReport;
  catalogue: Catalogue;
}

/**
 * Connects with a new pool, tests the connection and reads the schema over the same one. The pool stays open, its connection idle.
 * Whoever calls this owns the pool; when it throws, the pool is closed already.
 */
export async function connectAndIntrospect(ctx: Ctx, recipe: PoolRecipe): Promise<Connected> {
  return withNewPool(ctx, recipe, async (lease) => ({
    test: report(await lease.validate()),
    catalogue: await lease.introspect(deadline(ctx)),
  }));
}

/** Connects, tests, and closes. */
export async function connectAndTest(ctx: Ctx, recipe: PoolRecipe): Promise<TestReport> {
  const { pool, test } = await withNewPool(ctx, recipe, async (lease) => ({ test: report(await lease.validate()) }));
  await pool.drain(0);
  return test;
}

async function withNewPool<T>(
  ctx: Ctx,
  recipe: PoolRecipe,
  work: (lease: Lease) => Promise<T>,
): Promise<T & { pool: Pool; size: PoolSize }> {
  const { pool, size } = await openPool(recipe);
  try {
    const lease = await pool.lease({ signal: ctx.signal });
    try {
      const result = await work(lease);
      lease.release();
      return { ...result, pool, size };
    } catch (error) {
      lease.release(true);
      throw error;
    }
  } catch (error) {
    await pool.drain(0);
    throw error;
  }
}

/** Ends with the request, and in any case after the time that a query may take. */
function deadline(ctx: Ctx): AbortSignal {
  return AbortSignal.any([ctx.signal, AbortSignal.timeout(settings().queryTimeoutMs)]);
}

const report = (found: ConnectionReport): TestReport => ({ ok: true, ...found });
