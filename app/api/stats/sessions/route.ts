import { route, sessionStats } from '@/lib/access';

export const GET = route({ permission: 'stats.read' }, (ctx) => sessionStats(ctx));
