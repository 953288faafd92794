import { route } from '@/lib/access';
import { describeCaller } from '@/lib/tenancy';

export const GET = route({ permission: 'organization.read' }, (ctx) => describeCaller(ctx));
