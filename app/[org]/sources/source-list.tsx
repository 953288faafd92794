'use client';

import { Plus } from 'lucide-react';
import Link from 'next/link';
import { usePathname } from 'next/navigation';
import { buttonClass } from '../../_ui/button';
import { moveWithArrows } from '../../_ui/frame/arrow-list';
import { ListHeader } from '../../_ui/frame/place';
import { SourceMark } from '../../_ui/mark';
import { Hint } from '../../_ui/tooltip';
import { useWorkspace } from '../../_ui/workspace';
import { HealthMark } from './source-health';
import { useHealthOfAll } from './use-health';

/** The organisation's sources by environment. */
export function SourceList() {
  const { sources, environments, path, can } = useWorkspace();
  const pathname = usePathname();
  const health = useHealthOfAll();
  const groups = environments
    .map((environment) => ({ environment, inside: sources.filter((source) => source.environment.id === environment.id) }))
    .filter(({ inside }) => inside.length > 0);
  return (
    <>
      <ListHeader title="Sources">
        {can('source.manage') ? (
          <Hint text="Connect a source">
            <Link href={path('/sources/new')} aria-label="Connect a source" className={buttonClass('ghost', 'icon-sm')}>
              <Plus className="size-4" aria-hidden="true" />
            </Link>
          </Hint>
        ) : null}
      </ListHeader>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: arrows move between the links inside, which are reachable without. */}
      <div className="scroll-thin min-h-0 flex-1 overflow-y-auto px-2 pb-3" onKeyDown={moveWithArrows}>
        {groups.length === 0 ? <p className="px-2 py-3 text-ink-3 text-sm">Connected databases are listed here.</p> : null}
        {groups.map(({ environment, inside }) => (
          <section key={environment.id} aria-label={environment.name} className="mb-3">
            <h3 className="px-2 pt-1 pb-1 text-ink-3 text-xs">{environment.name}</h3>
            <ul className="space-y-px">
              {inside.map((source) => (
                <li key={source.id}>
                  <Link
                    href={path(`/sources/${source.id}`)}
                    data-item
                    aria-current={pathname === path(`/sources/${source.id}`) ? 'page' : undefined}
                    title={source.name}
                    className="flex h-9 items-center gap-2 rounded-md px-2 text-ink-2 hover:bg-hover hover:text-ink aria-[current=page]:bg-active aria-[current=page]:font-medium aria-[current=page]:text-ink pointer-coarse:h-11"
                  >
                    <SourceMark engine={source.type} transport={source.transport} className="size-4!" />
                    <span className="truncate">{source.name}</span>
                    <HealthMark health={health.get(source.id)} />
                  </Link>
                </li>
              ))}
            </ul>
          </section>
        ))}
      </div>
    </>
  );
}
