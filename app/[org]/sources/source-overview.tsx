'use client';

import { Database, MessageSquareText, Plus } from 'lucide-react';
import Link from 'next/link';
import type { HealthReport } from '@/lib/sources';
import { buttonClass } from '../../_ui/button';
import { EnvironmentChip } from '../../_ui/chip';
import { WorkHeader } from '../../_ui/frame/place';
import { SourceMark } from '../../_ui/mark';
import { Empty } from '../../_ui/notice';
import { type SourceInfo, useWorkspace } from '../../_ui/workspace';
import { HealthMark } from './source-health';
import { useHealthOfAll } from './use-health';

export function SourceOverview() {
  const { sources, path, can } = useWorkspace();
  const health = useHealthOfAll();
  const connect = can('source.manage') ? (
    <Link href={path('/sources/new')} className={buttonClass('primary', sources.length > 0 ? 'sm' : 'md')}>
      <Plus className="size-4" aria-hidden="true" />
      Connect a source
    </Link>
  ) : null;
  if (sources.length === 0) {
    return (
      <>
        <WorkHeader title="Sources" />
        <Empty className="flex-1" icon={<Database aria-hidden="true" />} title="No source yet" action={connect}>
          {can('source.manage')
            ? 'Paste a connection string, test it, and ask your first question a minute later. Quarry only reads.'
            : 'An owner, admin or builder of the organisation can connect one.'}
        </Empty>
      </>
    );
  }
  return (
    <>
      <WorkHeader title="Sources">{connect}</WorkHeader>
      <div className="scroll-thin min-h-0 flex-1 overflow-y-auto p-3 md:p-6">
        <ul className="mx-auto grid max-w-[960px] grid-cols-1 gap-3 xl:grid-cols-2">
          {sources.map((source) => (
            <Card key={source.id} source={source} health={health.get(source.id)} />
          ))}
        </ul>
      </div>
    </>
  );
}

function Card({ source, health }: { source: SourceInfo; health: HealthReport | undefined }) {
  const { path, can } = useWorkspace();
  return (
    <li className="relative flex items-center gap-3 rounded-lg border bg-raised p-4 transition-colors duration-120 hover:border-line-2">
      <span className="grid size-10 shrink-0 place-items-center rounded-lg border bg-side">
        <SourceMark engine={source.type} transport={source.transport} />
      </span>
      <div className="min-w-0 flex-1">
        <Link
          href={path(`/sources/${source.id}`)}
          className="block truncate font-medium text-ink after:absolute after:inset-0 after:rounded-lg"
          title={source.name}
        >
          {source.name}
        </Link>
        <p className="flex items-center gap-2 text-ink-3 text-xs" title={source.target}>
          <span className="truncate">
            {source.typeLabel} · {source.target}
          </span>
          <HealthMark health={health} />
        </p>
      </div>
      <EnvironmentChip name={source.environment.name} kind={source.environment.kind} className="max-w-28 shrink-0" />
      {can('question.ask') ? (
        <Link
          href={`${path('/ask')}?source=${source.id}`}
          aria-label={`Ask ${source.name}`}
          className={buttonClass('ghost', 'icon-sm', 'relative z-10')}
        >
          <MessageSquareText className="size-4" aria-hidden="true" />
        </Link>
      ) : null}
    </li>
  );
}
