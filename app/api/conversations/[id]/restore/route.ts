import { route } from '@/lib/access';
import { restoreMessage } from '@/lib/conversations';
import { conversationParamsSchema, restoreSchema } from '@/lib/conversations/schema';

export const POST = route(
  { permission: 'conversation.write', params: conversationParamsSchema, body: restoreSchema },
  (ctx, { params, body }) => restoreMessage(ctx, params.id, body.messageId),
);
