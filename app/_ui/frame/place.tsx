'use client';

import clsx from 'clsx';
import { PanelLeft } from 'lucide-react';
import { usePathname } from 'next/navigation';
import {
  createContext,
  type KeyboardEvent,
  type PointerEvent,
  type ReactNode,
  useContext,
  useEffect,
  useMemo,
  useState,
} from 'react';
import { Button } from '../button';
import { Sheet } from '../dialog';
import { rememberLooks } from '../providers';
import { clampListWidth, LIST_COOKIE, LIST_WIDTH } from './list-width';

interface PlaceValue {
  listLabel: string | null;
  openList(): void;
}

const PlaceContext = createContext<PlaceValue>({ listLabel: null, openList: () => undefined });

interface PlaceProps {
  /** What the list holds, for screen readers and the phone's button. */
  listLabel: string;
  list: ReactNode;
  listWidth: number;
  children: ReactNode;
}

/** A place of the rail: its list on the left (a sheet on a phone) and the work beside it. */
export function Place({ listLabel, list, listWidth, children }: PlaceProps) {
  const [sheet, setSheet] = useState(false);
  const pathname = usePathname();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the sheet closes whenever the page changes.
  useEffect(() => setSheet(false), [pathname]);
  const value = useMemo(() => ({ listLabel, openList: () => setSheet(true) }), [listLabel]);
  return (
    <PlaceContext.Provider value={value}>
      <ListColumn label={listLabel} initialWidth={listWidth}>
        {list}
      </ListColumn>
      <Sheet open={sheet} onOpenChange={setSheet} title={listLabel}>
        {list}
      </Sheet>
      <main id="work" className="relative flex min-w-0 flex-1 flex-col bg-work">
        {children}
      </main>
    </PlaceContext.Provider>
  );
}

function ListColumn({ label, initialWidth, children }: { label: string; initialWidth: number; children: ReactNode }) {
  const [width, setWidth] = useState(initialWidth);
  const keep = (next: number) => {
    const value = clampListWidth(next);
    setWidth(value);
    rememberLooks(LIST_COOKIE, String(value));
  };
  const drag = (event: PointerEvent<HTMLElement>) => {
    const handle = event.currentTarget;
    const start = event.clientX - width;
    handle.setPointerCapture(event.pointerId);
    const move = (at: globalThis.PointerEvent) => setWidth(clampListWidth(at.clientX - start));
    const up = (at: globalThis.PointerEvent) => {
      handle.removeEventListener('pointermove', move);
      keep(at.clientX - start);
    };
    handle.addEventListener('pointermove', move);
    handle.addEventListener('pointerup', up, { once: true });
  };
  const nudge = (event: KeyboardEvent) => {
    const step = { ArrowLeft: -16, ArrowRight: 16 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    keep(width + step);
  };
  return (
    <aside aria-label={label} className="relative hidden shrink-0 flex-col border-r bg-side md:flex" style={{ width }}>
      {children}
      {/* biome-ignore lint/a11y/useSemanticElements: a movable separator is a widget, not a rule. */}
      <div
        role="separator"
        aria-orientation="vertical"
        aria-label={`Width of ${label.toLowerCase()}`}
        aria-valuenow={width}
        aria-valuemin={LIST_WIDTH.min}
        aria-valuemax={LIST_WIDTH.max}
        tabIndex={0}
        onPointerDown={drag}
        onKeyDown={nudge}
        onDoubleClick={() => keep(LIST_WIDTH.initial)}
        className="-right-1 absolute inset-y-0 z-10 w-2 cursor-col-resize touch-none after:absolute after:inset-y-0 after:left-[3px] after:w-0.5 after:transition-colors hover:after:bg-accent-line focus-visible:outline-none focus-visible:after:bg-accent"
      />
    </aside>
  );
}

interface WorkHeaderProps {
  title: ReactNode;
  children?: ReactNode;
  className?: string;
}

/** The bar above the work: what is open, and what can be done with it. */
export function WorkHeader({ title, children, className }: WorkHeaderProps) {
  const { listLabel, openList } = useContext(PlaceContext);
  return (
    <header className={clsx('flex h-12 shrink-0 items-center gap-2 border-b px-3 md:px-4', className)}>
      {listLabel ? (
        <Button
          look="ghost"
          size="icon-sm"
          className="md:hidden"
          aria-label={`Show ${listLabel.toLowerCase()}`}
          onClick={openList}
        >
          <PanelLeft className="size-4" />
        </Button>
      ) : null}
      <h1 className="min-w-0 flex-1 truncate font-medium text-ink text-sm" title={typeof title === 'string' ? title : undefined}>
        {title}
      </h1>
      {children}
    </header>
  );
}

/** The top of a list: its name and what starts something new. */
export function ListHeader({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="flex h-12 shrink-0 items-center justify-between gap-2 pr-2 pl-4">
      <h2 className="font-semibold text-ink text-sm">{title}</h2>
      <div className="flex items-center gap-1">{children}</div>
    </div>
  );
}
