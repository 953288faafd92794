import { route } from '@/lib/access';
import { testModelProvider } from '@/lib/agent';
import { modelProviderTestSchema } from '@/lib/agent/schema';

export const POST = route({ permission: 'model.manage', rateLimit: 'ask', body: modelProviderTestSchema }, (ctx, { body }) =>
  testModelProvider(ctx, body),
);
