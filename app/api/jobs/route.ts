import { route } from '@/lib/access';
import { listJobs, requestJob } from '@/lib/jobs';
import { listJobsSchema, requestJobSchema } from '@/lib/jobs/schema';

export const GET = route({ permission: 'job.read', query: listJobsSchema }, (ctx, { query }) => listJobs(ctx, query));

/** Asks for a job. Each kind that people may ask for has a permission of its own: this is the schema's. */
export const POST = route({ permission: 'schema.refresh', body: requestJobSchema, status: 202 }, (ctx, { body }) =>
  requestJob(ctx, body),
);
