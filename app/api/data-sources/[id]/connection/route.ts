import { route } from '@/lib/access';
import { describeConnection } from '@/lib/sources';
import { sourceParams } from '@/lib/sources/schema';

export const GET = route({ permission: 'source.manage', params: sourceParams }, (ctx, { params }) =>
  describeConnection(ctx, params.id),
);
