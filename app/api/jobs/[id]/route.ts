import { route } from '@/lib/access';
import { idParams } from '@/lib/access/schema';
import { getJob } from '@/lib/jobs';

export const GET = route({ permission: 'job.read', params: idParams }, (ctx, { params }) => getJob(ctx, params.id));
