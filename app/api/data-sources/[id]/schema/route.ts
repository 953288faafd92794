import { route } from '@/lib/access';
import { getSchema, schemaAnswer } from '@/lib/schema';
import { sourceParams } from '@/lib/sources/schema';

export const GET = route({ permission: 'schema.read', params: sourceParams }, async (ctx, { params }) =>
  schemaAnswer(await getSchema(ctx, params.id)),
);
