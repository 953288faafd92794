'use client';

import clsx from 'clsx';
import { Search } from 'lucide-react';
import Link from 'next/link';
import { usePathname } from 'next/navigation';
import { usePalette } from '../palette/palette';
import { Hint } from '../tooltip';
import { useWorkspace } from '../workspace';
import { OrganizationMenu } from './organization-menu';
import { PersonMenu } from './person-menu';
import { PLACES } from './places';

const itemClass =
  'grid size-9 place-items-center rounded-md text-ink-3 transition-colors duration-120 hover:bg-hover hover:text-ink aria-[current=page]:bg-active aria-[current=page]:text-ink';

export function Rail() {
  const { path } = useWorkspace();
  const pathname = usePathname();
  const { open } = usePalette();
  return (
    <nav aria-label="Places" className="hidden w-12 shrink-0 flex-col items-center gap-1 border-r bg-side py-2 md:flex">
      <OrganizationMenu />
      <div className="my-1.5 h-px w-6 bg-line-2" aria-hidden="true" />
      {PLACES.map(({ path: rest, label, icon: Icon }) => (
        <Hint key={rest} text={label} side="right">
          <Link
            href={path(rest)}
            aria-label={label}
            aria-current={pathname.startsWith(path(rest)) ? 'page' : undefined}
            className={itemClass}
          >
            <Icon className="size-[18px]" strokeWidth={1.75} aria-hidden="true" />
          </Link>
        </Hint>
      ))}
      <div className="flex-1" />
      <Hint text="Find or do anything" keys={['⌘', 'K']} side="right">
        <button type="button" aria-label="Find or do anything" onClick={open} className={itemClass}>
          <Search className="size-[18px]" strokeWidth={1.75} aria-hidden="true" />
        </button>
      </Hint>
      <PersonMenu />
    </nav>
  );
}

/** The rail on a phone. */
export function BottomBar() {
  const { path } = useWorkspace();
  const pathname = usePathname();
  return (
    <nav
      aria-label="Places"
      className="flex shrink-0 items-stretch justify-around border-t bg-side pb-[env(safe-area-inset-bottom)] md:hidden"
    >
      {PLACES.map(({ path: rest, label, icon: Icon }) => {
        const here = pathname.startsWith(path(rest));
        return (
          <Link
            key={rest}
            href={path(rest)}
            aria-current={here ? 'page' : undefined}
            className={clsx(
              'flex h-14 min-w-16 flex-1 flex-col items-center justify-center gap-0.5 font-medium text-[11px]',
              here ? 'text-accent-ink' : 'text-ink-3',
            )}
          >
            <Icon className="size-5" strokeWidth={1.75} aria-hidden="true" />
            {label}
          </Link>
        );
      })}
      <div className="grid min-w-16 flex-1 place-items-center">
        <PersonMenu label />
      </div>
    </nav>
  );
}
