import { route } from '@/lib/access';
import { deleteConversation, getConversation, renameConversation } from '@/lib/conversations';
import { conversationParamsSchema, conversationPatchSchema } from '@/lib/conversations/schema';

const params = conversationParamsSchema;

export const GET = route({ permission: 'conversation.read', params }, (ctx, input) => getConversation(ctx, input.params.id));

export const PATCH = route({ permission: 'conversation.write', params, body: conversationPatchSchema }, (ctx, input) =>
  renameConversation(ctx, input.params.id, input.body.title),
);

export const DELETE = route({ permission: 'conversation.write', params }, async (ctx, input) => {
  await deleteConversation(ctx, input.params.id);
  return { deleted: true };
});
