'use client';

import type { ReactTable } from '@tanstack/react-table';
import type { VirtualItem } from '@tanstack/react-virtual';
import clsx from 'clsx';
import { ArrowDown, ArrowUp } from 'lucide-react';
import type { JsonCell } from '@/lib/query/schema';
import { Hint } from '../tooltip';
import type { GridFeatures } from './grid';
import { TypeIcon } from './type-icon';
import { type GridColumn, HEADER_PX } from './values';

interface GridHeaderProps {
  table: ReactTable<GridFeatures, readonly JsonCell[]>;
  columns: readonly GridColumn[];
  numeric: boolean[];
  gutter: number;
  items: VirtualItem[];
}

/** Names, kinds, sorting and widths of the columns. */
export function GridHeader({ table, columns, numeric, gutter, items }: GridHeaderProps) {
  const headers = table.getHeaderGroups()[0]?.headers ?? [];
  return (
    // biome-ignore lint/a11y/useSemanticElements: part of the ARIA grid.
    // biome-ignore lint/a11y/useFocusableInteractive: the grid itself holds the focus.
    <div role="row" aria-rowindex={1} className="sticky top-0 z-20 border-b bg-raised" style={{ height: HEADER_PX }}>
      {/* biome-ignore lint/a11y/useSemanticElements: part of the ARIA grid. */}
      {/* biome-ignore lint/a11y/useFocusableInteractive: the grid itself holds the focus. */}
      <div
        role="columnheader"
        aria-colindex={1}
        className="sticky left-0 z-10 h-full border-r bg-raised"
        style={{ width: gutter }}
      >
        <span className="sr-only">Row</span>
      </div>
      {items.map((item) => {
        const column = columns[item.index];
        const header = headers[item.index];
        if (!column || !header) return null;
        const sorted = header.column.getIsSorted();
        const resize = header.getResizeHandler();
        return (
          // biome-ignore lint/a11y/useSemanticElements: part of the ARIA grid.
          // biome-ignore lint/a11y/useFocusableInteractive: its button takes the focus.
          <div
            key={header.id}
            role="columnheader"
            aria-colindex={item.index + 2}
            aria-sort={sorted === 'asc' ? 'ascending' : sorted === 'desc' ? 'descending' : 'none'}
            className="group absolute top-0 h-full"
            style={{ left: gutter + item.start, width: item.size }}
          >
            <Hint text={`${column.name} · ${column.nativeType ?? column.type}`}>
              <button
                type="button"
                onClick={header.column.getToggleSortingHandler()}
                className={clsx(
                  'flex h-full w-full items-center gap-1.5 px-3 font-medium text-ink-2 text-xs hover:text-ink focus-visible:outline-offset-[-2px]',
                  numeric[item.index] && 'flex-row-reverse',
                )}
              >
                <TypeIcon type={numeric[item.index] && column.type === 'mixed' ? 'double' : column.type} />
                <span className="truncate">{column.name}</span>
                {sorted === 'asc' ? <ArrowUp className="size-3 shrink-0 text-accent-ink" aria-hidden="true" /> : null}
                {sorted === 'desc' ? <ArrowDown className="size-3 shrink-0 text-accent-ink" aria-hidden="true" /> : null}
              </button>
            </Hint>
            <div
              aria-hidden="true"
              onMouseDown={resize}
              onTouchStart={resize}
              onDoubleClick={() => header.column.resetSize()}
              className={clsx(
                'absolute inset-y-2 right-0 w-1.5 translate-x-1/2 cursor-col-resize touch-none border-x-2 border-transparent bg-clip-padding group-hover:bg-line-2 hover:bg-accent!',
                header.column.getIsResizing() && 'bg-accent!',
              )}
            />
          </div>
        );
      })}
    </div>
  );
}
