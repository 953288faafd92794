import type { Ctx } from '../access';
import type { Catalogue, ConnectionReport, Lease } from '../adapters/contract';
import { settings } from '../kernel/settings';
import { type OpenedPool, openPool, type PoolRecipe } from './open-pool';
import type { SshSettings } from './schema';
import type { Tunnel } from './tunnel';
import type { TestReport } from './types';

export interface Connected extends OpenedPool {
  test: TestReport;
  catalogue: Catalogue;
}

/**
 * Connects with a new pool, tests the connection and reads the schema over the same one. The pool stays open, its connection idle.
 * Whoever calls this owns the pool; when it throws, the pool is closed already.
 */
export async function connectAndIntrospect(ctx: Ctx, recipe: PoolRecipe): Promise<Connected> {
  return withNewPool(ctx, recipe, async (lease, tunnel) => ({
    test: report(await lease.validate(), tunnel),
    catalogue: await lease.introspect(deadline(ctx)),
  }));
}

/** Connects, tests, and closes. */
export async function connectAndTest(ctx: Ctx, recipe: PoolRecipe): Promise<TestReport> {
  const { pool, test } = await withNewPool(ctx, recipe, async (lease, tunnel) => ({
    test: report(await lease.validate(), tunnel),
  }));
  await pool.drain(0);
  return test;
}

async function withNewPool<T>(
  ctx: Ctx,
  recipe: PoolRecipe,
  work: (lease: Lease, tunnel: Tunnel | null) => Promise<T>,
): Promise<T & OpenedPool> {
  const opened = await openPool(recipe);
  const { pool } = opened;
  try {
    const lease = await pool.lease({ signal: ctx.signal });
    try {
      const result = await work(lease, opened.tunnel);
      lease.release();
      return { ...result, ...opened };
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

const report = (found: ConnectionReport, tunnel: Tunnel | null): TestReport => ({
  ok: true,
  ...found,
  ...(tunnel?.hostKeySha256 ? { ssh: { server: tunnel.name, hostKeySha256: tunnel.hostKeySha256 } } : {}),
});

/** The tunnel as it is stored: with the key of the server that was just connected to. */
export function pinHostKey(ssh: SshSettings | null, { tunnel }: OpenedPool): SshSettings | null {
  return ssh && tunnel?.hostKeySha256 ? { ...ssh, hostKeySha256: tunnel.hostKeySha256 } : ssh;
}
