import type { ReactNode } from 'react';
import type { Answer, Attempt, ModelUse } from '@/lib/conversations/schema';
import { formatCount } from '../../_ui/figures';
import { Attempts } from './attempts';

const TIERS: Record<ModelUse['tier'], string> = { fast: 'fast', balanced: 'balanced', complex: 'strong' };

interface Props {
  answer: Partial<Answer>;
  attempts: readonly Attempt[];
}

/** Why the query reads as it does: what was taken for granted, what it reads, who wrote it, and how it came about. */
export function WhyThis({ answer, attempts }: Props) {
  const { assumptions = [], tables = [], model } = answer;
  return (
    <dl className="grid grid-cols-[minmax(0,1fr)] gap-x-6 gap-y-1 text-sm sm:grid-cols-[88px_minmax(0,1fr)] sm:gap-y-3">
      <Fact name="Assumed">
        {assumptions.length === 0 ? (
          <span className="text-ink-3">Nothing beyond the words of the question.</span>
        ) : (
          <ul className="flex flex-col gap-1">
            {assumptions.map((item) => (
              <li key={item} className="break-words">
                {item}
              </li>
            ))}
          </ul>
        )}
      </Fact>
      {tables.length > 0 ? (
        <Fact name="Tables">
          <ul className="flex flex-wrap gap-1">
            {tables.map((table) => (
              <li
                key={table}
                className="max-w-full truncate rounded-sm bg-hover px-1.5 font-mono text-[12px] leading-5"
                title={table}
              >
                {table}
              </li>
            ))}
          </ul>
        </Fact>
      ) : null}
      {model?.name ? (
        <Fact name="Written by">
          <span className="break-words">
            {model.provider === 'builtin' ? 'Built-in planner' : [model.provider, model.name].filter(Boolean).join(' · ')}
            {model.calls > 0 ? ` (${TIERS[model.tier]}, ${formatCount(model.calls, 'call')})` : ''}
          </span>
          {model.reason ? <span className="block break-words text-ink-3 text-xs">{model.reason}</span> : null}
        </Fact>
      ) : null}
      {attempts.length > 0 ? (
        <Fact name={attempts.length > 1 ? 'Attempts' : 'Steps'}>
          <Attempts attempts={attempts} />
        </Fact>
      ) : null}
    </dl>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt className="text-ink-3 text-xs leading-5 max-sm:mt-2 max-sm:first:mt-0">{name}</dt>
      <dd className="min-w-0 text-ink-2">{children}</dd>
    </>
  );
}
