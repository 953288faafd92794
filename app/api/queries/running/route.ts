import { route } from '@/lib/access';
import { listRunning } from '@/lib/query';

/** The caller's running queries; those of the organisation for who may manage them. */
export const GET = route({ permission: 'query.cancel' }, (ctx) => ({ queries: listRunning(ctx) }));
