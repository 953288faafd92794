import { route } from '@/lib/access';
import { createEnvironment, listEnvironments } from '@/lib/tenancy';
import { createEnvironmentSchema } from '@/lib/tenancy/schema';

export const GET = route({ permission: 'organization.read' }, async (ctx) => ({ environments: await listEnvironments(ctx) }));

export const POST = route({ permission: 'organization.manage', body: createEnvironmentSchema, status: 201 }, (ctx, { body }) =>
  createEnvironment(ctx, body),
);
