import { route } from '@/lib/access';
import { refreshSchema, schemaAnswer } from '@/lib/schema';
import { sourceParams } from '@/lib/sources/schema';

export const POST = route({ permission: 'schema.refresh', params: sourceParams }, async (ctx, { params }) =>
  schemaAnswer(await refreshSchema(ctx, params.id)),
);
