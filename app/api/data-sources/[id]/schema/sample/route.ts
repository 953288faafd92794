import { route } from '@/lib/access';
import { sampleRows } from '@/lib/query';
import { tableQuerySchema } from '@/lib/schema/schema';
import { sourceParams } from '@/lib/sources/schema';

/** The first rows of one table. */
export const GET = route({ permission: 'query.run', params: sourceParams, query: tableQuerySchema }, (ctx, { params, query }) =>
  sampleRows(ctx, params.id, query.table),
);
