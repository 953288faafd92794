'use client';

import type { VirtualItem } from '@tanstack/react-virtual';
import clsx from 'clsx';
import { memo } from 'react';
import type { JsonCell } from '@/lib/query/schema';
import { formatNumber } from '../figures';
import { CellValue } from './cell';
import { type GridColumn, ROW_PX } from './values';

interface GridRowProps {
  id: string;
  index: number;
  /** Place of the row in the answer, from 1; it stays when the grid is sorted. */
  number: number;
  values: readonly JsonCell[];
  columns: readonly GridColumn[];
  numeric: boolean[];
  gutter: number;
  top: number;
  items: VirtualItem[];
  cursor: number | null;
  onPick(row: number, column: number): void;
  onOpen(row: number, column: number): void;
}

export const GridRow = memo(function GridRow(props: GridRowProps) {
  const { id, index, number, values, columns, numeric, gutter, top, items, cursor, onPick, onOpen } = props;
  return (
    // biome-ignore lint/a11y/useSemanticElements: part of the ARIA grid.
    // biome-ignore lint/a11y/useFocusableInteractive: the grid itself holds the focus.
    <div
      role="row"
      aria-rowindex={index + 2}
      className="group/row absolute inset-x-0 border-line border-b hover:bg-hover"
      style={{ height: ROW_PX, transform: `translateY(${top}px)`, top: 0 }}
    >
      {/* biome-ignore lint/a11y/useSemanticElements: part of the ARIA grid. */}
      {/* biome-ignore lint/a11y/useFocusableInteractive: a row's number is not chosen. */}
      <div
        role="rowheader"
        aria-colindex={1}
        className="tabular sticky left-0 z-10 flex h-full select-none items-center justify-end border-r bg-raised px-2 text-ink-3 text-xs group-hover/row:bg-hover"
        style={{ width: gutter }}
      >
        {formatNumber(number)}
      </div>
      {items.map((item) => {
        const column = columns[item.index];
        if (!column) return null;
        return (
          // biome-ignore lint/a11y/useSemanticElements: part of the ARIA grid.
          // biome-ignore lint/a11y/useKeyWithClickEvents: the grid handles the keys of the chosen cell.
          <div
            key={item.index}
            id={`${id}-${index}-${item.index}`}
            role="gridcell"
            tabIndex={-1}
            aria-colindex={item.index + 2}
            aria-selected={cursor === item.index}
            onClick={() => onPick(index, item.index)}
            onDoubleClick={() => onOpen(index, item.index)}
            className={clsx(
              'absolute top-0 overflow-hidden truncate px-3 text-ink leading-[31px] outline-none',
              numeric[item.index] && 'tabular text-right',
              cursor === item.index && 'shadow-[inset_0_0_0_2px_var(--color-accent)]',
            )}
            style={{ left: gutter + item.start, width: item.size, height: ROW_PX - 1 }}
          >
            <CellValue value={values[item.index] ?? null} column={column} />
          </div>
        );
      })}
    </div>
  );
});
