import { route } from '@/lib/access';
import { idParams } from '@/lib/access/schema';
import { retryJob } from '@/lib/jobs';

export const POST = route({ permission: 'job.manage', params: idParams }, (ctx, { params }) => retryJob(ctx, params.id));
