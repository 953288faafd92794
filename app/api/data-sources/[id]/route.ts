import { route } from '@/lib/access';
import { deleteSource, getSource, updateSource } from '@/lib/sources';
import { sourceParams, updateSourceSchema } from '@/lib/sources/schema';

export const GET = route({ permission: 'source.read', params: sourceParams }, (ctx, { params }) => getSource(ctx, params.id));

export const PATCH = route(
  { permission: 'source.manage', params: sourceParams, body: updateSourceSchema },
  (ctx, { params, body }) => updateSource(ctx, params.id, body),
);

export const DELETE = route({ permission: 'source.manage', params: sourceParams }, (ctx, { params }) =>
  deleteSource(ctx, params.id),
);
