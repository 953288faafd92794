'use client';

import { Workflow, X } from 'lucide-react';
import { useMemo, useState } from 'react';
import type { SchemaAnswer } from '@/lib/schema';
import { Button } from '../../../../_ui/button';
import { formatCount, formatNumber } from '../../../../_ui/figures';
import { Empty } from '../../../../_ui/notice';
import { Segmented } from '../../../../_ui/segmented';
import { tableKey } from '../table-key';
import { usePlace } from '../use-place';
import { DiagramPicture } from './diagram-picture';
import { ReferenceList } from './reference-list';
import { chooseForDiagram, relationsOf } from './relations';

/** More boxes are no picture any more. */
const MOST = 80;

/** How the tables refer to each other: as a picture, or as a list that says the same. */
export function SchemaDiagram({ schema }: { schema: SchemaAnswer }) {
  const { table: focus, go } = usePlace();
  const [form, setForm] = useState<'picture' | 'list'>('picture');
  const relations = useMemo(() => relationsOf(schema.tables), [schema]);
  const { keys, of } = useMemo(() => chooseForDiagram(relations, focus, MOST), [relations, focus]);
  const shown = useMemo(() => relations.filter(({ from, to }) => keys.has(from) && keys.has(to)), [relations, keys]);
  const names = useMemo(
    () =>
      new Map(
        schema.tables.map((table) => [tableKey(table), table.schema === schema.defaultSchema ? table.name : tableKey(table)]),
      ),
    [schema],
  );
  const nameOf = (key: string) => names.get(key) ?? key;
  const alone = schema.tables.length - new Set(relations.flatMap(({ from, to }) => [from, to])).size;
  if (relations.length === 0) {
    return (
      <Empty icon={<Workflow aria-hidden="true" />} title="No references" className="flex-1">
        No table declares a reference to another, and their names suggest none.
      </Empty>
    );
  }
  const facts = [
    keys.size < of
      ? `The ${formatNumber(keys.size)} most connected of ${formatCount(of, 'table')}`
      : formatCount(keys.size, 'table'),
    formatCount(shown.length, 'reference'),
    ...(focus === null && alone > 0 ? [`${formatCount(alone, 'table')} without`] : []),
  ];
  const open = (table: string) => go({ view: 'tables', table });
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <div className="flex shrink-0 flex-wrap items-center gap-x-3 gap-y-2 px-3 py-2 md:px-4">
        <Segmented
          aria-label="Form of the references"
          value={form}
          onValueChange={setForm}
          options={[
            { value: 'picture', label: 'Picture' },
            { value: 'list', label: 'List' },
          ]}
        />
        {focus !== null && names.has(focus) ? (
          <Button size="sm" onClick={() => go({ table: null })} aria-label={`Around ${nameOf(focus)}: show all tables`}>
            Around {nameOf(focus)}
            <X className="size-3.5" aria-hidden="true" />
          </Button>
        ) : null}
        <p className="tabular text-ink-3 text-xs" role="status">
          {facts.join(' · ')}
        </p>
      </div>
      {form === 'picture' ? (
        <DiagramPicture
          key={focus ?? ''}
          keys={keys}
          relations={shown}
          focus={focus}
          nameOf={nameOf}
          onOpen={open}
          onFocus={(table) => go({ table })}
        />
      ) : (
        <ReferenceList relations={shown} nameOf={nameOf} onOpen={open} />
      )}
    </div>
  );
}
