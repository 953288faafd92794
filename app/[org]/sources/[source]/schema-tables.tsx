'use client';

import clsx from 'clsx';
import { ArrowRight, ChevronRight, Eye, KeyRound, Search, Table2 } from 'lucide-react';
import { useMemo, useState } from 'react';
import type { SchemaAnswer, TableAnswer } from '@/lib/schema';
import { Input } from '../../../_ui/field';
import { formatCount, formatNumber } from '../../../_ui/figures';
import { moveWithArrows } from '../../../_ui/frame/arrow-list';
import { TypeIcon } from '../../../_ui/grid/type-icon';
import { Empty } from '../../../_ui/notice';
import { Hint } from '../../../_ui/tooltip';

/** Tables as rows that unfold to their columns; the search looks at both. */
export function SchemaTables({ schema }: { schema: SchemaAnswer }) {
  const [search, setSearch] = useState('');
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const wanted = search.trim().toLowerCase();
  const found = useMemo(() => schema.tables.filter((table) => matches(table, wanted)), [schema, wanted]);
  const toggle = (key: string) =>
    setOpen((old) => {
      const next = new Set(old);
      if (!next.delete(key)) next.add(key);
      return next;
    });
  if (schema.tables.length === 0) {
    return (
      <Empty icon={<Table2 aria-hidden="true" />} title="No tables">
        The login sees none. Give it the right to read some, then read the schema again.
      </Empty>
    );
  }
  return (
    <>
      <div className="mb-3 flex items-center gap-3">
        <div className="relative max-w-80 flex-1">
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
        <p className="ml-auto shrink-0 text-ink-3 text-xs" role="status">
          {wanted
            ? `${found.length} of ${formatCount(schema.tables.length, 'table')}`
            : formatCount(schema.tables.length, 'table')}
        </p>
      </div>
      {found.length === 0 ? <p className="px-1 py-6 text-center text-ink-3 text-sm">No table or column is called that.</p> : null}
      <ul className="divide-y overflow-hidden rounded-lg border bg-raised empty:hidden" onKeyDown={moveWithArrows}>
        {found.map((table) => {
          const key = `${table.schema ?? ''}.${table.name}`;
          return (
            <TableRow
              key={key}
              table={table}
              defaultSchema={schema.defaultSchema}
              open={open.has(key)}
              wanted={wanted}
              onToggle={() => toggle(key)}
            />
          );
        })}
      </ul>
    </>
  );
}

function matches(table: TableAnswer, wanted: string): boolean {
  if (wanted === '') return true;
  return table.name.toLowerCase().includes(wanted) || table.columns.some((column) => column.name.toLowerCase().includes(wanted));
}

interface TableRowProps {
  table: TableAnswer;
  defaultSchema: string | undefined;
  open: boolean;
  wanted: string;
  onToggle(): void;
}

function TableRow({ table, defaultSchema, open, wanted, onToggle }: TableRowProps) {
  const view = table.kind.includes('view');
  const Icon = view ? Eye : Table2;
  return (
    <li>
      <button
        type="button"
        data-item
        aria-expanded={open}
        onClick={onToggle}
        className="flex w-full items-start gap-3 px-3 py-2.5 text-left hover:bg-hover focus-visible:outline-offset-[-2px] md:px-4"
      >
        <ChevronRight
          className={clsx('mt-0.5 size-4 shrink-0 text-ink-3 transition-transform duration-120', open && 'rotate-90')}
          aria-hidden="true"
        />
        <Icon className="mt-0.5 size-4 shrink-0 text-ink-3" strokeWidth={1.75} aria-hidden="true" />
        <span className="min-w-0 flex-1">
          <span className="block truncate font-medium text-ink">
            {table.schema && table.schema !== defaultSchema ? <span className="text-ink-3">{table.schema}.</span> : null}
            {table.name}
            {view ? <span className="ml-2 font-normal text-ink-3 text-xs">{table.kind}</span> : null}
          </span>
          {table.description || table.comment ? (
            <span className="line-clamp-2 text-ink-3 text-xs">{table.comment ?? table.description}</span>
          ) : null}
        </span>
        <span className="tabular shrink-0 text-right text-ink-3 text-xs">
          {table.rowEstimate === null ? null : <span className="block text-ink-2">{formatCount(table.rowEstimate, 'row')}</span>}
          <span className="block">{formatCount(table.columns.length, 'column')}</span>
        </span>
      </button>
      {open ? <Columns table={table} wanted={wanted} /> : null}
    </li>
  );
}

function Columns({ table, wanted }: { table: TableAnswer; wanted: string }) {
  return (
    <div className="scroll-thin overflow-x-auto border-t bg-side">
      <table className="w-full min-w-[480px] text-sm">
        <thead className="sr-only">
          <tr>
            <th>Column</th>
            <th>Type</th>
            <th>Notes</th>
          </tr>
        </thead>
        <tbody>
          {table.columns.map((column) => {
            const key = table.foreignKeys.find((item) => item.columns.includes(column.name));
            return (
              <tr
                key={column.name}
                className={clsx(
                  'border-line border-t first:border-t-0',
                  wanted && column.name.toLowerCase().includes(wanted) && 'bg-accent-soft',
                )}
              >
                <td className="w-[38%] py-1.5 pr-3 pl-11">
                  <span className="flex min-w-0 items-center gap-2">
                    <TypeIcon type={column.family} />
                    <span className="truncate text-ink" title={column.name}>
                      {column.name}
                    </span>
                    {table.primaryKey.includes(column.name) ? (
                      <Hint text="Primary key">
                        <KeyRound className="size-3.5 shrink-0 text-warning-ink" aria-label="Primary key" />
                      </Hint>
                    ) : null}
                  </span>
                </td>
                <td className="py-1.5 pr-3 font-mono text-[12px] text-ink-3">
                  {column.type}
                  {column.nullable ? <span className="text-ink-3"> · may be null</span> : null}
                </td>
                <td className="py-1.5 pr-4 text-ink-3 text-xs">
                  {key ? (
                    <span className="inline-flex items-center gap-1">
                      <ArrowRight className="size-3" aria-hidden="true" />
                      {key.referencedTable.name}.{key.referencedColumns[key.columns.indexOf(column.name)] ?? ''}
                      {key.inferred ? ' (guessed)' : ''}
                    </span>
                  ) : null}
                  {column.comment ? <span className="block">{column.comment}</span> : null}
                  {column.enumValues ? <span className="block">{column.enumValues.join(', ')}</span> : null}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
      {table.indexes.length > 0 ? (
        <p className="border-t px-4 py-2 pl-11 text-ink-3 text-xs">
          {formatNumber(table.indexes.length)} {table.indexes.length === 1 ? 'index' : 'indexes'}:{' '}
          {table.indexes.map((index) => `${index.columns.join(' + ')}${index.unique ? ' (unique)' : ''}`).join(', ')}
        </p>
      ) : null}
    </div>
  );
}
