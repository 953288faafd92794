import { z } from 'zod';
import { route } from '@/lib/access';
import { organizationStats } from '@/lib/monitoring';

/** Figures of the organisation; `since` is an ISO 8601 moment, the last 24 hours unless told. */
export const GET = route(
  { permission: 'stats.read', query: z.object({ since: z.iso.datetime({ offset: true }).optional() }) },
  (ctx, { query }) => organizationStats(ctx, query.since === undefined ? undefined : new Date(query.since)),
);
