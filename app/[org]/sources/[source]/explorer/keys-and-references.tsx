'use client';

import type { ReactNode } from 'react';
import type { SchemaAnswer, TableAnswer } from '@/lib/schema';
import { tableKey } from '../table-key';

interface Props {
  table: TableAnswer;
  schema: SchemaAnswer;
  onOpen(key: string): void;
}

/** Keys and indexes of a table, and who refers to it. */
export function KeysAndReferences({ table, schema, onOpen }: Props) {
  const incoming = schema.tables.flatMap((other) =>
    other.foreignKeys
      .filter((key) => tableKey(key.referencedTable) === tableKey(table))
      .map((key) => ({ other, columns: key.columns, inferred: key.inferred ?? false })),
  );
  return (
    <div className="mt-6 grid gap-x-8 gap-y-6 sm:grid-cols-2">
      {table.primaryKey.length > 0 || table.uniqueKeys.length > 0 ? (
        <Part title="Keys">
          {table.primaryKey.length > 0 ? <Item about="primary">{table.primaryKey.join(' + ')}</Item> : null}
          {table.uniqueKeys.map((key) => (
            <Item key={key.columns.join()} about="unique">
              {key.columns.join(' + ')}
            </Item>
          ))}
        </Part>
      ) : null}
      {incoming.length > 0 ? (
        <Part title="Referred to by">
          {incoming.map(({ other, columns, inferred }) => (
            <li key={`${tableKey(other)} ${columns.join()}`} className="flex flex-wrap items-baseline gap-x-2">
              <button
                type="button"
                aria-label={`Go to ${other.name}.${columns.join(' + ')}`}
                onClick={() => onOpen(tableKey(other))}
                className="break-all rounded-sm text-left text-accent-ink hover:underline"
              >
                {other.name}.{columns.join(' + ')}
              </button>
              {inferred ? <span className="text-ink-3 text-xs">guessed</span> : null}
            </li>
          ))}
        </Part>
      ) : null}
      {table.indexes.length > 0 ? (
        <Part title="Indexes">
          {table.indexes.map((index) => (
            <Item key={index.name} about={index.unique ? 'unique' : ''} title={index.name}>
              {index.columns.join(' + ')}
            </Item>
          ))}
        </Part>
      ) : null}
    </div>
  );
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section aria-label={title}>
      <h3 className="mb-1.5 font-medium text-ink text-sm">{title}</h3>
      <ul className="flex flex-col gap-1 text-ink-2 text-sm">{children}</ul>
    </section>
  );
}

function Item({ about, title, children }: { about: string; title?: string; children: ReactNode }) {
  return (
    <li className="flex flex-wrap items-baseline gap-x-2" title={title}>
      <span className="break-all">{children}</span>
      {about ? <span className="text-ink-3 text-xs">{about}</span> : null}
    </li>
  );
}
