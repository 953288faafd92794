'use client';

import {
  type ColumnDef,
  columnResizingFeature,
  columnSizingFeature,
  createSortedRowModel,
  rowSortingFeature,
  tableFeatures,
  useTable,
} from '@tanstack/react-table';
import { useVirtualizer, type Virtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, useCallback, useEffect, useId, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { toast } from 'sonner';
import type { JsonCell } from '@/lib/query/schema';
import { copyText } from '../clipboard';
import { displayText } from './cell';
import { CellDialog } from './cell-dialog';
import { GridHeader } from './grid-header';
import { GridRow } from './grid-row';
import {
  compareValues,
  fitWidth,
  fractionDigits,
  type GridColumn,
  HEADER_PX,
  isNumericColumn,
  MAX_HEIGHT_PX,
  ROW_PX,
  rawText,
  stretchWidths,
} from './values';

const features = tableFeatures({
  columnSizingFeature,
  columnResizingFeature,
  rowSortingFeature,
  sortedRowModel: createSortedRowModel(),
});
export type GridFeatures = typeof features;
/** Room that a horizontal scrollbar takes at most, so that it doesn't lie on the last row. */
const SCROLLBAR_PX = 12;

interface GridProps {
  columns: readonly GridColumn[];
  rows: readonly (readonly JsonCell[])[];
  /** The grid grows with its rows up to this height, in pixels. */
  maxHeight?: number;
  'aria-label': string;
}

/** A result as a grid: virtual in both directions, sortable, with a cell cursor that the arrow keys move. */
export function Grid({ columns: given, rows, maxHeight = MAX_HEIGHT_PX, ...aria }: GridProps) {
  const id = useId();
  const scroller = useRef<HTMLDivElement>(null);
  const available = useWidth(scroller);
  const gutter = 24 + String(rows.length).length * 8;
  const columns = useMemo(
    () => given.map((column, index) => ({ ...column, fractionDigits: fractionDigits(column, rows, index) })),
    [given, rows],
  );
  const numeric = useMemo(() => columns.map((column, index) => isNumericColumn(column, rows, index)), [columns, rows]);
  const definitions = useMemo(() => defineColumns(columns, rows, available - gutter), [columns, rows, available, gutter]);
  const table = useTable({ features, columns: definitions, data: rows, columnResizeMode: 'onChange' });
  const shown = table.getRowModel().rows;
  const widths = table.getAllLeafColumns().map((column) => column.getSize());
  const vertical = useVirtualizer({
    count: shown.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    scrollPaddingStart: HEADER_PX,
    overscan: 8,
  });
  const horizontal = useVirtualizer({
    horizontal: true,
    count: columns.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => widths[index] ?? 0,
    scrollPaddingStart: gutter,
    overscan: 3,
  });
  const width = gutter + widths.reduce((sum, value) => sum + value, 0);
  const widthKey = widths.join();
  // biome-ignore lint/correctness/useExhaustiveDependencies: measured again whenever a width changes.
  useEffect(() => horizontal.measure(), [horizontal, widthKey]);
  const cursor = useCellCursor({ rowCount: shown.length, columnCount: columns.length, vertical, horizontal, valueAt });
  const [open, setOpen] = useState<{ value: JsonCell; column: GridColumn } | null>(null);

  function valueAt(row: number, column: number): JsonCell {
    return shown[row]?.original[column] ?? null;
  }
  const openCell = (row: number, column: number) => {
    const definition = columns[column];
    if (definition) setOpen({ value: valueAt(row, column), column: definition });
  };

  return (
    <>
      {/* biome-ignore lint/a11y/useSemanticElements: a virtual grid can't be a <table>; the ARIA grid pattern is followed. */}
      <div
        ref={scroller}
        role="grid"
        tabIndex={0}
        aria-rowcount={rows.length + 1}
        aria-colcount={columns.length + 1}
        aria-activedescendant={cursor.at ? `${id}-${cursor.at.row}-${cursor.at.column}` : undefined}
        {...aria}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && cursor.at) {
            event.preventDefault();
            openCell(cursor.at.row, cursor.at.column);
          } else cursor.onKeyDown(event);
        }}
        className="scroll-thin relative overflow-auto overscroll-x-contain text-sm focus-visible:outline-offset-[-2px]"
        style={{ maxHeight, height: HEADER_PX + shown.length * ROW_PX - 1 + (width > available ? SCROLLBAR_PX : 0) }}
      >
        <div style={{ width: Math.max(width, available), height: HEADER_PX + vertical.getTotalSize() }} className="relative">
          <GridHeader table={table} columns={columns} numeric={numeric} gutter={gutter} items={horizontal.getVirtualItems()} />
          {vertical.getVirtualItems().map((item) => {
            const row = shown[item.index];
            if (!row) return null;
            return (
              <GridRow
                key={row.id}
                id={id}
                index={item.index}
                number={row.index + 1}
                values={row.original}
                columns={columns}
                numeric={numeric}
                gutter={gutter}
                top={HEADER_PX + item.start}
                items={horizontal.getVirtualItems()}
                cursor={cursor.at?.row === item.index ? cursor.at.column : null}
                onPick={cursor.set}
                onOpen={openCell}
              />
            );
          })}
        </div>
      </div>
      <CellDialog cell={open} onClose={() => setOpen(null)} />
    </>
  );
}

function defineColumns(
  columns: readonly GridColumn[],
  rows: readonly (readonly JsonCell[])[],
  available: number,
): ColumnDef<GridFeatures, readonly JsonCell[]>[] {
  const widths = stretchWidths(
    columns.map((column, index) => fitWidth(column, rows, index, (value) => displayText(value, column))),
    available,
  );
  return columns.map((column, index) => ({
    id: String(index),
    header: column.name,
    // NULL sorts last in both directions: the table knows that of undefined.
    accessorFn: (row) => row[index] ?? undefined,
    sortUndefined: 'last',
    sortFn: (a, b, columnId) => compareValues(a.getValue<JsonCell>(columnId), b.getValue<JsonCell>(columnId)),
    size: widths[index],
    minSize: 48,
    maxSize: 900,
  }));
}

function useWidth(element: React.RefObject<HTMLDivElement | null>): number {
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const node = element.current;
    if (!node) return;
    setWidth(node.clientWidth);
    const observer = new ResizeObserver(() => setWidth(node.clientWidth));
    observer.observe(node);
    return () => observer.disconnect();
  }, [element]);
  return width;
}

interface CursorOptions {
  rowCount: number;
  columnCount: number;
  vertical: Virtualizer<HTMLDivElement, Element>;
  horizontal: Virtualizer<HTMLDivElement, Element>;
  valueAt(row: number, column: number): JsonCell;
}

/** The chosen cell: arrows, Home, End, Page keys move it (with ⌘ or Ctrl to the ends), ⌘C copies its stored value. */
function useCellCursor({ rowCount, columnCount, vertical, horizontal, valueAt }: CursorOptions) {
  const [at, setAt] = useState<{ row: number; column: number } | null>(null);
  const set = useCallback((row: number, column: number) => setAt({ row, column }), []);
  const onKeyDown = (event: KeyboardEvent) => {
    const mod = event.metaKey || event.ctrlKey;
    if (mod && event.key === 'c' && at) {
      event.preventDefault();
      void copyText(rawText(valueAt(at.row, at.column))).then((done) => done && toast.success('Value copied'));
      return;
    }
    const { row, column } = at ?? { row: -1, column: 0 };
    const lastRow = rowCount - 1;
    const lastColumn = columnCount - 1;
    const next = {
      ArrowDown: { row: mod ? lastRow : row + 1, column },
      ArrowUp: { row: mod ? 0 : row - 1, column },
      ArrowRight: { row, column: mod ? lastColumn : column + 1 },
      ArrowLeft: { row, column: mod ? 0 : column - 1 },
      PageDown: { row: row + 10, column },
      PageUp: { row: row - 10, column },
      Home: { row: mod ? 0 : row, column: 0 },
      End: { row: mod ? lastRow : row, column: lastColumn },
    }[event.key];
    if (!next || rowCount === 0) return;
    event.preventDefault();
    const target = { row: Math.max(0, Math.min(lastRow, next.row)), column: Math.max(0, Math.min(lastColumn, next.column)) };
    setAt(target);
    vertical.scrollToIndex(target.row);
    horizontal.scrollToIndex(target.column);
  };
  return { at, set, onKeyDown };
}
