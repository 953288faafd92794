import { route } from '@/lib/access';
import { poolStats } from '@/lib/sources';

export const GET = route({ permission: 'stats.read' }, (ctx) => ({ pools: poolStats(ctx) }));
