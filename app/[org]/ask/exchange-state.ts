import type { Answer, Attempt, ConversationView, MessageView, StepEvent, StepName } from '@/lib/conversations/schema';
import type { ApiFailure } from '../../_ui/api';

export type ExchangeStatus = 'running' | 'completed' | 'clarify' | 'declined' | 'failed' | 'cancelled';

export interface StepView {
  state: 'waiting' | 'running' | 'done' | 'failed';
  durationMs?: number;
  detail?: string;
}

/** A question and what came of it, live or from storage. */
export interface ExchangeView {
  key: string;
  question: string;
  status: ExchangeStatus;
  steps: Partial<Record<StepName, StepView>>;
  /** The attempt that runs now, from 1. */
  attempt: number;
  /** The answer's words as they come. */
  text: string;
  answer: Partial<Answer> | null;
  attempts: Attempt[];
  failure: ApiFailure | null;
  durationMs: number | null;
  /** When a stored answer's rows were read, ISO 8601; null while they are as new as the page. */
  keptAt: string | null;
}

export function newExchange(key: string, question: string): ExchangeView {
  return {
    key,
    question,
    status: 'running',
    steps: {},
    attempt: 1,
    text: '',
    answer: null,
    attempts: [],
    failure: null,
    durationMs: null,
    keptAt: null,
  };
}

/** A step's news into the exchange. A new attempt starts its steps over; what was understood stays. */
export function withStep(exchange: ExchangeView, event: StepEvent): ExchangeView {
  const attempt = event.attempt ?? exchange.attempt;
  const kept = attempt > exchange.attempt ? { understand: exchange.steps.understand } : exchange.steps;
  const step: StepView = { state: event.state, durationMs: event.durationMs, detail: event.detail };
  return { ...exchange, attempt, steps: { ...kept, [event.name]: step } };
}

export function withAnswer(exchange: ExchangeView, answer: Answer): ExchangeView {
  return {
    ...exchange,
    status: answer.status,
    answer,
    text: answer.answer,
    attempts: answer.attempts,
    durationMs: answer.durationMs,
    steps: finishedSteps(exchange.steps),
  };
}

export function withFailure(exchange: ExchangeView, failure: ApiFailure): ExchangeView {
  const cancelled = failure.code === 'query.cancelled' || failure.code === 'request.aborted';
  const steps = Object.fromEntries(
    Object.entries(exchange.steps).map(([name, step]) => [name, step.state === 'running' ? { ...step, state: 'failed' } : step]),
  );
  return { ...exchange, status: cancelled ? 'cancelled' : 'failed', failure: cancelled ? null : failure, steps };
}

const finishedSteps = (steps: ExchangeView['steps']): ExchangeView['steps'] =>
  Object.fromEntries(
    Object.entries(steps).map(([name, step]) => [name, step.state === 'running' ? { ...step, state: 'done' } : step]),
  );

/** A stored conversation as exchanges; what was superseded is left out. */
export function exchangesOf(conversation: ConversationView): ExchangeView[] {
  const exchanges: ExchangeView[] = [];
  const counted = conversation.messages.filter((message) => !message.superseded);
  for (const [index, message] of counted.entries()) {
    if (message.role !== 'user') continue;
    const reply = counted[index + 1];
    exchanges.push(storedExchange(message, reply?.role === 'assistant' ? reply : null));
  }
  return exchanges;
}

const STATUSES: readonly string[] = ['completed', 'clarify', 'declined', 'failed', 'cancelled'] satisfies ExchangeStatus[];
const isStatus = (value: string): value is ExchangeStatus => STATUSES.includes(value);

/** What each step came to in the end: the last attempt's word counts. */
function storedSteps(attempts: readonly Attempt[], status: ExchangeStatus): ExchangeView['steps'] {
  const steps: ExchangeView['steps'] = {};
  for (const attempt of attempts) {
    for (const { name, durationMs } of attempt.steps) steps[name] = { state: 'done', durationMs };
  }
  const last = attempts.at(-1)?.steps.at(-1);
  if (last && (status === 'failed' || status === 'cancelled'))
    steps[last.name] = { state: 'failed', durationMs: last.durationMs };
  return steps;
}

function storedExchange(question: MessageView, reply: MessageView | null): ExchangeView {
  const base = newExchange(question.id, question.content);
  // A message that still says "running" after a reload was left by a server that went away.
  if (!reply || !isStatus(reply.status)) return { ...base, status: 'cancelled' };
  const attempts = reply.attempts ?? [];
  const result = reply.result as (Partial<Answer> & { error?: ApiFailure }) | null;
  return {
    ...base,
    status: reply.status,
    text: reply.content,
    answer: result ? { ...result, rows: reply.rows ?? [], ...(reply.model ? { model: reply.model } : {}) } : null,
    attempts,
    failure: reply.status === 'failed' ? (result?.error ?? { code: 'internal', message: reply.content }) : null,
    durationMs: reply.durationMs,
    keptAt: reply.createdAt,
    steps: storedSteps(attempts, reply.status),
  };
}
