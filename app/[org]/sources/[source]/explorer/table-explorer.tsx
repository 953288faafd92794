'use client';

import clsx from 'clsx';
import { Table2 } from 'lucide-react';
import { useMemo } from 'react';
import type { SchemaAnswer } from '@/lib/schema';
import { Empty } from '../../../../_ui/notice';
import { tableKey } from '../table-key';
import { usePlace } from '../use-place';
import { TableDetail } from './table-detail';
import { TableTree } from './table-tree';

interface Props {
  sourceId: string;
  schema: SchemaAnswer;
  /** Something beside the structure was changed: a description. */
  onChanged(): void;
}

/** The tables of a source on the left, one of them on the right; on a phone one after the other. */
export function TableExplorer({ sourceId, schema, onChanged }: Props) {
  const { table: wanted, go } = usePlace();
  const byKey = useMemo(() => new Map(schema.tables.map((table) => [tableKey(table), table])), [schema]);
  const chosen = wanted === null ? undefined : byKey.get(wanted);
  const shown = chosen ?? schema.tables[0];
  if (!shown) {
    return (
      <Empty icon={<Table2 aria-hidden="true" />} title="No tables" className="flex-1">
        {schema.hiddenTables > 0
          ? 'None of the tables that were chosen is there any more. Choose others.'
          : 'The login sees none. Give it the right to read some, then read the schema again.'}
      </Empty>
    );
  }
  return (
    <div className="flex min-h-0 flex-1">
      <section
        aria-label="Tables"
        className={clsx('min-h-0 w-full flex-col md:flex md:w-72 md:shrink-0 md:border-r', chosen ? 'hidden' : 'flex')}
      >
        <TableTree schema={schema} open={tableKey(shown)} onOpen={(table) => go({ table })} />
      </section>
      <section
        aria-label={`Table ${shown.name}`}
        className={clsx('scroll-thin min-h-0 min-w-0 flex-1 overflow-y-auto md:block', chosen ? 'block' : 'hidden')}
      >
        <TableDetail
          key={tableKey(shown)}
          sourceId={sourceId}
          table={shown}
          schema={schema}
          onOpen={(table) => go({ table })}
          onDiagram={() => go({ view: 'diagram', table: tableKey(shown) })}
          onChanged={onChanged}
        />
      </section>
    </div>
  );
}
