import { route } from '@/lib/access';
import { runQuery } from '@/lib/query';
import { queryRequestSchema } from '@/lib/query/schema';

/** Runs a query and answers its rows as one JSON document. The pipeline takes the rate limit in its own order. */
export const POST = route({ permission: 'query.run', body: queryRequestSchema }, (ctx, { body }) => runQuery(ctx, body));
