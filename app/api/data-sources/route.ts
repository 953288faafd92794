import { route } from '@/lib/access';
import { createSource, listSources } from '@/lib/sources';
import { createSourceSchema, listSourcesSchema } from '@/lib/sources/schema';

export const GET = route({ permission: 'source.read', query: listSourcesSchema }, async (ctx, { query }) => ({
  dataSources: await listSources(ctx, query),
}));

export const POST = route({ permission: 'source.manage', body: createSourceSchema, status: 201 }, (ctx, { body }) =>
  createSource(ctx, body),
);
