import { route } from '@/lib/access';
import { exportQuery } from '@/lib/query';
import { exportQuerySchema, queryRequestSchema } from '@/lib/query/schema';

/** Runs a query and answers its whole result as a file, streamed. */
export const POST = route(
  { permission: 'query.export', body: queryRequestSchema, query: exportQuerySchema },
  async (ctx, { body, query }) => {
    const file = await exportQuery(ctx, body, query.format);
    return new Response(file.stream, {
      headers: {
        'content-type': file.contentType,
        'content-disposition': `attachment; filename="${file.fileName}"`,
        'x-quarry-query-id': file.queryId,
        'x-accel-buffering': 'no',
      },
    });
  },
);
