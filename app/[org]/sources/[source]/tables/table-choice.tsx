'use client';

import { Search } from 'lucide-react';
import Link from 'next/link';
import { useRouter } from 'next/navigation';
import { useMemo, useState } from 'react';
import { toast } from 'sonner';
import type { SchemaAnswer } from '@/lib/schema';
import { toApiError } from '../../../../_ui/api';
import { Button, buttonClass } from '../../../../_ui/button';
import { Input } from '../../../../_ui/field';
import { formatCount } from '../../../../_ui/figures';
import { WorkHeader } from '../../../../_ui/frame/place';
import { Empty, Notice } from '../../../../_ui/notice';
import { type SourceInfo, useEnvironmentOnFrame, useWorkspace } from '../../../../_ui/workspace';
import { Steps } from '../../steps';
import { keyOf, TableList } from './table-list';
import { useAllTables } from './use-all-tables';

interface Props {
  source: SourceInfo;
  /** On the way from the connection form to the first question. */
  onboarding: boolean;
}

/** Which tables Quarry offers and asks about. */
export function TableChoice({ source, onboarding }: Props) {
  const { path } = useWorkspace();
  const { schema, error, reload } = useAllTables(source.id);
  useEnvironmentOnFrame(source.environment);
  return (
    <>
      <WorkHeader title={`Choose tables of ${source.name}`}>
        {onboarding ? (
          <Steps current="Choose tables" />
        ) : (
          <Link href={path(`/sources/${source.id}`)} className={buttonClass('ghost', 'sm')}>
            Back to the source
          </Link>
        )}
      </WorkHeader>
      {error ? (
        <div className="mx-auto w-full max-w-[720px] p-4">
          <Notice
            tone="danger"
            live
            title={error.message}
            action={
              <Button size="sm" onClick={reload}>
                Try again
              </Button>
            }
          >
            {error.hints.join(' ')}
          </Notice>
        </div>
      ) : schema ? (
        <Choice key={schema.fingerprint} source={source} schema={schema} onboarding={onboarding} />
      ) : (
        <div role="status" aria-label="Reading the tables" className="mx-auto w-full max-w-[720px] space-y-2 p-4 pt-24">
          {['a', 'b', 'c', 'd', 'e', 'f'].map((place) => (
            <div key={place} className="h-10 animate-sheen rounded-md bg-hover motion-reduce:animate-none" />
          ))}
        </div>
      )}
    </>
  );
}

function Choice({ source, schema, onboarding }: Props & { schema: SchemaAnswer }) {
  const { api, path } = useWorkspace();
  const router = useRouter();
  const before = useMemo(() => new Set(schema.tables.filter((table) => table.chosen !== false).map(keyOf)), [schema]);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(before);
  const [search, setSearch] = useState('');
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);
  const wanted = search.trim().toLowerCase();
  const found = useMemo(() => schema.tables.filter((table) => table.name.toLowerCase().includes(wanted)), [schema, wanted]);
  const all = chosen.size === schema.tables.length;
  const same = chosen.size === before.size && [...chosen].every((key) => before.has(key));
  const set = (keys: string[], on: boolean) =>
    setChosen((old) => {
      const next = new Set(old);
      for (const key of keys)
        if (on) next.add(key);
        else next.delete(key);
      return next;
    });

  const save = async () => {
    setBusy(true);
    setFailure(null);
    try {
      if (!same) {
        await api.json(`/api/data-sources/${source.id}`, { method: 'PATCH', body: { tables: all ? null : [...chosen] } });
        if (!onboarding) toast.success(all ? 'All tables are used' : `${formatCount(chosen.size, 'table')} used`);
      }
      router.push(onboarding ? `${path('/ask')}?source=${source.id}` : path(`/sources/${source.id}`));
      router.refresh();
    } catch (cause) {
      setFailure(toApiError(cause).message);
      setBusy(false);
    }
  };

  if (schema.tables.length === 0) {
    return (
      <Empty className="flex-1" title="No tables yet">
        This login sees none. Give it the right to read some; Quarry notices by itself, or read the schema again on the source’s
        page.
      </Empty>
    );
  }
  return (
    <>
      <div className="scroll-thin min-h-0 flex-1 overflow-y-auto px-4 md:px-6">
        <div className="mx-auto max-w-[720px] py-6">
          <p className="max-w-[600px] text-ink-2 text-sm">
            Questions, suggestions and the explorer keep to these tables. Leave out what nobody asks about: logs, copies,
            technical tables. It is a focus, not a lock: who writes a query can still name the others.
          </p>
          <div className="sticky top-0 z-10 mt-4 flex flex-wrap items-center gap-3 bg-work py-2">
            <div className="relative min-w-40 max-w-80 flex-1">
              <Search
                className="pointer-events-none absolute top-2 left-2.5 size-4 text-ink-3 pointer-coarse:top-3"
                aria-hidden="true"
              />
              <Input
                type="search"
                aria-label="Search tables"
                placeholder="Search tables"
                value={search}
                onChange={(event) => setSearch(event.target.value)}
                className="pl-8!"
              />
            </div>
            <p className="text-ink-3 text-xs" role="status">
              {chosen.size} of {formatCount(schema.tables.length, 'table')}
            </p>
            <div className="ml-auto flex gap-1">
              <Button size="sm" look="ghost" onClick={() => set(found.map(keyOf), true)}>
                {wanted ? 'Choose these' : 'Choose all'}
              </Button>
              <Button size="sm" look="ghost" onClick={() => set(found.map(keyOf), false)}>
                {wanted ? 'Leave these out' : 'None'}
              </Button>
            </div>
          </div>
          {found.length === 0 ? <p className="py-6 text-center text-ink-3 text-sm">No table is called that.</p> : null}
          <TableList tables={found} defaultSchema={schema.defaultSchema} chosen={chosen} onSet={set} />
        </div>
      </div>
      <footer className="flex shrink-0 flex-wrap items-center gap-3 border-t px-4 py-3 md:px-6">
        <div className="mx-auto flex w-full max-w-[720px] flex-wrap items-center gap-3">
          <Button look="primary" busy={busy} disabled={busy || chosen.size === 0 || (same && !onboarding)} onClick={save}>
            {onboarding ? 'Start asking' : 'Save'}
          </Button>
          {chosen.size === 0 ? <p className="text-ink-3 text-sm">Choose at least one table.</p> : null}
          {failure ? (
            <p role="alert" className="text-danger-ink text-sm">
              {failure}
            </p>
          ) : null}
          {onboarding ? <p className="ml-auto text-ink-3 text-xs">It can be changed later on the source’s page.</p> : null}
        </div>
      </footer>
    </>
  );
}
