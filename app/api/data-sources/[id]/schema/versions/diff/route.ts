import { route } from '@/lib/access';
import { diffSchemaVersions } from '@/lib/schema';
import { diffQuerySchema } from '@/lib/schema/schema';
import { sourceParams } from '@/lib/sources/schema';

export const GET = route({ permission: 'schema.read', params: sourceParams, query: diffQuerySchema }, (ctx, { params, query }) =>
  diffSchemaVersions(ctx, params.id, query.from, query.to),
);
