'use client';

import { ChevronDown } from 'lucide-react';
import { EnvironmentChip } from '../../_ui/chip';
import { SourceMark } from '../../_ui/mark';
import { Menu, MenuCheck, MenuContent, MenuLabel, MenuTrigger } from '../../_ui/menu';
import { type SourceInfo, useWorkspace } from '../../_ui/workspace';

interface Props {
  source: SourceInfo | null;
  /** Absent: the conversation belongs to its source. */
  onChange?(source: SourceInfo): void;
}

const chipClass = 'inline-flex h-7 min-w-0 items-center gap-1.5 rounded-md px-2 text-ink-2 text-sm pointer-coarse:h-9';

/** Which database is asked, and where it stands. The environment is always in sight. */
export function SourceChip({ source, onChange }: Props) {
  const { sources, environments } = useWorkspace();
  if (!source) return null;
  const label = (
    <>
      <SourceMark engine={source.type} transport={source.transport} className="size-4!" />
      <span className="truncate">{source.name}</span>
    </>
  );
  return (
    <>
      {onChange ? (
        <Menu>
          <MenuTrigger
            className={`${chipClass} hover:bg-hover data-[state=open]:bg-hover`}
            aria-label={`Source ${source.name}. Choose another`}
          >
            {label}
            <ChevronDown className="size-3.5 shrink-0 text-ink-3" aria-hidden="true" />
          </MenuTrigger>
          <MenuContent align="start" className="min-w-64">
            {environments
              .map((environment) => ({ environment, inside: sources.filter((item) => item.environment.id === environment.id) }))
              .filter(({ inside }) => inside.length > 0)
              .map(({ environment, inside }) => (
                <div key={environment.id}>
                  <MenuLabel>{environment.name}</MenuLabel>
                  {inside.map((item) => (
                    <MenuCheck key={item.id} checked={item.id === source.id} onSelect={() => onChange(item)}>
                      <SourceMark engine={item.type} transport={item.transport} className="size-4!" />
                      <span className="truncate">{item.name}</span>
                    </MenuCheck>
                  ))}
                </div>
              ))}
          </MenuContent>
        </Menu>
      ) : (
        <span className={chipClass} title="The source of this conversation">
          {label}
        </span>
      )}
      <EnvironmentChip name={source.environment.name} kind={source.environment.kind} className="shrink-0" />
    </>
  );
}
