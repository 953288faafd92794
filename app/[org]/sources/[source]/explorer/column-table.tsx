'use client';

import { ArrowRight, KeyRound } from 'lucide-react';
import type { TableAnswer } from '@/lib/schema';
import { TypeIcon } from '../../../../_ui/grid/type-icon';
import { Hint } from '../../../../_ui/tooltip';
import { tableKey } from '../table-key';

type Column = TableAnswer['columns'][number];

interface Props {
  table: TableAnswer;
  onOpen(key: string): void;
}

/** The columns with their types and what they refer to; of documents the paths, indented, with how many documents have them. */
export function ColumnTable({ table, onOpen }: Props) {
  const sampled = table.columns.some((column) => column.share !== undefined);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls sideways must be reachable by keyboard.
    <section className="scroll-thin overflow-x-auto rounded-lg border bg-raised" tabIndex={0} aria-label="Columns">
      <table className="w-full min-w-[520px] text-sm">
        <thead>
          <tr className="bg-side text-left text-ink-3 text-xs">
            <th className="px-3 py-2 font-medium">Column</th>
            <th className="px-3 py-2 font-medium">Type</th>
            {sampled ? <th className="px-3 py-2 font-medium">In documents</th> : null}
            <th className="px-3 py-2 font-medium">Notes</th>
          </tr>
        </thead>
        <tbody>
          {table.columns.map((column) => (
            <tr key={column.name} className="border-line border-t align-top">
              <td className="w-[34%] px-3 py-1.5">
                <Name column={column} isKey={table.primaryKey.includes(column.name)} sampled={sampled} />
              </td>
              <td className="px-3 py-1.5 font-mono text-[12px] text-ink-3">
                <TypeText column={column} />
              </td>
              {sampled ? (
                <td className="px-3 py-1.5">
                  <Share share={column.share ?? 1} />
                </td>
              ) : null}
              <td className="px-3 py-1.5 text-ink-3 text-xs">
                <Notes table={table} column={column} onOpen={onOpen} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Name({ column, isKey, sampled }: { column: Column; isKey: boolean; sampled: boolean }) {
  const path = sampled ? column.name.split('.') : [column.name];
  return (
    <span className="flex min-w-0 items-center gap-2" style={{ paddingLeft: (path.length - 1) * 16 }}>
      <TypeIcon type={column.family} />
      <span className="break-all text-ink" title={column.name}>
        {path.length > 1 ? <span className="sr-only">{path.slice(0, -1).join('.')}.</span> : null}
        {path.at(-1)}
      </span>
      {isKey ? (
        <Hint text="Primary key">
          <KeyRound className="size-3.5 shrink-0 text-warning-ink" aria-label="Primary key" />
        </Hint>
      ) : null}
    </span>
  );
}

function TypeText({ column }: { column: Column }) {
  const mixed = column.types && column.types.length > 1;
  return (
    <>
      {mixed ? column.types?.map((met) => `${met.nativeType} ${percent(met.share)}`).join(', ') : column.type}
      {column.repeated ? ' · several' : ''}
      {column.nullable && column.share === undefined ? ' · may be null' : ''}
    </>
  );
}

function Share({ share }: { share: number }) {
  return (
    <span className="flex items-center gap-2">
      <span className="h-1.5 w-12 shrink-0 overflow-hidden rounded-full bg-active" aria-hidden="true">
        <span className="block h-full rounded-full bg-accent" style={{ width: `${Math.max(2, share * 100)}%` }} />
      </span>
      <span className="tabular text-ink-3 text-xs">{percent(share)}</span>
    </span>
  );
}

/** "100 %" only when it is all, "0 %" never of something that was met. */
function percent(share: number): string {
  if (share >= 1) return '100 %';
  if (share < 0.01) return '<1 %';
  return `${Math.min(99, Math.round(share * 100))} %`;
}

function Notes({ table, column, onOpen }: Props & { column: Column }) {
  const key = table.foreignKeys.find((candidate) => candidate.columns.includes(column.name));
  const referred = key ? `${key.referencedTable.name}.${key.referencedColumns[key.columns.indexOf(column.name)] ?? ''}` : '';
  return (
    <>
      {key ? (
        <button
          type="button"
          aria-label={`Go to ${referred}`}
          onClick={() => onOpen(tableKey(key.referencedTable))}
          className="inline-flex items-center gap-1 rounded-sm text-accent-ink hover:underline"
        >
          <ArrowRight className="size-3 shrink-0" aria-hidden="true" />
          <span className="break-all text-left">{referred}</span>
        </button>
      ) : null}
      {key?.inferred ? <span> guessed</span> : null}
      {column.generated ? <span className="block">Generated</span> : null}
      {column.default === undefined ? null : (
        <span className="block break-all">
          Default <code className="font-mono">{column.default}</code>
        </span>
      )}
      {column.comment ? <span className="block">{column.comment}</span> : null}
      {column.enumValues ? <span className="block break-words">{column.enumValues.join(', ')}</span> : null}
    </>
  );
}
