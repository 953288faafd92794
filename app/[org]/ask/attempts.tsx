import { Check, X } from 'lucide-react';
import type { Attempt, StepName } from '@/lib/conversations/schema';
import { formatCount, formatDuration } from '../../_ui/figures';
import { QueryText } from '../../_ui/query-text';

/** In their order. The list of lib/conversations/schema would bring the validation library into the page. */
export const STEP_NAMES: readonly StepName[] = ['understand', 'write', 'check', 'run', 'answer'];

export const STEP_LABELS: Record<StepName, { now: string; done: string }> = {
  understand: { now: 'Understanding the question', done: 'Understand' },
  write: { now: 'Writing the query', done: 'Write' },
  check: { now: 'Checking the query', done: 'Check' },
  run: { now: 'Running the query', done: 'Run' },
  answer: { now: 'Putting the answer into words', done: 'Answer' },
};

/** Every attempt with its stages, their times, what failed and what was learnt from it. */
export function Attempts({ attempts }: { attempts: readonly Attempt[] }) {
  return (
    <div className="flex flex-col gap-3">
      {attempts.map((attempt, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: attempts have no other name than their number.
        <AttemptView key={index} attempt={attempt} number={attempts.length > 1 ? index + 1 : null} />
      ))}
    </div>
  );
}

function AttemptView({ attempt, number }: { attempt: Attempt; number: number | null }) {
  const tokens = attempt.tokens.prompt + attempt.tokens.completion;
  return (
    <section className="flex flex-col gap-2 text-xs">
      {number === null ? null : (
        <h4 className="flex items-center gap-1.5 font-medium text-ink-2">
          {attempt.error ? (
            <X className="size-3.5 text-danger-ink" aria-hidden="true" />
          ) : (
            <Check className="size-3.5 text-success-ink" aria-hidden="true" />
          )}
          Attempt {number}
        </h4>
      )}
      <ul className="tabular flex flex-wrap gap-x-4 gap-y-1 text-ink-3">
        {attempt.steps.map((step) => (
          <li key={step.name}>
            {STEP_LABELS[step.name].done} <span className="text-ink-2">{formatDuration(step.durationMs)}</span>
          </li>
        ))}
        {tokens > 0 ? <li>{formatCount(tokens, 'token')}</li> : null}
      </ul>
      {attempt.error ? <p className="break-words text-danger-ink">{attempt.error.message}</p> : null}
      {attempt.hints?.map((hint) => (
        <p key={hint} className="break-words text-ink-2">
          {hint}
        </p>
      ))}
      {attempt.error && attempt.query ? <QueryText text={attempt.query} className="max-h-40" /> : null}
    </section>
  );
}
