import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Ctx } from '../access';
import { type CacheFigures, createCache, type NamedCache } from '../cache';
import type { AskInput, ModelUse } from '../conversations/schema';
import { settings } from '../kernel/settings';
import { singleton } from '../kernel/singleton';
import { quarryVersion } from '../kernel/version';
import { policyFingerprint } from '../query';
import type { Provider } from './providers';
import type { QueryReply } from './record-answer';
import type { Understanding } from './understand';

/** The query that a question came to. Never its rows: a reused query runs again through the execution path, whose own cache makes it instant. */
interface Kept {
  reply: QueryReply;
  use: ModelUse;
  /** Milliseconds of the clock when the question was answered. */
  storedAt: number;
}

const keptSchema = z.object({
  reply: z.object({
    kind: z.literal('query'),
    query: z.string(),
    explanation: z.string(),
    assumptions: z.array(z.string()),
    confidence: z.number().optional(),
    plan: z.unknown().optional(),
  }),
  use: z.object({
    provider: z.string(),
    name: z.string(),
    tier: z.enum(['fast', 'balanced', 'complex']),
    reason: z.string(),
    calls: z.number(),
  }),
  storedAt: z.number(),
});

const answers = () =>
  singleton<NamedCache<Kept>>('agent.answers', () =>
    createCache({ name: 'answer', maxBytes: settings().cacheMaxBytes, decode: decodeKept }),
  );

function decodeKept(text: string): Kept | undefined {
  try {
    return keptSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** What the caches of answers did for the organisation. */
export function answerCacheFigures(ctx: Ctx): Promise<CacheFigures> {
  return answers().figures(ctx.organization.id);
}

/** One question's way through the cache of answers. */
export interface AnswerSlot {
  /** The query of the same question, unless there is none, it is too old, or the person asked afresh. */
  find(): Promise<Kept | null>;
  /** Keeps a query that was run and answered the question. */
  keep(reply: QueryReply, use: ModelUse): Promise<void>;
}

/**
 * @param mode what the caller asked for: `refresh` keeps the new answer without looking for the old one, `bypass` does neither
 */
export function answerSlot(
  ctx: Ctx,
  input: { question: string; mode: AskInput['cache']; known: Understanding; providers: Provider[] },
): AnswerSlot {
  const { enabled, ttlMs } = input.known.open.cache.answer;
  const mode = input.mode ?? 'use';
  const key = answerKey(ctx, input);
  return {
    async find() {
      if (!enabled || mode !== 'use') return null;
      const kept = await answers().get(key);
      return kept && ctx.clock.now() - kept.storedAt < ttlMs ? kept : null;
    },
    async keep(reply, use) {
      if (!enabled || mode === 'bypass') return;
      const kept: Kept = { reply, use: { ...use }, storedAt: ctx.clock.now() };
      await answers().set(key, kept, { ttlMs, bytes: 2 * JSON.stringify(kept).length });
    },
  };
}

/** Everything that an answer depends on, apart from the rows, which are read again. [F2] */
function answerKey(
  ctx: Ctx,
  { question, known, providers }: { question: string; known: Understanding; providers: Provider[] },
): string {
  const { open } = known;
  const parts = {
    role: ctx.role,
    epoch: open.cache.epoch,
    credential: open.credentialVersion,
    question: question.replace(/\s+/g, ' ').trim(),
    turns: known.turns.map((turn) => [turn.question, turn.query]),
    schema: [known.schema.fingerprint, open.schemaRevision, open.source.tables],
    policy: policyFingerprint(open.source.id),
    // Prompts and planner change with Quarry itself.
    agent: quarryVersion(),
    providers: providers.map((provider) => [
      provider.name,
      provider.modelName('fast'),
      provider.modelName('balanced'),
      provider.modelName('complex'),
    ]),
    // "last month" means something else tomorrow.
    day: ctx.clock.date().toISOString().slice(0, 10),
  };
  return `${ctx.organization.id}:${open.source.id}:${createHash('sha256').update(JSON.stringify(parts)).digest('base64url')}`;
}
