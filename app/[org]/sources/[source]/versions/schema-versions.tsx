'use client';

import clsx from 'clsx';
import { History } from 'lucide-react';
import { useState } from 'react';
import type { SchemaVersionSummary } from '@/lib/schema';
import { Button } from '../../../../_ui/button';
import { formatCount } from '../../../../_ui/figures';
import { moveWithArrows } from '../../../../_ui/frame/arrow-list';
import { Empty, Notice } from '../../../../_ui/notice';
import { RelativeTime } from '../../../../_ui/relative-time';
import { Select } from '../../../../_ui/select';
import { DiffView } from './diff-view';
import { useVersions } from './use-versions';

/** Every state that the schema was seen in, and what changed from one to another. @param newest the version that is known now */
export function SchemaVersions({ sourceId, newest }: { sourceId: string; newest: number }) {
  const { page, error, more, retry } = useVersions(sourceId, newest);
  const [chosen, setChosen] = useState<number | null>(null);
  const [base, setBase] = useState<number | null>(null);
  if (error && !page) {
    return (
      <div className="p-4">
        <Notice tone="danger" live title={error.message} action={<Button onClick={retry}>Try again</Button>}>
          {error.hints.join(' ')}
        </Notice>
      </div>
    );
  }
  if (!page) return <div role="status" aria-label="Reading the versions" className="m-4 h-40 animate-sheen rounded-lg border" />;
  const { versions } = page;
  const to = versions.find(({ version }) => version === chosen) ?? versions[0];
  if (!to || versions.length < 2) {
    return (
      <Empty icon={<History aria-hidden="true" />} title="One version so far" className="flex-1">
        When a table or a column of this source changes, the new state is kept beside the old one, with what it breaks.
      </Empty>
    );
  }
  const older = versions.filter(({ version }) => version < to.version);
  const from = older.find(({ version }) => version === base) ?? older[0];
  return (
    <div className="flex min-h-0 flex-1 flex-col md:flex-row">
      <section
        aria-label="Versions"
        className="flex max-h-48 w-full shrink-0 flex-col border-b md:max-h-none md:w-72 md:border-r md:border-b-0"
      >
        {/* biome-ignore lint/a11y/noStaticElementInteractions: arrows move between the buttons inside, which are reachable without. */}
        <div className="scroll-thin min-h-0 flex-1 overflow-y-auto p-2" onKeyDown={moveWithArrows}>
          <ul className="space-y-px">
            {versions.map((version) => (
              <li key={version.version}>
                <Row version={version} open={version === to} onOpen={() => setChosen(version.version)} />
              </li>
            ))}
          </ul>
          {page.next === null ? null : (
            <Button look="ghost" size="sm" className="mt-1 w-full" onClick={more}>
              Older versions
            </Button>
          )}
        </div>
      </section>
      <section aria-label={`Version ${to.version}`} className="scroll-thin min-h-0 min-w-0 flex-1 overflow-y-auto">
        <div className="mx-auto max-w-[880px] px-3 py-4 md:px-6">
          <div className="mb-4 flex flex-wrap items-center gap-x-3 gap-y-2">
            <h2 className="font-semibold text-ink text-lg">Version {to.version}</h2>
            {from ? (
              <span className="flex items-center gap-2 text-ink-3 text-sm">
                compared with
                <Select
                  aria-label="Compared with"
                  className="w-36!"
                  value={String(from.version)}
                  onValueChange={(value) => setBase(Number(value))}
                  options={older.map(({ version }) => ({ value: String(version), label: `Version ${version}` }))}
                />
              </span>
            ) : null}
          </div>
          {from ? (
            <DiffView sourceId={sourceId} from={from.version} to={to.version} />
          ) : (
            <p className="text-ink-3 text-sm">
              {page.next === null ? 'This is the oldest version that is kept.' : 'Load older versions to compare it.'}
            </p>
          )}
        </div>
      </section>
    </div>
  );
}

function Row({ version, open, onOpen }: { version: SchemaVersionSummary; open: boolean; onOpen(): void }) {
  return (
    <button
      type="button"
      data-item
      aria-current={open || undefined}
      onClick={onOpen}
      className={clsx(
        'flex min-h-11 w-full items-center gap-3 rounded-md px-2 text-left text-ink-2 hover:bg-hover hover:text-ink focus-visible:outline-offset-[-2px]',
        open && 'bg-active text-ink',
      )}
    >
      <span className="min-w-0 flex-1">
        <span className={clsx('block', open && 'font-medium')}>Version {version.version}</span>
        <span className="block text-ink-3 text-xs">{formatCount(version.tableCount, 'table')}</span>
      </span>
      <RelativeTime at={version.createdAt} short className="text-ink-3 text-xs" />
    </button>
  );
}
