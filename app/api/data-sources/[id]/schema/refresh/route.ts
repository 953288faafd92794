import { route } from '@/lib/access';
import { readSchema } from '@/lib/schema';
import { schemaQuerySchema } from '@/lib/schema/schema';
import { sourceParams } from '@/lib/sources/schema';

export const POST = route(
  { permission: 'schema.refresh', params: sourceParams, query: schemaQuerySchema },
  (ctx, { params, query }) => readSchema(ctx, params.id, { ...query, refresh: true }),
);
