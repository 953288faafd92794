import { route } from '@/lib/access';
import { poolInstance, poolStats } from '@/lib/sources';

/** The pools of the process that answers; each process has its own. */
export const GET = route({ permission: 'stats.read' }, (ctx) => ({ instance: poolInstance, pools: poolStats(ctx) }));
