import { route } from '@/lib/access';
import { checkSource } from '@/lib/sources';
import { sourceParams } from '@/lib/sources/schema';

/** Asks the source's server now whether it answers, also between two tries of a source that is down. */
export const POST = route({ permission: 'source.read', params: sourceParams }, (ctx, { params }) => checkSource(ctx, params.id));
