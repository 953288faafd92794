import { route } from '@/lib/access';
import { addMember, listMembers } from '@/lib/tenancy';
import { addMemberSchema } from '@/lib/tenancy/schema';

export const GET = route({ permission: 'organization.read' }, async (ctx) => ({ members: await listMembers(ctx) }));

export const POST = route({ permission: 'member.manage', body: addMemberSchema, status: 201 }, (ctx, { body }) =>
  addMember(ctx, body),
);
