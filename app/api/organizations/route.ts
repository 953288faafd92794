import { route } from '@/lib/access';
import { createOrganization } from '@/lib/tenancy';
import { createOrganizationSchema } from '@/lib/tenancy/schema';

export const POST = route({ permission: 'organization.manage', body: createOrganizationSchema, status: 201 }, (ctx, { body }) =>
  createOrganization(ctx, body),
);
