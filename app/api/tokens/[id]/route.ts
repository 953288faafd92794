import { revokeToken, route } from '@/lib/access';
import { idParams } from '@/lib/access/schema';

export const DELETE = route({ permission: 'token.manage', params: idParams }, (ctx, { params }) => revokeToken(ctx, params.id));
