import { createHash } from 'node:crypto';
import type { Ctx } from '../access';
import { Prisma, systemDb } from '../db';
import type { Clock } from '../kernel/clock';
import type { Answer, Attempt, MessageView, ModelUse } from './schema';

/** Rows of an answer that are kept with it, so that it opens at once; the rest is read again by its query. */
const SNAPSHOT_ROWS = 500;
/** Bytes of JSON that a snapshot's rows may take. */
const SNAPSHOT_BYTES = 2_000_000;

interface MessageRow {
  id: string;
  role: string;
  content: string;
  status: string;
  result: unknown;
  attempts: unknown;
  model: unknown;
  tokens: number | null;
  durationMs: number | null;
  supersededAt: Date | null;
  createdAt: Date;
  snapshots: { rows: unknown }[];
}

/** A row as the page gets it. Private parts of the result (the plan for follow-ups) stay out. */
export function toMessageView(row: MessageRow): MessageView {
  const { plan: _plan, ...result } = (row.result ?? {}) as Record<string, unknown>;
  return {
    id: row.id,
    role: row.role === 'user' ? 'user' : 'assistant',
    content: row.content,
    status: row.status,
    result: row.result ? (result as Partial<Answer>) : null,
    rows: (row.snapshots[0]?.rows as unknown[][] | undefined) ?? null,
    attempts: (row.attempts as Attempt[] | null) ?? null,
    model: (row.model as ModelUse | null) ?? null,
    tokens: row.tokens,
    durationMs: row.durationMs,
    superseded: row.supersededAt !== null,
    createdAt: row.createdAt.toISOString(),
  };
}

/** A question with its answer-to-be. */
export interface Exchange {
  conversationId: string;
  questionId: string;
  messageId: string;
}

/** Stores a question and an answer that is still running, in this order, in one transaction. */
export async function beginExchange(ctx: Ctx, conversationId: string, question: string): Promise<Exchange> {
  return ctx.db.$transaction(async (tx) => {
    // Touching the conversation first locks its row, so that two questions at once get different positions.
    await tx.conversation.update({ where: { id: conversationId }, data: { updatedAt: ctx.clock.date() } });
    const last = await tx.message.aggregate({ where: { conversationId }, _max: { position: true } });
    const position = (last._max.position ?? -1) + 1;
    const base = { organizationId: ctx.organization.id, conversationId };
    const asked = await tx.message.create({ data: { ...base, position, role: 'user', content: question } });
    const answer = await tx.message.create({
      data: { ...base, position: position + 1, role: 'assistant', content: '', status: 'running' },
    });
    return { conversationId, questionId: asked.id, messageId: answer.id };
  });
}

export interface ExchangeOutcome {
  status: 'completed' | 'failed' | 'cancelled' | 'declined' | 'clarify';
  content: string;
  /** The answer without rows; `plan` is what a follow-up starts from. */
  result: Record<string, unknown>;
  rows: readonly unknown[][];
  query: string | null;
  attempts: Attempt[];
  model: ModelUse | null;
  schemaVersion: number | null;
  durationMs: number;
}

/** Stores how a question ended, with its trace, and a snapshot when it has rows. */
export async function finishExchange(ctx: Ctx, exchange: Exchange, outcome: ExchangeOutcome): Promise<void> {
  const tokens = outcome.attempts.reduce((sum, attempt) => sum + attempt.tokens.prompt + attempt.tokens.completion, 0);
  const json = (value: unknown) => JSON.parse(JSON.stringify(value)) as Prisma.InputJsonValue;
  await ctx.db.$transaction(async (tx) => {
    await tx.message.update({
      where: { id: exchange.messageId },
      data: {
        status: outcome.status,
        content: outcome.content,
        result: json(outcome.result),
        attempts: json(outcome.attempts),
        ...(outcome.model ? { model: json(outcome.model) } : {}),
        tokens,
        durationMs: outcome.durationMs,
      },
    });
    if (outcome.query === null) return;
    await tx.snapshot.create({
      data: {
        organizationId: ctx.organization.id,
        messageId: exchange.messageId,
        query: outcome.query,
        schemaVersion: outcome.schemaVersion,
        ...(outcome.result.chart ? { chart: json(outcome.result.chart) } : {}),
        resultDigest: createHash('sha256').update(JSON.stringify(outcome.rows)).digest('hex'),
        rows: json(firstRows(outcome.rows)),
      },
    });
  });
}

/** Milliseconds that an answer may run before its workflow is written, which nobody waits for. */
const UNRECORDED_MS = 60_000;

/**
 * Fails answers that still say "running" though their workflow, which has the same id, doesn't: the process that wrote them is gone.
 * In every organisation; twice does no harm.
 * @returns how many
 */
export async function failLostExchanges(clock: Clock): Promise<number> {
  const message = 'Quarry was interrupted while it answered. Ask again.';
  const result = JSON.stringify({ error: { code: 'job.lost', message }, query: null });
  return systemDb().$executeRaw(Prisma.sql`
    UPDATE messages m SET "status" = 'failed', "content" = ${message}, "result" = ${result}::jsonb
    WHERE m."status" = 'running' AND (
      EXISTS (SELECT FROM workflows w WHERE w."id" = m."id" AND w."status" IN ('completed', 'failed'))
      OR (m."createdAt" < ${new Date(clock.now() - UNRECORDED_MS)}::timestamptz AND NOT EXISTS (SELECT FROM workflows w WHERE w."id" = m."id")))`);
}

function firstRows(rows: readonly unknown[][]): readonly unknown[][] {
  const kept: unknown[][] = [];
  let bytes = 0;
  for (const row of rows.slice(0, SNAPSHOT_ROWS)) {
    bytes += JSON.stringify(row).length;
    if (bytes > SNAPSHOT_BYTES) break;
    kept.push(row);
  }
  return kept;
}

/** A question of the past with what its answer ran and, from the built-in planner, its plan. */
export interface PastTurn {
  question: string;
  query: string | null;
  plan: unknown;
}

/** The newest completed turns, oldest first; superseded ones left out. */
export async function listTurns(ctx: Ctx, conversationId: string, limit = 20): Promise<PastTurn[]> {
  const rows = await ctx.db.message.findMany({
    where: { conversationId, supersededAt: null },
    orderBy: { position: 'desc' },
    take: limit * 2,
    select: { role: true, content: true, status: true, result: true, position: true },
  });
  const turns: PastTurn[] = [];
  const ordered = rows.reverse();
  for (let index = 0; index + 1 < ordered.length; index += 1) {
    const asked = ordered[index];
    const answered = ordered[index + 1];
    if (asked?.role !== 'user' || answered?.role !== 'assistant' || answered.status !== 'completed') continue;
    const result = (answered.result ?? {}) as { query?: string | null; plan?: unknown };
    turns.push({ question: asked.content, query: result.query ?? null, plan: result.plan ?? null });
  }
  return turns;
}

/** What the assistant asked back last, when the conversation waits for a choice. */
export interface PendingChoice {
  /** The question that had more than one reading. */
  question: string;
  /** The choices as stored by {@link finishExchange} in the result's plan. */
  choices: { question: string; planned: unknown }[];
}

/** The open clarification at the end of a conversation, or null. `before` is the exchange that is running now. */
export async function findPendingChoice(ctx: Ctx, before: Exchange): Promise<PendingChoice | null> {
  const asked = await ctx.db.message.findFirst({ where: { id: before.questionId }, select: { position: true } });
  if (!asked || asked.position < 2) return null;
  const rows = await ctx.db.message.findMany({
    where: {
      conversationId: before.conversationId,
      position: { in: [asked.position - 2, asked.position - 1] },
      supersededAt: null,
    },
    orderBy: { position: 'asc' },
    select: { content: true, status: true, result: true },
  });
  const [question, answer] = rows;
  if (!question || answer?.status !== 'clarify') return null;
  const plan = (answer.result as { plan?: { choices?: { question: string; planned: unknown }[] } } | null)?.plan;
  return { question: question.content, choices: plan?.choices ?? [] };
}
