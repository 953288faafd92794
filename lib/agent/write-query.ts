import type { Ctx } from '../access';
import type { CatalogueTable } from '../adapters/contract';
import type { ModelUse } from '../conversations/schema';
import { QuarryError } from '../kernel/errors';
import { settings } from '../kernel/settings';
import { createPlannerModel } from '../planner';
import { callModel, type ModelReplyText } from './call-model';
import { chooseTier } from './choose-model';
import type { Analysis } from './error-analysis';
import { isFailOver } from './model-errors';
import { buildPrompt, buildRetryPrompt, type PromptInput } from './prompt';
import type { Provider } from './providers';
import type { Understanding } from './understand';

/** Who writes the query: the configured models in fail-over order, or the built-in planner when there are none. */
export interface Writer {
  /** Attempts that make sense: the planner is deterministic, a second try would say the same. */
  maxAttempts: number;
  write(input: WriteInput): Promise<ModelReplyText>;
  use: ModelUse;
}

interface WriteInput {
  attempt: number;
  failed: { query: string | null; analysis: Analysis } | null;
  onText: (delta: string) => void;
}

/** Attempts per question, the first one included [C3]. */
const MAX_ATTEMPTS = 3;

export function makeWriter(ctx: Ctx, providers: Provider[], question: string, known: Understanding): Writer {
  return providers.length === 0 ? plannerWriter(ctx, question, known) : modelWriter(ctx, providers, question, known);
}

function plannerWriter(ctx: Ctx, question: string, known: Understanding): Writer {
  const model = createPlannerModel({
    catalogue: known.catalogue,
    dialect: known.adapter.dialect,
    values: known.samples.index,
    now: ctx.clock.date(),
    ...(known.previousPlan ? { previous: known.previousPlan } : {}),
  });
  const use: ModelUse = {
    provider: 'builtin',
    name: 'planner',
    tier: 'fast',
    reason: 'No model is configured: the built-in planner answers.',
    calls: 0,
  };
  return {
    maxAttempts: 1,
    use,
    write: (input) =>
      callModel({
        model,
        provider: 'The built-in planner',
        system: '',
        user: question,
        signal: ctx.signal,
        timeoutMs: settings().modelTimeoutMs,
        onText: input.onText,
      }),
  };
}

function modelWriter(ctx: Ctx, providers: Provider[], question: string, known: Understanding): Writer {
  const use: ModelUse = { provider: '', name: '', tier: 'balanced', reason: '', calls: 0 };
  const write = async ({ attempt, failed, onText }: WriteInput): Promise<ModelReplyText> => {
    const { tier, reason } = chooseTier({
      question,
      linkedTables: known.linked.length,
      attempt,
      strategy: settings().modelStrategy,
    });
    let last: QuarryError | null = null;
    for (const provider of providers) {
      const input = promptInput(ctx, question, known, provider.contextTokens);
      const prompt = failed ? buildRetryPrompt(input, failed) : buildPrompt(input);
      Object.assign(use, {
        provider: provider.name,
        name: provider.modelName(tier),
        tier,
        reason: last ? `${reason} ${last.message}` : reason,
      });
      use.calls += 1;
      try {
        const reply = await callModel({
          model: provider.model(tier),
          provider: provider.name,
          system: prompt.system,
          user: prompt.user,
          signal: ctx.signal,
          timeoutMs: settings().modelTimeoutMs,
          onText,
        });
        // A server that reports no usage is counted by us, so that the trace always holds the cost.
        return reply.tokens.prompt > 0 ? reply : { ...reply, tokens: { ...reply.tokens, prompt: prompt.tokens } };
      } catch (error) {
        if (!(error instanceof QuarryError) || !isFailOver(error)) throw error;
        ctx.log.warn({ provider: provider.name, code: error.code }, 'model provider failed');
        last = error;
      }
    }
    throw last ?? new QuarryError('model.unavailable', 'No model provider is enabled.', { stage: 'generate' });
  };
  return { maxAttempts: MAX_ATTEMPTS, use, write };
}

function promptInput(ctx: Ctx, question: string, known: Understanding, contextTokens: number): PromptInput {
  return {
    question,
    tables: known.linked,
    catalogue: known.catalogue,
    dialect: known.adapter.dialect,
    promptNotes: known.adapter.manifest.promptNotes,
    values: (table: CatalogueTable, column: string) => known.samples.of(table, column),
    history: known.turns,
    today: ctx.clock.date().toISOString().slice(0, 10),
    contextTokens,
  };
}
