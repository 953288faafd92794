import { route } from '@/lib/access';
import { ndjsonStream, streamQuery } from '@/lib/query';
import { queryRequestSchema } from '@/lib/query/schema';

/** Runs a query and answers its rows as NDJSON while they arrive. */
export const POST = route({ permission: 'query.run', body: queryRequestSchema }, async (ctx, { body }) => {
  const stream = await streamQuery(ctx, body);
  return new Response(ndjsonStream(ctx, stream), {
    headers: {
      'content-type': 'application/x-ndjson; charset=utf-8',
      'x-quarry-query-id': stream.queryId,
      'x-accel-buffering': 'no',
    },
  });
});
