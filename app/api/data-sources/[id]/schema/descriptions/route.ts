import { route } from '@/lib/access';
import { describeTables } from '@/lib/agent';
import { setDescription } from '@/lib/schema';
import { describeTableSchema } from '@/lib/schema/schema';
import { sourceParams } from '@/lib/sources/schema';

export const PUT = route(
  { permission: 'schema.describe', params: sourceParams, body: describeTableSchema },
  (ctx, { params, body }) => setDescription(ctx, params.id, body),
);

/** Has the organisation's model describe the tables that it hasn't described as they are now. */
export const POST = route({ permission: 'schema.describe', params: sourceParams, rateLimit: 'ask' }, (ctx, { params }) =>
  describeTables(ctx, params.id),
);
