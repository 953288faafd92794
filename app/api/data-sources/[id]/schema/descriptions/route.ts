import { route } from '@/lib/access';
import { setDescription } from '@/lib/schema';
import { describeTableSchema } from '@/lib/schema/schema';
import { sourceParams } from '@/lib/sources/schema';

export const PUT = route(
  { permission: 'schema.describe', params: sourceParams, body: describeTableSchema },
  (ctx, { params, body }) => setDescription(ctx, params.id, body),
);
