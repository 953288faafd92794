/** The planner as a language model of the AI SDK, so that the agent runs one loop whether a model is configured or not. */
import type { LanguageModelV3, LanguageModelV3CallOptions, LanguageModelV3Usage } from '@ai-sdk/provider';
import { type PlanInput, planOnce } from './plan-question';
import type { PlanOutcome } from './schema';

/** What the planner needs beside the question. The agent knows it and binds it when it makes the model. */
export type PlannerContext = Omit<PlanInput, 'question'>;

/** The planner reads no tokens and writes none: that is what it reports. */
const USAGE: LanguageModelV3Usage = {
  inputTokens: { total: 0, noCache: 0, cacheRead: 0, cacheWrite: 0 },
  outputTokens: { total: 0, text: 0, reasoning: 0 },
};

/** The question: `providerOptions.quarry.question`, else the text of the last user message. */
function questionOf(options: LanguageModelV3CallOptions): string {
  const given = options.providerOptions?.quarry?.question;
  if (typeof given === 'string') return given;
  const last = options.prompt.findLast((message) => message.role === 'user');
  if (last?.role !== 'user') return '';
  return last.content.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n');
}

/** An outcome as the JSON text that the agent reads from any model. */
function outcomeText(outcome: PlanOutcome): string {
  switch (outcome.kind) {
    case 'answer':
      return JSON.stringify(outcome.planned);
    case 'clarify':
      return JSON.stringify({ clarify: { question: outcome.question, choices: outcome.choices } });
    case 'decline':
      return JSON.stringify({ decline: { reason: outcome.reason, suggestions: outcome.suggestions } });
    case 'schema':
      return JSON.stringify({ schema: { text: outcome.text, tables: outcome.tables } });
    case 'chat':
      return JSON.stringify({ chat: { text: outcome.text } });
  }
}

/**
 * @param context the catalogue, dialect, values and previous plan that questions are read with
 * @returns a model which answers with `{sql, plan, explanation, assumptions, tables, confidence}`, or with one of
 * `{clarify}`, `{decline}`, `{schema}`, `{chat}`, as JSON text
 */
export function createPlannerModel(context: PlannerContext): LanguageModelV3 {
  const answer = (options: LanguageModelV3CallOptions): string => {
    options.abortSignal?.throwIfAborted();
    return outcomeText(planOnce({ ...context, question: questionOf(options) }));
  };
  return {
    specificationVersion: 'v3',
    provider: 'quarry',
    modelId: 'built-in-planner',
    supportedUrls: {},
    async doGenerate(options) {
      return {
        content: [{ type: 'text', text: answer(options) }],
        finishReason: { unified: 'stop', raw: undefined },
        usage: USAGE,
        warnings: [],
      };
    },
    async doStream(options) {
      const text = answer(options);
      const stream = new ReadableStream({
        start(controller) {
          controller.enqueue({ type: 'stream-start' as const, warnings: [] });
          controller.enqueue({ type: 'text-start' as const, id: '0' });
          controller.enqueue({ type: 'text-delta' as const, id: '0', delta: text });
          controller.enqueue({ type: 'text-end' as const, id: '0' });
          controller.enqueue({
            type: 'finish' as const,
            usage: USAGE,
            finishReason: { unified: 'stop' as const, raw: undefined },
          });
          controller.close();
        },
      });
      return { stream };
    },
  };
}
