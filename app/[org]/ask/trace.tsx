'use client';

import clsx from 'clsx';
import { Check, ChevronRight, X } from 'lucide-react';
import { Fragment, useEffect, useId, useState } from 'react';
import { type Attempt, type StepName, stepNames } from '@/lib/conversations/schema';
import { formatCount, formatDuration } from '../../_ui/figures';
import { QueryText } from '../../_ui/query-text';
import type { ExchangeView, StepView } from './exchange-state';

const LABELS: Record<StepName, { now: string; done: string }> = {
  understand: { now: 'Understanding', done: 'Understand' },
  write: { now: 'Writing the query', done: 'Write' },
  check: { now: 'Checking it', done: 'Check' },
  run: { now: 'Running it', done: 'Run' },
  answer: { now: 'Answering', done: 'Answer' },
};

/** Five dots that fill while the answer is made; afterwards one line that unfolds to every attempt. */
export function Trace({ exchange }: { exchange: ExchangeView }) {
  const [open, setOpen] = useState(false);
  const id = useId();
  const running = exchange.status === 'running';
  const { attempts } = exchange;
  if (running) return <LiveTrace exchange={exchange} />;
  if (attempts.length === 0) return null;
  const total = exchange.durationMs ?? attempts.reduce((sum, attempt) => sum + attempt.durationMs, 0);
  return (
    <div>
      <button
        type="button"
        aria-expanded={open}
        aria-controls={id}
        onClick={() => setOpen((value) => !value)}
        className="-ml-1 flex h-7 max-w-full items-center gap-2 rounded-md px-1 text-ink-3 text-xs hover:text-ink"
      >
        <span className="flex items-center gap-1" aria-hidden="true">
          {stepNames.map((name) => (
            <Dot key={name} step={exchange.steps[name]} small />
          ))}
        </span>
        <span className="tabular truncate">
          {formatDuration(total)}
          {attempts.length > 1 ? ` · ${formatCount(attempts.length, 'attempt')}` : ''}
        </span>
        <ChevronRight
          className={clsx('size-3.5 shrink-0 transition-transform duration-120', open && 'rotate-90')}
          aria-hidden="true"
        />
        <span className="sr-only">How this answer was made</span>
      </button>
      <div id={id} hidden={!open}>
        {open ? <Attempts exchange={exchange} /> : null}
      </div>
    </div>
  );
}

function LiveTrace({ exchange }: { exchange: ExchangeView }) {
  const current = stepNames.find((name) => exchange.steps[name]?.state === 'running');
  return (
    <div>
      <ol className="flex flex-wrap items-center gap-x-1 gap-y-2 text-xs">
        {stepNames.map((name, index) => {
          const step = exchange.steps[name];
          return (
            <Fragment key={name}>
              {index > 0 ? <li aria-hidden="true" className={clsx('h-px w-4 md:w-6', step ? 'bg-accent' : 'bg-line-2')} /> : null}
              <li className="flex items-center gap-1.5">
                <Dot step={step} />
                <span
                  className={clsx(
                    step?.state === 'running' ? 'font-medium text-ink' : step ? 'text-ink-2' : 'text-ink-3',
                    'max-md:sr-only',
                  )}
                >
                  {LABELS[name].done}
                </span>
                {step?.durationMs === undefined ? null : (
                  <span className="tabular text-ink-3">{formatDuration(step.durationMs)}</span>
                )}
              </li>
            </Fragment>
          );
        })}
      </ol>
      <p role="status" className="mt-2 flex h-5 items-center gap-1 text-ink-3 text-xs">
        {current ? LABELS[current].now : 'Starting'}
        {exchange.attempt > 1 ? `, attempt ${exchange.attempt}` : ''}
        <Elapsed key={`${exchange.attempt}-${current}`} />
      </p>
    </div>
  );
}

/** After a while, how long it has taken, so that nobody wonders whether it still runs. */
function Elapsed() {
  const [seconds, setSeconds] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => setSeconds((value) => value + 1), 1000);
    return () => clearInterval(timer);
  }, []);
  if (seconds < 2) return null;
  return (
    <span className="tabular" aria-hidden="true">
      · {seconds} s{seconds >= 5 ? ' · Esc stops' : ''}
    </span>
  );
}

function Dot({ step, small }: { step: StepView | undefined; small?: boolean }) {
  const size = small ? 'size-1.5' : 'size-2.5';
  if (!step || step.state === 'waiting') return <span className={clsx(size, 'rounded-full border border-line-3')} />;
  if (step.state === 'running') return <span className={clsx(size, 'animate-pulse-dot rounded-full bg-accent')} />;
  if (step.state === 'failed') return <span className={clsx(size, 'rounded-full bg-danger')} />;
  return <span className={clsx(size, 'rounded-full', small ? 'bg-success' : 'bg-accent')} />;
}

function Attempts({ exchange }: { exchange: ExchangeView }) {
  const { answer } = exchange;
  return (
    <div className="mt-2 flex flex-col gap-3 rounded-lg border bg-side p-3">
      {exchange.attempts.map((attempt, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: attempts have no other name than their number.
        <AttemptView key={index} attempt={attempt} number={exchange.attempts.length > 1 ? index + 1 : null} />
      ))}
      {answer?.model ? (
        <p className="border-t pt-2 text-ink-3 text-xs">
          {[answer.model.provider, answer.model.name].filter(Boolean).join(' · ')}
          {answer.model.reason ? `: ${answer.model.reason}` : ''}
          {answer.tables && answer.tables.length > 0 ? ` Read: ${answer.tables.join(', ')}.` : ''}
        </p>
      ) : null}
    </div>
  );
}

function AttemptView({ attempt, number }: { attempt: Attempt; number: number | null }) {
  return (
    <section className="flex flex-col gap-2 text-xs">
      {number === null ? null : (
        <h3 className="flex items-center gap-1.5 font-medium text-ink-2">
          {attempt.error ? (
            <X className="size-3.5 text-danger-ink" aria-hidden="true" />
          ) : (
            <Check className="size-3.5 text-success-ink" aria-hidden="true" />
          )}
          Attempt {number}
        </h3>
      )}
      <ul className="tabular flex flex-wrap gap-x-4 gap-y-1 text-ink-3">
        {attempt.steps.map((step) => (
          <li key={step.name}>
            {LABELS[step.name].done} <span className="text-ink-2">{formatDuration(step.durationMs)}</span>
          </li>
        ))}
        {attempt.tokens.prompt + attempt.tokens.completion > 0 ? (
          <li>{formatCount(attempt.tokens.prompt + attempt.tokens.completion, 'token')}</li>
        ) : null}
      </ul>
      {attempt.error ? <p className="text-danger-ink">{attempt.error.message}</p> : null}
      {attempt.hints?.map((hint) => (
        <p key={hint} className="text-ink-2">
          {hint}
        </p>
      ))}
      {attempt.error && attempt.query ? <QueryText text={attempt.query} className="max-h-40" /> : null}
    </section>
  );
}
