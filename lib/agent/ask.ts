import type { Ctx } from '../access';
import {
  beginExchange,
  createConversation,
  type Exchange,
  findConversation,
  findPendingChoice,
  finishExchange,
} from '../conversations';
import type { Answer, AskInput, ModelUse } from '../conversations/schema';
import { QuarryError, toQuarryError } from '../kernel/errors';
import { plannedQuerySchema } from '../planner';
import { isUnknownName, runQuery, validateQuery } from '../query';
import { type QuestionRecord, recordQuestion } from '../queue';
import { getSchema, nearestNames, recheckSchema } from '../schema';
import { getSource, type SourceSummary } from '../sources';
import { answerSlot } from './answer-cache';
import { describeAnswer } from './answer-text';
import { type Analysis, analyseEmptyResult, analyseError } from './error-analysis';
import { type Provider, resolveProviders } from './providers';
import { type Finding, type QueryReply, storeFailure, toAnswer, toOutcome } from './record-answer';
import { type ModelReply, readReply } from './reply-reader';
import { type AskSink, elapsed, Trace } from './trace';
import { type Understanding, understand } from './understand';
import { makeWriter, type Writer } from './write-query';

/**
 * Answers a question with the organisation's models, or the built-in planner when it has none.
 * @param sink hears each step and the words of the answer as they come
 * @throws QuarryError not_found (source, conversation) | model.* | query.*; the trace is stored in either case
 */
export async function ask(ctx: Ctx, input: AskInput, sink: AskSink = () => undefined): Promise<Answer> {
  const started = performance.now();
  const [source, providers] = await Promise.all([getSource(ctx, input.dataSourceId), resolveProviders(ctx)]);
  const exchange = await openExchange(ctx, input, source);
  const record = recordQuestion(ctx, exchange.messageId, { conversationId: exchange.conversationId, dataSourceId: source.id });
  const trace = new Trace((event) => {
    noteStep(record, event);
    sink(event);
  });
  const use: ModelUse = { provider: '', name: '', tier: 'fast', reason: '', calls: 0 };
  try {
    const finding = await find(ctx, { source, providers, input, exchange, trace, use });
    for (const word of finding.text.match(/\S+\s*/g) ?? []) sink({ type: 'token', text: word });
    const answer = toAnswer(exchange, finding, trace, use, elapsed(started));
    const { status, rowCount, durationMs } = answer;
    const figures = { answer: status, rows: rowCount, tries: trace.attempts.length, durationMs };
    await Promise.all([finishExchange(ctx, exchange, toOutcome(answer, finding)), record.complete(figures)]);
    return answer;
  } catch (error) {
    const problem = toQuarryError(error);
    const failed = record.fail({ code: problem.code, message: `It ended with ${problem.code}; the person who asked sees why.` });
    const [told] = await Promise.all([storeFailure(ctx, exchange, problem, trace, use, elapsed(started)), failed]);
    throw told;
  }
}

/** The record hears which step begins or fails; details hold words of the question, and stay out. */
function noteStep(record: QuestionRecord, event: Parameters<AskSink>[0]): void {
  if (event.type !== 'step' || event.step.state === 'done') return;
  const { name, state, attempt = 1 } = event.step;
  record.step(name, { ...(attempt > 1 ? { try: attempt } : {}), ...(state === 'failed' ? { outcome: 'failed' } : {}) });
}

async function openExchange(ctx: Ctx, input: AskInput, source: SourceSummary): Promise<Exchange> {
  if (input.conversationId === undefined) {
    const title = input.question.replace(/\s+/g, ' ').slice(0, 80);
    const made = await createConversation(ctx, { title, dataSourceId: source.id });
    return beginExchange(ctx, made.id, input.question);
  }
  const known = await findConversation(ctx, input.conversationId);
  if (!known) throw new QuarryError('not_found', 'There is no such conversation.');
  return beginExchange(ctx, known.id, input.question);
}

interface Work {
  source: SourceSummary;
  providers: Provider[];
  input: AskInput;
  exchange: Exchange;
  trace: Trace;
  use: ModelUse;
}

async function find(ctx: Ctx, work: Work): Promise<Finding> {
  const { trace } = work;
  trace.begin();
  const chosen = await readChoice(ctx, work);
  const question = chosen?.question ?? work.input.question;
  const known = await learn(ctx, work, question);
  if (chosen?.reply) {
    Object.assign(work.use, makeWriter(ctx, work.providers, question, known).use);
    return runReply(ctx, work, known, chosen.reply, false);
  }
  const first = await answer(ctx, work, known, question).catch(toQuarryError);
  if (await isOutdated(ctx, work, known, first)) {
    trace.fail(first instanceof QuarryError ? first : { code: 'question.declined', message: first.text }, [
      'The source has changed since its schema was read. It was read again.',
    ]);
    trace.begin();
    return answer(ctx, work, await learn(ctx, work, question), question);
  }
  if (first instanceof QuarryError) throw first;
  return first;
}

function learn(ctx: Ctx, work: Work, question: string): Promise<Understanding> {
  return work.trace.step(
    'understand',
    'link',
    () => understand(ctx, work.source, question, work.exchange.conversationId),
    (value) => value.linked.map((table) => table.name).join(', '),
  );
}

/**
 * Whether a question failed for want of a name, and the source has another schema than the one that was known: a new column can be
 * asked about at once, whatever the schema's time to live. [D4]
 */
async function isOutdated(ctx: Ctx, work: Work, known: Understanding, outcome: Finding | QuarryError): Promise<boolean> {
  const lacksName =
    outcome instanceof QuarryError
      ? [outcome, outcome.cause].some((error) => error instanceof QuarryError && isUnknownName(error))
      : outcome.status === 'declined';
  if (!lacksName) return false;
  await recheckSchema(ctx, work.source.id);
  const now = await getSchema(ctx, work.source.id);
  return now.fingerprint !== known.schema.fingerprint;
}

async function answer(ctx: Ctx, work: Work, known: Understanding, question: string): Promise<Finding> {
  const { input } = work;
  const writer = makeWriter(ctx, work.providers, question, known);
  Object.assign(work.use, writer.use);
  const slot = answerSlot(ctx, { question, mode: input.cache, known, providers: work.providers });
  const remembered = await slot.find();
  if (remembered) {
    Object.assign(work.use, remembered.use, { reason: 'The query of the same question was reused.', calls: 0 });
    return runReply(ctx, work, known, remembered.reply, true);
  }
  try {
    return await attempts(ctx, work, known, writer, (reply) => slot.keep(reply, writer.use));
  } finally {
    Object.assign(work.use, writer.use);
  }
}

/** When the person answers what was asked back: the reading they chose, or both questions in one. */
async function readChoice(ctx: Ctx, work: Work): Promise<{ question: string; reply: QueryReply | null } | null> {
  const pending = await findPendingChoice(ctx, work.exchange);
  const choice = pending?.choices.find((candidate) => candidate.question === work.input.question);
  if (!pending || !choice) return null;
  const planned = plannedQuerySchema.safeParse(choice.planned).data;
  return {
    question: `${pending.question} (${choice.question})`,
    reply: planned
      ? { kind: 'query', query: planned.sql, explanation: planned.explanation, assumptions: planned.assumptions, plan: planned }
      : null,
  };
}

/** generate → validate → execute → check, at most writer.maxAttempts times, each after an error analysis [C3]. */
async function attempts(
  ctx: Ctx,
  work: Work,
  known: Understanding,
  writer: Writer,
  remember: (reply: QueryReply) => Promise<void>,
): Promise<Finding> {
  const { trace } = work;
  let failed: { query: string | null; analysis: Analysis } | null = null;
  let empty: Finding | null = null;
  for (let attempt = 1; ; attempt += 1) {
    if (attempt > 1) trace.begin();
    const last = attempt >= writer.maxAttempts;
    let reply: ModelReply | null = null;
    try {
      reply = await trace.step('write', 'generate', async () => {
        const raw = await writer.write({ attempt, failed, onText: () => undefined });
        trace.current.tokens = raw.tokens;
        return readReply(raw);
      });
      if (reply.kind !== 'query') return withoutQuery(reply, known);
      trace.current.query = reply.query;
      const finding = await runReply(ctx, work, known, reply, false);
      const analysis = finding.result?.rowCount === 0 ? explainEmpty(reply.query, known) : null;
      if (analysis) finding.warnings.push(...analysis.hints);
      if (!analysis || last) {
        await remember(reply);
        return finding;
      }
      empty = finding;
      trace.fail({ code: 'query.failed', message: analysis.message }, analysis.hints);
      failed = { query: reply.query, analysis };
    } catch (error) {
      const problem = toQuarryError(error);
      const query = reply?.kind === 'query' ? reply.query : null;
      const analysis = await analyse(ctx, work, known, problem, query);
      trace.fail(problem, analysis.hints);
      if (empty && isRepairable(problem)) return empty;
      if (last || !isRepairable(problem)) throw explained(problem, analysis);
      failed = { query, analysis };
    }
  }
}

/** Errors that another attempt can mend; everything else ends the question at once. */
const isRepairable = (error: QuarryError) =>
  ['query.invalid', 'query.failed', 'query.refused', 'query.timeout', 'model.bad_answer'].includes(error.code);

async function runReply(ctx: Ctx, work: Work, known: Understanding, reply: QueryReply, fromCache: boolean): Promise<Finding> {
  const { trace, source, input } = work;
  trace.current.query = reply.query;
  const facts = await trace.step('check', 'validate', () => validateQuery(ctx, source.id, reply.query));
  const result = await trace.step(
    'run',
    'execute',
    () =>
      runQuery(ctx, {
        dataSourceId: source.id,
        query: reply.query,
        origin: 'ask',
        ...(input.cache ? { cache: input.cache } : {}),
      }),
    (value) => (value.rowCount === 1 ? '1 row' : `${value.rowCount} rows`),
  );
  const text = await trace.step('answer', 'answer', async () =>
    describeAnswer(reply.explanation, result, [input.question, reply.query]),
  );
  return {
    status: 'completed',
    text,
    reply,
    result,
    clarification: null,
    suggestions: [],
    warnings: [...result.warnings],
    tables: [...new Set(facts.tables.map((table) => table.name))],
    schemaVersion: known.schema.version,
    fromCache,
  };
}

function withoutQuery(reply: Exclude<ModelReply, QueryReply>, known: Understanding): Finding {
  const base = {
    reply: null,
    result: null,
    clarification: null,
    suggestions: [],
    warnings: [],
    tables: [],
    schemaVersion: known.schema.version,
    fromCache: false,
  };
  if (reply.kind === 'clarify')
    return {
      ...base,
      status: 'clarify',
      text: reply.question,
      clarification: reply,
    };
  if (reply.kind === 'decline') return { ...base, status: 'declined', text: reply.reason, suggestions: reply.suggestions };
  return { ...base, status: 'completed', text: reply.text };
}

async function analyse(ctx: Ctx, work: Work, known: Understanding, error: QuarryError, query: string | null): Promise<Analysis> {
  if (query === null) return { kind: 'other', message: error.message, hints: error.hints ?? [], tables: [] };
  // What parses tells which tables are concerned; what doesn't is searched for names.
  const facts = await validateQuery(ctx, work.source.id, query).catch(() => null);
  return analyseError({ error, query, facts, catalogue: known.catalogue, dialect: known.adapter.dialect });
}

function explainEmpty(query: string, known: Understanding): Analysis | null {
  return analyseEmptyResult(query, known.catalogue, known.linked, (table, column, value) => {
    const values = known.samples.of(table, column);
    const wanted = value.toLowerCase();
    return { known: values.some((candidate) => candidate.toLowerCase().includes(wanted)), near: nearestNames(value, values) };
  });
}

/** The database's refusal in our words, with what to do. */
function explained(error: QuarryError, analysis: Analysis): QuarryError {
  const message = analysis.kind === 'other' ? error.message : analysis.message;
  return new QuarryError(error.code, message, {
    ...(error.stage ? { stage: error.stage } : {}),
    hints: analysis.hints,
    ...(error.retryAfterS ? { retryAfterS: error.retryAfterS } : {}),
    cause: error,
  });
}
