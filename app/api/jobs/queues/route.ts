import { route } from '@/lib/access';
import { queueOverview } from '@/lib/jobs';

export const GET = route({ permission: 'job.read' }, (ctx) => queueOverview(ctx));
