'use client';

import { Cpu, Sparkles } from 'lucide-react';
import Link from 'next/link';
import { Hint } from '../../_ui/tooltip';
import { useWorkspace } from '../../_ui/workspace';

const chipClass = 'inline-flex h-7 max-w-48 shrink-0 items-center gap-1.5 rounded-md px-2 text-ink-2 text-sm pointer-coarse:h-9';

/** Who answers: the built-in planner or a provider. It leads to the settings for those who may change it. */
export function ModelChip() {
  const { model, can, path } = useWorkspace();
  const name = model.provider ?? 'Built-in planner';
  const Icon = model.provider ? Sparkles : Cpu;
  const about = model.provider
    ? `${model.model ?? 'A model'} writes the queries. It sees table names and samples, never credentials.`
    : 'Writes the queries on this machine, by rules. Nothing is sent anywhere.';
  const inside = (
    <>
      <Icon className="size-4 shrink-0 text-ink-3" strokeWidth={1.75} aria-hidden="true" />
      <span className="truncate @max-lg:sr-only">{name}</span>
    </>
  );
  return (
    <Hint text={about}>
      {can('model.manage') ? (
        <Link
          href={path('/settings/models')}
          aria-label={`Answered by ${name}. Change`}
          className={`${chipClass} hover:bg-hover`}
        >
          {inside}
        </Link>
      ) : (
        <span className={chipClass}>{inside}</span>
      )}
    </Hint>
  );
}
