import { route } from '@/lib/access';
import { listSchemaVersions } from '@/lib/schema';
import { versionsQuerySchema } from '@/lib/schema/schema';
import { sourceParams } from '@/lib/sources/schema';

export const GET = route(
  { permission: 'schema.read', params: sourceParams, query: versionsQuerySchema },
  (ctx, { params, query }) => listSchemaVersions(ctx, params.id, query),
);
