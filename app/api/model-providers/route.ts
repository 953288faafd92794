import { route } from '@/lib/access';
import { createModelProvider, listModelProviders } from '@/lib/agent';
import { modelProviderSchema } from '@/lib/agent/schema';

export const GET = route({ permission: 'model.manage' }, async (ctx) => ({ providers: await listModelProviders(ctx) }));

export const POST = route({ permission: 'model.manage', body: modelProviderSchema, status: 201 }, (ctx, { body }) =>
  createModelProvider(ctx, body),
);
