'use client';

import { CircleSlash, Info, RotateCw } from 'lucide-react';
import Link from 'next/link';
import { Button, buttonClass } from '../../_ui/button';
import { Notice } from '../../_ui/notice';
import { type SourceInfo, useWorkspace } from '../../_ui/workspace';
import { AnswerCard } from './answer-card';
import type { ExchangeView } from './exchange-state';
import { Trace } from './trace';

interface Props {
  exchange: ExchangeView;
  source: SourceInfo | null;
  last: boolean;
  onAsk(question: string): void;
  onRefresh?(): void;
  onStop(): void;
}

/** A question and its answer, read like a page: sentence, figures, the query that made them. */
export function Exchange({ exchange, source, last, onAsk, onRefresh, onStop }: Props) {
  return (
    <article className="flex flex-col gap-4" aria-label={exchange.question}>
      <div className="flex justify-end">
        <p className="max-w-[85%] whitespace-pre-wrap break-words rounded-xl rounded-br-sm bg-hover px-4 py-2 text-base text-ink">
          {exchange.question}
        </p>
      </div>
      <Trace exchange={exchange} onStop={onStop} />
      <div aria-live="polite" aria-atomic="false" className="flex flex-col gap-4 empty:hidden">
        <Body exchange={exchange} source={source} last={last} onAsk={onAsk} onRefresh={onRefresh} />
      </div>
    </article>
  );
}

function Body({ exchange, source, last, onAsk, onRefresh }: Omit<Props, 'onStop'>) {
  const { status, answer, failure } = exchange;
  if (status === 'failed' && failure)
    return <Failure exchange={exchange} source={source} onRetry={last ? onRefresh : undefined} />;
  if (status === 'cancelled') {
    return (
      <div className="flex min-h-7 items-center gap-2 text-ink-3 text-sm">
        <CircleSlash className="size-4 shrink-0" aria-hidden="true" />
        <p>Stopped before the answer came.</p>
        {last && source ? (
          <Button look="ghost" size="sm" onClick={() => onAsk(exchange.question)}>
            <RotateCw className="size-3.5" aria-hidden="true" />
            Ask again
          </Button>
        ) : null}
      </div>
    );
  }
  return (
    <>
      <AnswerText text={exchange.text} running={status === 'running'} />
      {status === 'clarify' && answer?.clarification ? (
        <Choices
          choices={answer.clarification.choices.map(({ label, question }) => ({ label, question }))}
          onAsk={last ? onAsk : undefined}
        />
      ) : null}
      {status === 'declined' && answer?.suggestions && answer.suggestions.length > 0 ? (
        <section className="flex flex-col gap-2">
          <p className="text-ink-3 text-sm">These would work:</p>
          <Choices
            choices={answer.suggestions.map((question) => ({ label: question, question }))}
            onAsk={last ? onAsk : undefined}
          />
        </section>
      ) : null}
      {status === 'completed' && answer ? (
        <>
          <Assumptions items={answer.assumptions ?? []} />
          <Warnings items={answer.warnings ?? []} />
          {answer.query ? (
            <AnswerCard
              question={exchange.question}
              answer={answer}
              attempts={exchange.attempts}
              keptAt={exchange.keptAt}
              runMs={exchange.steps.run?.durationMs}
              source={source}
              onRefresh={last ? onRefresh : undefined}
            />
          ) : null}
        </>
      ) : null}
    </>
  );
}

function AnswerText({ text, running }: { text: string; running: boolean }) {
  if (!text) return null;
  return (
    <p className="max-w-[760px] whitespace-pre-line break-words text-base text-ink">
      {text}
      {running ? (
        <span className="ml-0.5 inline-block h-4 w-0.5 translate-y-0.5 animate-caret bg-accent" aria-hidden="true" />
      ) : null}
    </p>
  );
}

/** What was taken for granted, in one quiet line. */
function Assumptions({ items }: { items: string[] }) {
  if (items.length === 0) return null;
  return (
    <p className="-mt-3 max-w-[760px] break-words text-ink-3 text-sm">
      <span className="sr-only">Assumed: </span>
      {items.join(' ')}
    </p>
  );
}

function Warnings({ items }: { items: string[] }) {
  if (items.length === 0) return null;
  return (
    <ul className="flex flex-col gap-1 text-sm text-warning-ink">
      {items.map((item) => (
        <li key={item} className="flex items-start gap-2">
          <Info className="mt-[3px] size-3.5 shrink-0" aria-hidden="true" />
          <span className="min-w-0 break-words">{item}</span>
        </li>
      ))}
    </ul>
  );
}

function Choices({ choices, onAsk }: { choices: { label: string; question: string }[]; onAsk?(question: string): void }) {
  return (
    <div className="flex flex-wrap gap-2">
      {choices.map((choice) => (
        <button
          key={choice.label}
          type="button"
          disabled={!onAsk}
          onClick={() => onAsk?.(choice.question)}
          className="min-h-9 max-w-full rounded-lg border border-line-2 bg-raised px-3 py-1.5 text-left text-ink text-sm transition-colors duration-120 hover:not-disabled:border-accent-line hover:not-disabled:bg-accent-soft disabled:cursor-default disabled:text-ink-3"
        >
          {choice.label}
        </button>
      ))}
    </div>
  );
}

interface FailureProps {
  exchange: ExchangeView;
  source: SourceInfo | null;
  onRetry?(): void;
}

/** What went wrong, and the place where it can be put right, for those who may. */
function Failure({ exchange, source, onRetry }: FailureProps) {
  const { can, path } = useWorkspace();
  const { failure } = exchange;
  if (!failure) return null;
  return (
    <Notice
      tone="danger"
      live
      title={failure.message}
      action={
        <div className="flex flex-wrap justify-end gap-2">
          {failure.code.startsWith('model.') && can('model.manage') ? (
            <Link href={path('/settings/models')} className={buttonClass('secondary', 'sm')}>
              Open Models
            </Link>
          ) : null}
          {failure.code.startsWith('source.') && source && can('source.manage') ? (
            <Link href={path(`/sources/${source.id}`)} className={buttonClass('secondary', 'sm')}>
              Open the source
            </Link>
          ) : null}
          {onRetry ? (
            <Button size="sm" onClick={onRetry}>
              <RotateCw className="size-3.5" aria-hidden="true" />
              Try again
            </Button>
          ) : null}
        </div>
      }
    >
      {failure.hints && failure.hints.length > 0 ? (
        <ul className="mt-1 list-disc pl-4">
          {failure.hints.map((hint) => (
            <li key={hint}>{hint}</li>
          ))}
        </ul>
      ) : null}
      <p className="mt-1 text-ink-3 text-xs">
        <code className="font-mono">{failure.code}</code>
        {failure.requestId ? (
          <>
            {' · request '}
            <code className="select-all break-all font-mono">{failure.requestId}</code>
          </>
        ) : null}
      </p>
    </Notice>
  );
}
