'use client';

import { AppWindow, BookmarkCheck, type LucideIcon, ShieldAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import type { SchemaDiff } from '@/lib/schema';
import { Button } from '../../../../_ui/button';
import { Chip } from '../../../../_ui/chip';
import { formatCount } from '../../../../_ui/figures';
import { Notice } from '../../../../_ui/notice';
import { useDiff } from './use-versions';

/** What changed from one version to another; what breaks comes first. */
export function DiffView({ sourceId, from, to }: { sourceId: string; from: number; to: number }) {
  const { diff, error, retry } = useDiff(sourceId, from, to);
  if (error) {
    return (
      <Notice tone="danger" live title={error.message} action={<Button onClick={retry}>Try again</Button>}>
        {error.hints.join(' ')}
      </Notice>
    );
  }
  if (!diff) return <div role="status" aria-label="Comparing" className="h-40 animate-sheen rounded-lg border" />;
  const { added, removed, changed, breaks } = diff;
  if (added.length + removed.length + changed.length === 0) {
    return <p className="text-ink-3 text-sm">The two are the same in structure.</p>;
  }
  return (
    <div className="flex flex-col gap-6">
      <Breaks breaks={breaks} />
      {removed.length > 0 ? <Names title="Tables that are gone" names={removed} tone="danger" /> : null}
      {added.length > 0 ? <Names title="New tables" names={added} tone="success" /> : null}
      {changed.length > 0 ? (
        <Part title={`${formatCount(changed.length, 'changed table')}`}>
          <ul className="divide-y overflow-hidden rounded-lg border bg-raised">
            {changed.map((change) => (
              <Change key={change.table} change={change} />
            ))}
          </ul>
        </Part>
      ) : null}
    </div>
  );
}

const KINDS: Record<SchemaDiff['breaks'][number]['kind'], { icon: LucideIcon; label: string }> = {
  question: { icon: BookmarkCheck, label: 'Saved question' },
  app: { icon: AppWindow, label: 'App' },
  policy: { icon: ShieldAlert, label: 'Access policy' },
};

function Breaks({ breaks }: Pick<SchemaDiff, 'breaks'>) {
  if (breaks.length === 0) return <p className="text-ink-2 text-sm">Nothing saved in Quarry uses what was taken away.</p>;
  const certain = breaks.filter((item) => item.certain).length;
  const title =
    certain === breaks.length
      ? `This breaks ${formatCount(certain, 'thing')}`
      : certain === 0
        ? `This may break ${formatCount(breaks.length, 'thing')}`
        : `This breaks ${formatCount(certain, 'thing')}, and may break ${breaks.length - certain} more`;
  return (
    <Part title={title}>
      <ul className="divide-y overflow-hidden rounded-lg border bg-raised">
        {breaks.map((item) => {
          const { icon: Icon, label } = KINDS[item.kind];
          return (
            <li key={item.id} className="flex items-start gap-3 px-3 py-2.5 md:px-4">
              <Icon className="mt-0.5 size-4 shrink-0 text-ink-3" strokeWidth={1.75} aria-hidden="true" />
              <div className="min-w-0 flex-1">
                <p className="break-words font-medium text-ink">{item.name}</p>
                <p className="break-words text-ink-3 text-xs">
                  {label} · {item.because.join('; ')}
                </p>
              </div>
              <Chip tone={item.certain ? 'danger' : 'warning'} className="shrink-0">
                {item.certain ? 'Breaks' : 'May break'}
              </Chip>
            </li>
          );
        })}
      </ul>
    </Part>
  );
}

function Names({ title, names, tone }: { title: string; names: string[]; tone: 'danger' | 'success' }) {
  return (
    <Part title={title}>
      <ul className="flex flex-wrap gap-1.5">
        {names.map((name) => (
          <li key={name} className="max-w-full">
            <Chip tone={tone}>{name}</Chip>
          </li>
        ))}
      </ul>
    </Part>
  );
}

function Change({ change }: { change: SchemaDiff['changed'][number] }) {
  return (
    <li className="px-3 py-2.5 md:px-4">
      <p className="break-words font-medium text-ink">{change.table}</p>
      <ul className="mt-1 flex flex-col gap-0.5 text-ink-2 text-sm">
        {change.columnsRemoved.map((column) => (
          <Line key={column} mark="−" tone="text-danger-ink">
            {column}
          </Line>
        ))}
        {change.columnsAdded.map((column) => (
          <Line key={column} mark="+" tone="text-success-ink">
            {column}
          </Line>
        ))}
        {change.columnsChanged.map(({ column, what, from, to }) => (
          <Line key={column} mark="±" tone="text-warning-ink">
            {column}: {what.map((part) => changeText(part, from, to)).join('; ')}
          </Line>
        ))}
        {change.other.length > 0 ? (
          <Line mark="±" tone="text-warning-ink">
            {change.other.map((part) => OTHER[part] ?? part).join(', ')}
          </Line>
        ) : null}
      </ul>
    </li>
  );
}

type Brief = SchemaDiff['changed'][number]['columnsChanged'][number]['from'];

/** Names of a difference that shows no values. */
const OTHER: Record<string, string> = {
  kind: 'kind of the table',
  comment: 'comment',
  primaryKey: 'primary key',
  foreignKeys: 'references',
  uniqueKeys: 'unique keys',
  indexes: 'indexes',
  enumValues: 'allowed values',
  generated: 'how it is generated',
  repeated: 'whether it has several values',
};

function changeText(part: string, from: Brief, to: Brief): string {
  if (part === 'type') return from.type === to.type ? 'kind of values' : `${from.type} → ${to.type}`;
  if (part === 'nullable') return to.nullable ? 'may be null now' : 'never null now';
  if (part === 'default') return to.default === undefined ? 'no default now' : `default ${to.default}`;
  return OTHER[part] ?? part;
}

function Line({ mark, tone, children }: { mark: string; tone: string; children: ReactNode }) {
  const words = { '−': 'gone: ', '+': 'new: ', '±': 'changed: ' }[mark];
  return (
    <li className="flex items-baseline gap-2">
      <span className={`w-3 shrink-0 text-center font-mono ${tone}`} aria-hidden="true">
        {mark}
      </span>
      <span className="sr-only">{words}</span>
      <span className="min-w-0 break-words">{children}</span>
    </li>
  );
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section aria-label={title}>
      <h3 className="mb-2 font-medium text-ink text-sm">{title}</h3>
      {children}
    </section>
  );
}
