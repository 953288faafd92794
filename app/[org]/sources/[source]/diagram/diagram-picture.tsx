'use client';

import clsx from 'clsx';
import { Maximize, Minus, Plus } from 'lucide-react';
import { useMemo, useState } from 'react';
import { Button } from '../../../../_ui/button';
import { formatCount } from '../../../../_ui/figures';
import { Hint } from '../../../../_ui/tooltip';
import { BOX, edgePath, layOut } from './lay-out';
import { neighboursOf, type Relation } from './relations';
import { usePanZoom } from './use-pan-zoom';

interface Props {
  keys: ReadonlySet<string>;
  relations: readonly Relation[];
  focus: string | null;
  nameOf(key: string): string;
  onOpen(key: string): void;
  onFocus(key: string): void;
}

/** Tables as boxes, references as lines from the table that refers to the one it refers to. The list beside says the same in words. */
export function DiagramPicture({ keys, relations, focus, nameOf, onOpen, onFocus }: Props) {
  const layout = useMemo(() => layOut([...keys], relations), [keys, relations]);
  const neighbours = useMemo(() => neighboursOf(relations), [relations]);
  const { pane, camera, showAll, zoom, handlers } = usePanZoom(layout);
  const [picked, setPicked] = useState<string | null>(focus);
  const [hovered, setHovered] = useState<string | null>(null);
  const lit = hovered ?? picked;
  const isLit = (key: string) => lit === null || key === lit || neighbours.get(lit)?.has(key) === true;
  const touches = (relation: Relation) => relation.from === lit || relation.to === lit;
  return (
    <div className="relative min-h-0 flex-1 overflow-hidden border-t bg-sunken">
      <div
        ref={pane}
        role="application"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: the keys that move and zoom the picture need the focus.
        tabIndex={0}
        aria-label={`Diagram of ${formatCount(keys.size, 'table')}. Arrow keys move it, plus and minus zoom, 0 shows all. The list says the same in words.`}
        className="size-full cursor-grab touch-none focus-visible:outline-offset-[-2px] active:cursor-grabbing"
        {...handlers}
      >
        <svg className="size-full select-none" aria-hidden="true">
          <g transform={`scale(${camera.scale}) translate(${-camera.x} ${-camera.y})`}>
            {relations.map((relation) => {
              const from = layout.places.get(relation.from);
              const to = layout.places.get(relation.to);
              if (!from || !to) return null;
              const strong = lit !== null && touches(relation);
              return (
                <g key={relation.id} className={clsx(lit !== null && !strong && 'opacity-25')}>
                  <path
                    d={edgePath(from, to, layout.bends.get(relation.id))}
                    fill="none"
                    strokeWidth={strong ? 2 : 1.25}
                    strokeDasharray={relation.inferred ? '5 4' : undefined}
                    className={strong ? 'stroke-accent' : 'stroke-line-3'}
                  />
                  <circle
                    cx={to.x + BOX.width}
                    cy={to.key === from.key ? to.y + BOX.height / 2 + 10 : to.y + BOX.height / 2}
                    r={3.5}
                    className={strong ? 'fill-accent' : 'fill-line-3'}
                  />
                </g>
              );
            })}
            {[...layout.places.values()].map(({ key, x, y }) => (
              // biome-ignore lint/a11y/noStaticElementInteractions: for the pointer; the list offers the same to the keyboard.
              <g
                key={key}
                transform={`translate(${x} ${y})`}
                data-table={key}
                className={clsx('cursor-pointer transition-opacity duration-120', !isLit(key) && 'opacity-35')}
                onPointerEnter={() => setHovered(key)}
                onPointerLeave={() => setHovered(null)}
                onClick={() => setPicked(key === picked ? null : key)}
                onDoubleClick={() => onOpen(key)}
              >
                <rect
                  width={BOX.width}
                  height={BOX.height}
                  rx={8}
                  strokeWidth={key === picked ? 2 : 1}
                  className={clsx('fill-raised', key === lit ? 'stroke-accent' : 'stroke-line-2')}
                />
                <text x={14} y={BOX.height / 2} dominantBaseline="central" className="fill-ink font-medium text-[13px]">
                  {shorten(nameOf(key))}
                  <title>{nameOf(key)}</title>
                </text>
              </g>
            ))}
          </g>
        </svg>
      </div>
      <div className="absolute top-3 right-3 flex flex-col gap-1 rounded-lg border bg-raised p-1">
        <Tool label="Zoom in" onClick={() => zoom(1.25)} icon={<Plus className="size-4" aria-hidden="true" />} />
        <Tool label="Zoom out" onClick={() => zoom(0.8)} icon={<Minus className="size-4" aria-hidden="true" />} />
        <Tool label="Show all" onClick={showAll} icon={<Maximize className="size-4" aria-hidden="true" />} />
      </div>
      {picked !== null && keys.has(picked) ? (
        <div className="absolute inset-x-3 bottom-3 mx-auto flex w-fit max-w-[calc(100%-24px)] animate-fade flex-wrap items-center gap-x-3 gap-y-2 rounded-lg bg-float px-3 py-2 text-sm shadow-float">
          <span className="min-w-0 break-all font-medium text-ink">{nameOf(picked)}</span>
          <span className="tabular text-ink-3 text-xs">
            refers to {relations.filter(({ from }) => from === picked).length}, referred to by{' '}
            {relations.filter(({ to }) => to === picked).length}
          </span>
          <Button size="sm" onClick={() => onOpen(picked)}>
            Open
          </Button>
          {picked === focus ? null : (
            <Button size="sm" look="ghost" onClick={() => onFocus(picked)}>
              Only around it
            </Button>
          )}
        </div>
      ) : null}
    </div>
  );
}

function Tool({ label, icon, onClick }: { label: string; icon: React.ReactNode; onClick(): void }) {
  return (
    <Hint text={label} side="left">
      <Button look="ghost" size="icon-sm" aria-label={label} onClick={onClick}>
        {icon}
      </Button>
    </Hint>
  );
}

/** What fits a box at 13 px; the whole name stands in the tooltip. */
const shorten = (name: string) => (name.length > 23 ? `${name.slice(0, 22)}…` : name);
