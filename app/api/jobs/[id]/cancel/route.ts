import { route } from '@/lib/access';
import { idParams } from '@/lib/access/schema';
import { cancelJob } from '@/lib/jobs';

export const POST = route({ permission: 'job.manage', params: idParams }, (ctx, { params }) => cancelJob(ctx, params.id));
