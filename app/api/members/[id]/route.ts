import { route } from '@/lib/access';
import { idParams } from '@/lib/access/schema';
import { changeMember, removeMember } from '@/lib/tenancy';
import { changeMemberSchema } from '@/lib/tenancy/schema';

export const PATCH = route({ permission: 'member.manage', params: idParams, body: changeMemberSchema }, (ctx, { params, body }) =>
  changeMember(ctx, params.id, body),
);

export const DELETE = route({ permission: 'member.manage', params: idParams }, (ctx, { params }) => removeMember(ctx, params.id));
