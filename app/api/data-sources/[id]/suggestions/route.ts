import { route } from '@/lib/access';
import { suggestQuestionsFor } from '@/lib/agent';
import { suggestionParamsSchema } from '@/lib/agent/schema';

export const GET = route({ permission: 'question.ask', params: suggestionParamsSchema }, async (ctx, { params }) => ({
  questions: await suggestQuestionsFor(ctx, params.id),
}));
