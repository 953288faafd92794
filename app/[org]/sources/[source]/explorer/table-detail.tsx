'use client';

import { ChevronLeft, Workflow } from 'lucide-react';
import { useState } from 'react';
import type { SchemaAnswer, TableAnswer } from '@/lib/schema';
import { Button } from '../../../../_ui/button';
import { Chip } from '../../../../_ui/chip';
import { formatCount } from '../../../../_ui/figures';
import { Segmented } from '../../../../_ui/segmented';
import { useWorkspace } from '../../../../_ui/workspace';
import { tableKey } from '../table-key';
import { ColumnTable } from './column-table';
import { KeysAndReferences } from './keys-and-references';
import { SampleRows } from './sample-rows';
import { TableDescription } from './table-description';

interface Props {
  sourceId: string;
  table: TableAnswer;
  schema: SchemaAnswer;
  /** Opens another table; null goes back to the list (on a phone). */
  onOpen(key: string | null): void;
  onDiagram(): void;
  onChanged(): void;
}

/** One table: what it is, its columns, keys and references, and its first rows. */
export function TableDetail({ sourceId, table, schema, onOpen, onDiagram, onChanged }: Props) {
  const { can } = useWorkspace();
  const [part, setPart] = useState<'structure' | 'rows'>('structure');
  const [row, column] = table.kind === 'collection' ? ['document', 'field'] : ['row', 'column'];
  const facts = [
    ...(table.rowEstimate === null ? [] : [`About ${formatCount(table.rowEstimate, row)}`]),
    formatCount(table.columns.length, column),
  ];
  return (
    <div className="mx-auto max-w-[960px] px-3 pt-4 pb-8 md:px-6">
      <Button look="ghost" size="sm" className="-ml-2 mb-2 md:hidden" onClick={() => onOpen(null)}>
        <ChevronLeft className="size-4" aria-hidden="true" />
        All tables
      </Button>
      <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
        <h2 className="min-w-0 break-words font-semibold text-ink text-xl">
          {table.schema && table.schema !== schema.defaultSchema ? (
            <span className="font-normal text-ink-3">{table.schema}.</span>
          ) : null}
          {table.name}
        </h2>
        {table.kind === 'table' || table.kind === 'collection' ? null : <Chip>{table.kind}</Chip>}
      </div>
      <p className="tabular mt-1 text-ink-3 text-sm">{facts.join(' · ')}</p>
      <TableDescription sourceId={sourceId} table={table} onChanged={onChanged} />
      <div className="mt-5 mb-3 flex flex-wrap items-center justify-between gap-2">
        <Segmented
          aria-label="Part of the table"
          value={part}
          onValueChange={setPart}
          options={[
            { value: 'structure', label: 'Structure' },
            ...(can('query.run') ? [{ value: 'rows' as const, label: 'First rows' }] : []),
          ]}
        />
        {table.foreignKeys.length > 0 || isReferred(schema, table) ? (
          <Button look="ghost" size="sm" onClick={onDiagram}>
            <Workflow className="size-4" aria-hidden="true" />
            In the diagram
          </Button>
        ) : null}
      </div>
      {part === 'structure' ? (
        <>
          <ColumnTable table={table} onOpen={onOpen} />
          <KeysAndReferences table={table} schema={schema} onOpen={onOpen} />
        </>
      ) : (
        <SampleRows sourceId={sourceId} table={table} />
      )}
    </div>
  );
}

function isReferred(schema: SchemaAnswer, table: TableAnswer): boolean {
  return schema.tables.some((other) => other.foreignKeys.some((key) => tableKey(key.referencedTable) === tableKey(table)));
}
