import { route } from '@/lib/access';
import { createConversation, listConversations } from '@/lib/conversations';
import { conversationCreateSchema, conversationListSchema } from '@/lib/conversations/schema';

export const GET = route({ permission: 'conversation.read', query: conversationListSchema }, (ctx, { query }) =>
  listConversations(ctx, query),
);

export const POST = route({ permission: 'conversation.write', body: conversationCreateSchema, status: 201 }, (ctx, { body }) =>
  createConversation(ctx, body),
);
