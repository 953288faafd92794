import { z } from 'zod';
import { route } from '@/lib/access';
import { cancelQuery } from '@/lib/query';

/** Cancels a running query here and in the database. */
export const POST = route({ permission: 'query.cancel', params: z.object({ id: z.string() }) }, (ctx, { params }) =>
  cancelQuery(ctx, params.id),
);
