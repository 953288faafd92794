import type { Ctx } from '../access';
import { type Exchange, type ExchangeOutcome, finishExchange } from '../conversations';
import type { Answer, ModelUse } from '../conversations/schema';
import { QuarryError } from '../kernel/errors';
import type { QueryResult, runQuery } from '../query';
import { proposeChart } from './chart';
import type { ModelReply } from './reply-reader';
import type { Trace } from './trace';

export type QueryReply = Extract<ModelReply, { kind: 'query' }>;

/** What a question came to, before it is stored. */
export interface Finding {
  status: Answer['status'];
  text: string;
  reply: QueryReply | null;
  result: Awaited<ReturnType<typeof runQuery>> | null;
  clarification: Extract<ModelReply, { kind: 'clarify' }> | null;
  suggestions: string[];
  warnings: string[];
  tables: string[];
  schemaVersion: number | null;
  fromCache: boolean;
}

/** The finding as API.md's answer. */
export function toAnswer(exchange: Exchange, finding: Finding, trace: Trace, use: ModelUse, durationMs: number): Answer {
  const { result, reply } = finding;
  const columns = result ? result.columns.map(({ name, type, nativeType }) => ({ name, type, nativeType })) : [];
  const rows = result ? (result.rows as unknown[][]) : [];
  return {
    conversationId: exchange.conversationId,
    messageId: exchange.messageId,
    status: finding.status,
    answer: finding.text,
    query: reply?.query ?? null,
    columns,
    rows,
    rowCount: result?.rowCount ?? 0,
    truncated: result?.truncated ?? null,
    chart: proposeChart(columns, rows),
    assumptions: reply?.assumptions ?? [],
    suggestions: finding.suggestions,
    clarification: finding.clarification
      ? {
          question: finding.clarification.question,
          choices: finding.clarification.choices.map(({ label, question }) => ({ label, question })),
        }
      : null,
    tables: finding.tables,
    attempts: trace.attempts,
    warnings: finding.warnings,
    model: { ...use },
    cache: { ...rowsFrom(finding), answer: finding.fromCache ? 'hit' : 'miss' },
    durationMs,
  };
}

/** Where the figures came from. An answer whose query a model had to write is none from the cache, even if its rows were there. */
function rowsFrom({ fromCache, result }: Finding): QueryResult['cache'] {
  if (result && (fromCache || result.cache.state === 'bypass')) return result.cache;
  return { state: 'miss' };
}

/** What is kept of an answer with its message. */
export function toOutcome(answer: Answer, finding: Finding): ExchangeOutcome {
  const { rows, attempts: _attempts, ...result } = answer;
  return {
    status: answer.status,
    content: answer.answer,
    // What a follow-up starts from: the plan, or the readings that were offered.
    result: {
      ...result,
      plan: finding.clarification ? { choices: finding.clarification.choices } : (finding.reply?.plan ?? null),
    },
    rows,
    query: answer.query,
    attempts: answer.attempts,
    model: answer.model,
    schemaVersion: finding.schemaVersion,
    durationMs: answer.durationMs,
  };
}

/** Keeps a failed or cancelled question with its trace. @returns the error with ids and trace in its details */
export async function storeFailure(
  ctx: Ctx,
  exchange: Exchange,
  error: QuarryError,
  trace: Trace,
  use: ModelUse,
  durationMs: number,
): Promise<QuarryError> {
  const cancelled = error.code === 'query.cancelled' || ctx.signal.aborted;
  const { code, message, hints, stage } = error;
  await finishExchange(ctx, exchange, {
    status: cancelled ? 'cancelled' : 'failed',
    content: message,
    result: {
      error: { code, message, ...(hints ? { hints } : {}), ...(stage ? { stage } : {}) },
      query: trace.attempts.at(-1)?.query ?? null,
    },
    rows: [],
    query: null,
    attempts: trace.attempts,
    model: use.provider ? use : null,
    schemaVersion: null,
    durationMs,
  });
  return new QuarryError(code, message, {
    ...(stage ? { stage } : {}),
    ...(hints ? { hints } : {}),
    ...(error.retryAfterS ? { retryAfterS: error.retryAfterS } : {}),
    details: {
      ...error.details,
      conversationId: exchange.conversationId,
      messageId: exchange.messageId,
      attempts: trace.attempts,
    },
    cause: error.cause,
  });
}
