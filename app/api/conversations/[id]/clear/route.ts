import { route } from '@/lib/access';
import { clearConversation } from '@/lib/conversations';
import { conversationParamsSchema } from '@/lib/conversations/schema';

export const POST = route({ permission: 'conversation.write', params: conversationParamsSchema }, (ctx, { params }) =>
  clearConversation(ctx, params.id),
);
