import { createToken, listTokens, route } from '@/lib/access';
import { createTokenSchema } from '@/lib/access/schema';

export const GET = route({ permission: 'token.manage' }, async (ctx) => ({ tokens: await listTokens(ctx) }));

export const POST = route({ permission: 'token.manage', body: createTokenSchema, status: 201 }, (ctx, { body }) =>
  createToken(ctx, body),
);
