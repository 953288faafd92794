import { revokeOwnSessions, route } from '@/lib/access';

/** Signs the caller out everywhere. */
export const DELETE = route({ permission: 'organization.read' }, (ctx) => revokeOwnSessions(ctx));
