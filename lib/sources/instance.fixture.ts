/** A process of its own for instances.int.test.ts: an instance of Quarry that uses, changes and removes a source. */
import { jobContext } from '../access';
import { toQuarryError } from '../kernel/errors';
import { redisState } from '../redis';
import { deleteSource, openSource, poolStats, updateSource } from '.';

export interface InstanceRequest {
  do: 'state' | 'use' | 'pools' | 'resize' | 'remove';
  organizationId: string;
  dataSourceId: string;
}

export interface InstanceReply {
  state?: string;
  backendId?: string;
  pools?: number;
  max?: number;
  error?: string;
}

async function handle({ do: what, organizationId, dataSourceId }: InstanceRequest): Promise<InstanceReply> {
  if (what === 'state') return { state: redisState().state };
  const ctx = await jobContext(organizationId);
  if (what === 'use') {
    const lease = await (await openSource(ctx, dataSourceId)).lease();
    lease.release();
    return { backendId: lease.backendId };
  }
  if (what === 'resize') await updateSource(ctx, dataSourceId, { pool: { max: 7 } });
  if (what === 'remove') await deleteSource(ctx, dataSourceId);
  const own = poolStats(ctx).filter((pool) => pool.dataSourceId === dataSourceId);
  return { pools: own.length, max: own[0]?.max };
}

process.on('message', (request: InstanceRequest) => {
  handle(request).then(
    (reply) => process.send?.(reply),
    (error: unknown) => process.send?.({ error: toQuarryError(error).message }),
  );
});
process.once('disconnect', () => process.exit(0));
process.send?.({});
