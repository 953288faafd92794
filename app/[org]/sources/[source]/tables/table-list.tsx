'use client';

import { Eye, Table2 } from 'lucide-react';
import type { TableAnswer } from '@/lib/schema';
import { formatCount, formatNumber } from '../../../../_ui/figures';
import { moveWithArrows } from '../../../../_ui/frame/arrow-list';

/** How PATCH /api/data-sources/:id names a table. */
export const keyOf = (table: TableAnswer) => (table.schema ? `${table.schema}.${table.name}` : table.name);

interface Props {
  tables: TableAnswer[];
  defaultSchema?: string;
  chosen: ReadonlySet<string>;
  onSet(keys: string[], on: boolean): void;
}

/** Tables to tick, by schema where there are several. */
export function TableList({ tables, defaultSchema, chosen, onSet }: Props) {
  const schemas = [...new Set(tables.map((table) => table.schema ?? ''))].sort(
    (a, b) => Number(b === defaultSchema) - Number(a === defaultSchema) || a.localeCompare(b),
  );
  return schemas.map((schema) => {
    const inside = tables.filter((table) => (table.schema ?? '') === schema);
    const keys = inside.map(keyOf);
    const ticked = keys.filter((key) => chosen.has(key)).length;
    return (
      <fieldset key={schema} className="mt-3">
        <legend className="sr-only">{schema || 'Tables'}</legend>
        {schemas.length > 1 ? (
          <label className="flex h-9 items-center gap-3 px-3 font-medium text-ink-2 text-sm">
            <input
              type="checkbox"
              className="size-4 rounded-sm accent-accent"
              checked={ticked === keys.length}
              ref={(box) => {
                if (box) box.indeterminate = ticked > 0 && ticked < keys.length;
              }}
              onChange={(event) => onSet(keys, event.target.checked)}
            />
            {schema}
            <span className="ml-auto font-normal text-ink-3 text-xs">
              {ticked} of {keys.length}
            </span>
          </label>
        ) : null}
        <ul className="divide-y overflow-hidden rounded-lg border bg-raised" onKeyDown={moveWithArrows}>
          {inside.map((table) => (
            <Row key={keyOf(table)} table={table} ticked={chosen.has(keyOf(table))} onSet={onSet} />
          ))}
        </ul>
      </fieldset>
    );
  });
}

function Row({ table, ticked, onSet }: { table: TableAnswer; ticked: boolean; onSet: Props['onSet'] }) {
  const Icon = table.kind === 'view' || table.kind === 'materialized view' ? Eye : Table2;
  return (
    <li>
      <label className="flex min-h-10 cursor-pointer items-center gap-3 px-3 py-1.5 text-sm hover:bg-hover pointer-coarse:min-h-11">
        <input
          type="checkbox"
          data-item
          className="size-4 shrink-0 rounded-sm accent-accent"
          checked={ticked}
          onChange={(event) => onSet([keyOf(table)], event.target.checked)}
        />
        <Icon className="size-4 shrink-0 text-ink-3" aria-hidden="true" />
        <span className="min-w-0 flex-1">
          <span className="block truncate text-ink" title={table.name}>
            {table.name}
          </span>
        </span>
        <span className="shrink-0 text-right text-ink-3 text-xs tabular-nums">
          {formatCount(table.columns.length, 'column')}
          {table.rowEstimate === null ? '' : ` · about ${formatNumber(table.rowEstimate)} rows`}
        </span>
      </label>
    </li>
  );
}
