import clsx from 'clsx';
import { Check } from 'lucide-react';

const STEPS = ['Connect', 'Choose tables', 'Ask'] as const;

/** Where somebody is on the way from a connection string to a first answer. */
export function Steps({ current }: { current: (typeof STEPS)[number] }) {
  const at = STEPS.indexOf(current);
  return (
    <ol aria-label="Steps" className="flex items-center gap-2 text-xs">
      {STEPS.map((step, index) => (
        <li key={step} aria-current={index === at ? 'step' : undefined} className="flex items-center gap-2">
          {index > 0 ? <span className="h-px w-4 bg-line-2 md:w-8" aria-hidden="true" /> : null}
          <span
            className={clsx(
              'grid size-5 place-items-center rounded-full border font-medium tabular-nums',
              index < at && 'border-accent bg-accent text-on-accent',
              index === at && 'border-accent text-accent-ink',
              index > at && 'border-line-2 text-ink-3',
            )}
          >
            {index < at ? <Check className="size-3" aria-label="Done" /> : index + 1}
          </span>
          <span className={clsx('max-md:sr-only', index === at ? 'font-medium text-ink' : 'text-ink-3')}>{step}</span>
        </li>
      ))}
    </ol>
  );
}
