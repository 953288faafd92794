import { route } from '@/lib/access';
import { ask, streamAnswer } from '@/lib/agent';
import { askSchema } from '@/lib/conversations/schema';

export const POST = route({ permission: 'question.ask', rateLimit: 'ask', body: askSchema }, async (ctx, { body }) =>
  body.stream ? streamAnswer(ctx, body) : ask(ctx, body),
);
