'use client';

import { Eye, Search, Table2 } from 'lucide-react';
import { useDeferredValue, useMemo, useState } from 'react';
import type { SchemaAnswer, TableAnswer } from '@/lib/schema';
import { Input } from '../../../../_ui/field';
import { formatCount, formatNumber } from '../../../../_ui/figures';
import { moveWithArrows } from '../../../../_ui/frame/arrow-list';
import { tableKey } from '../table-key';

interface Props {
  schema: SchemaAnswer;
  /** Key of the table that is shown beside. */
  open: string;
  onOpen(key: string): void;
}

/** Rows drawn at once; a schema with more is searched. */
const MOST = 400;

/** The tables by schema; the search looks at tables, columns and comments. */
export function TableTree({ schema, open, onOpen }: Props) {
  const [search, setSearch] = useState('');
  const wanted = useDeferredValue(search.trim().toLowerCase());
  const found = useMemo(() => schema.tables.filter((table) => matches(table, wanted)), [schema, wanted]);
  const groups = useMemo(() => bySchema(found.slice(0, MOST), schema.defaultSchema), [found, schema.defaultSchema]);
  const total = formatCount(schema.tables.length, 'table');
  return (
    <>
      <div className="shrink-0 border-b p-3">
        <div className="relative">
          <Search
            className="pointer-events-none absolute top-2 left-2.5 size-4 text-ink-3 pointer-coarse:top-3"
            aria-hidden="true"
          />
          <Input
            type="search"
            aria-label="Search tables and columns"
            placeholder="Search tables and columns"
            value={search}
            onChange={(event) => setSearch(event.target.value)}
            className="pl-8!"
          />
        </div>
        <p className="mt-2 text-ink-3 text-xs" role="status">
          {wanted ? `${formatNumber(found.length)} of ${total}` : total}
          {schema.hiddenTables > 0 ? `, ${formatNumber(schema.hiddenTables)} left out` : ''}
        </p>
      </div>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: arrows move between the buttons inside, which are reachable without. */}
      <div className="scroll-thin min-h-0 flex-1 overflow-y-auto px-2 py-2" onKeyDown={moveWithArrows}>
        {found.length === 0 ? <p className="px-2 py-6 text-center text-ink-3">No table or column is called that.</p> : null}
        {groups.map(({ name, tables }) => (
          <div key={name}>
            {groups.length > 1 ? <h3 className="truncate px-2 pt-2 pb-1 text-ink-3 text-xs">{name || 'Tables'}</h3> : null}
            <ul className="space-y-px">
              {tables.map((table) => (
                <Row key={tableKey(table)} table={table} open={tableKey(table) === open} wanted={wanted} onOpen={onOpen} />
              ))}
            </ul>
          </div>
        ))}
        {found.length > MOST ? (
          <p className="px-2 py-3 text-ink-3 text-xs">{formatNumber(found.length - MOST)} more. Search to find them.</p>
        ) : null}
      </div>
    </>
  );
}

function Row({ table, open, wanted, onOpen }: { table: TableAnswer; open: boolean; wanted: string } & Pick<Props, 'onOpen'>) {
  const Icon = table.kind.includes('view') ? Eye : Table2;
  const columns =
    wanted && !table.name.toLowerCase().includes(wanted) ? table.columns.filter(({ name }) => has(name, wanted)) : [];
  return (
    <li className="[contain-intrinsic-size:auto_36px] [content-visibility:auto]">
      <button
        type="button"
        data-item
        aria-current={open || undefined}
        title={table.name}
        onClick={() => onOpen(tableKey(table))}
        className="flex min-h-9 w-full items-center gap-2 rounded-md px-2 py-1 text-left text-ink-2 hover:bg-hover hover:text-ink focus-visible:outline-offset-[-2px] aria-[current=true]:bg-active aria-[current=true]:font-medium aria-[current=true]:text-ink max-md:aria-[current=true]:bg-transparent max-md:aria-[current=true]:font-normal pointer-coarse:min-h-11"
      >
        <Icon className="size-4 shrink-0 text-ink-3" strokeWidth={1.75} aria-hidden="true" />
        <span className="min-w-0 flex-1">
          <span className="block truncate">{table.name}</span>
          {columns.length > 0 ? (
            <span className="block truncate font-normal text-ink-3 text-xs">
              {columns.map((column) => column.name).join(', ')}
            </span>
          ) : null}
        </span>
        {table.rowEstimate === null ? null : (
          <span className="tabular shrink-0 font-normal text-ink-3 text-xs">
            {formatNumber(table.rowEstimate)}
            <span className="sr-only"> rows</span>
          </span>
        )}
      </button>
    </li>
  );
}

const has = (text: string | undefined, wanted: string) => text?.toLowerCase().includes(wanted) ?? false;

function matches(table: TableAnswer, wanted: string): boolean {
  if (wanted === '') return true;
  if (has(tableKey(table), wanted) || has(table.comment, wanted)) return true;
  return table.columns.some((column) => has(column.name, wanted) || has(column.comment, wanted));
}

/** The default schema first, then by name. */
function bySchema(tables: readonly TableAnswer[], first: string | undefined): { name: string; tables: TableAnswer[] }[] {
  const groups = new Map<string, TableAnswer[]>();
  for (const table of tables) {
    const group = groups.get(table.schema ?? '');
    if (group) group.push(table);
    else groups.set(table.schema ?? '', [table]);
  }
  const rank = (name: string) => (name === first ? 0 : 1);
  return [...groups]
    .map(([name, inside]) => ({ name, tables: inside }))
    .sort((a, b) => rank(a.name) - rank(b.name) || (a.name < b.name ? -1 : 1));
}
