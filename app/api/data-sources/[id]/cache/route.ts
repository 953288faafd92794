import { route } from '@/lib/access';
import { clearSourceCache } from '@/lib/sources';
import { sourceParams } from '@/lib/sources/schema';

/** Forgets results and answers of the source. */
export const DELETE = route({ permission: 'source.manage', params: sourceParams }, (ctx, { params }) =>
  clearSourceCache(ctx, params.id),
);
