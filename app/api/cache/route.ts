import { route } from '@/lib/access';
import { clearOrganizationCache } from '@/lib/tenancy';

/** Forgets results and answers of all sources of the organisation. */
export const DELETE = route({ permission: 'organization.manage' }, (ctx) => clearOrganizationCache(ctx));
