'use client';

import clsx from 'clsx';
import { ChevronRight, Square } from 'lucide-react';
import { Fragment, useEffect, useId, useState } from 'react';
import { Button } from '../../_ui/button';
import { formatCount, formatDuration } from '../../_ui/figures';
import { Attempts, STEP_LABELS, STEP_NAMES } from './attempts';
import type { ExchangeView, StepView } from './exchange-state';

interface Props {
  exchange: ExchangeView;
  /** Present while it runs. */
  onStop?(): void;
}

/** Five dots that fill while the answer is made; afterwards one line that unfolds to every attempt. */
export function Trace({ exchange, onStop }: Props) {
  const [open, setOpen] = useState(false);
  const id = useId();
  const { attempts } = exchange;
  if (exchange.status === 'running') return <LiveTrace exchange={exchange} onStop={onStop} />;
  if (attempts.length === 0) return <StoppedTrace exchange={exchange} />;
  const total = exchange.durationMs ?? attempts.reduce((sum, attempt) => sum + attempt.durationMs, 0);
  return (
    <div>
      <button
        type="button"
        aria-expanded={open}
        aria-controls={open ? id : undefined}
        onClick={() => setOpen((value) => !value)}
        className="-ml-1 flex h-7 max-w-full items-center gap-2 rounded-md px-1 text-ink-3 text-xs hover:text-ink pointer-coarse:h-9"
      >
        <span className="flex items-center gap-1" aria-hidden="true">
          {STEP_NAMES.map((name) => (
            <Dot key={name} step={exchange.steps[name]} small />
          ))}
        </span>
        <span className="sr-only">How this answer was made</span>
        <span className="tabular truncate">
          {formatDuration(total)}
          {attempts.length > 1 ? ` · ${formatCount(attempts.length, 'attempt')}` : ''}
        </span>
        <ChevronRight
          className={clsx('size-3.5 shrink-0 transition-transform duration-120', open && 'rotate-90')}
          aria-hidden="true"
        />
      </button>
      {open ? (
        <div id={id} className="mt-2 rounded-lg border bg-side p-3">
          <Attempts attempts={attempts} />
        </div>
      ) : null}
    </div>
  );
}

/** How far it came, when it ended before the server told its attempts. */
function StoppedTrace({ exchange }: Props) {
  if (Object.keys(exchange.steps).length === 0) return null;
  return (
    <div className="flex h-7 items-center gap-1" aria-hidden="true">
      {STEP_NAMES.map((name) => (
        <Dot key={name} step={exchange.steps[name]} small />
      ))}
    </div>
  );
}

/** From when on a wait shows its time, and from when on it is long: it says what happens and offers to stop. */
const SHOWN_MS = 300;
const LONG_MS = 5000;

function LiveTrace({ exchange, onStop }: Props) {
  const current = STEP_NAMES.find((name) => exchange.steps[name]?.state === 'running');
  const elapsedMs = useElapsed();
  const doing = current ? STEP_LABELS[current].now : 'Starting';
  const attempt = exchange.attempt > 1 ? `, attempt ${exchange.attempt}` : '';
  return (
    <div>
      <div className="flex min-h-7 flex-wrap items-center gap-x-3 gap-y-1 text-xs">
        <ol className="flex items-center gap-1">
          {STEP_NAMES.map((name, index) => {
            const step = exchange.steps[name];
            return (
              <Fragment key={name}>
                {index > 0 ? (
                  <li aria-hidden="true" className={clsx('h-px w-4 lg:w-5', step ? 'bg-accent' : 'bg-line-2')} />
                ) : null}
                <li className="flex items-center gap-1.5">
                  <Dot step={step} />
                  <span
                    className={clsx(
                      step?.state === 'running' ? 'font-medium text-ink' : step ? 'text-ink-2' : 'text-ink-3',
                      'max-lg:sr-only',
                    )}
                  >
                    {STEP_LABELS[name].done}
                  </span>
                </li>
              </Fragment>
            );
          })}
        </ol>
        <span className="tabular text-ink-3" aria-hidden="true">
          <span className="lg:hidden">{doing} </span>
          {elapsedMs < SHOWN_MS ? '' : `${(elapsedMs / 1000).toFixed(1)} s`}
        </span>
        <span role="status" className="sr-only">
          {doing}
          {attempt}
        </span>
      </div>
      {elapsedMs >= LONG_MS ? (
        <div className="mt-2 flex animate-fade items-center gap-3 rounded-lg border bg-side py-2 pr-2 pl-3 text-ink-2 text-sm">
          <p className="min-w-0 flex-1" role="status">
            {doing}
            {attempt}. It takes longer than most; you can wait or stop it.
          </p>
          {onStop ? (
            <Button size="sm" onClick={onStop}>
              <Square className="size-3 fill-current" aria-hidden="true" />
              Stop
            </Button>
          ) : null}
        </div>
      ) : null}
    </div>
  );
}

/** Milliseconds since the question was sent, in tenths of a second. */
function useElapsed(): number {
  const [elapsedMs, setElapsedMs] = useState(0);
  useEffect(() => {
    const start = performance.now();
    const timer = setInterval(() => setElapsedMs(performance.now() - start), 100);
    return () => clearInterval(timer);
  }, []);
  return elapsedMs;
}

function Dot({ step, small }: { step: StepView | undefined; small?: boolean }) {
  const size = small ? 'size-1.5' : 'size-2.5';
  if (!step || step.state === 'waiting') return <span className={clsx(size, 'rounded-full border border-line-3')} />;
  if (step.state === 'running') return <span className={clsx(size, 'animate-pulse-dot rounded-full bg-accent')} />;
  if (step.state === 'failed') return <span className={clsx(size, 'rounded-full bg-danger')} />;
  return <span className={clsx(size, 'rounded-full', small ? 'bg-success' : 'bg-accent')} />;
}
