'use client';

import { useRouter } from 'next/navigation';
import { useState } from 'react';
import { toast } from 'sonner';
import type { OrganizationSettings } from '@/lib/tenancy';
import { toApiError } from '../../../_ui/api';
import { Button } from '../../../_ui/button';
import { formatBytes, formatCount } from '../../../_ui/figures';
import { Notice } from '../../../_ui/notice';
import { useWorkspace } from '../../../_ui/workspace';
import { Section } from '../section';
import { CacheFields } from './cache-fields';
import { installationRules, secondsError, toSettings, toValues } from './cache-values';

/** What one cache holds for the organisation, and how often it helped this server. */
export interface CacheSummary {
  name: string;
  backend: string;
  detail?: string;
  entries: number;
  bytes: number;
  hits: number;
  misses: number;
  joined: number;
}

interface Props {
  settings: OrganizationSettings;
  caches: CacheSummary[];
}

const NAMES: Record<string, string> = { query: 'Results of queries', answer: 'Answers to questions' };

/** What all sources of the organisation reuse, and for how long. */
export function CachingView({ settings, caches }: Props) {
  const { api, can } = useWorkspace();
  const router = useRouter();
  const [saved, setSaved] = useState(settings.cache);
  const [values, setValues] = useState(toValues(settings.cache));
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState<'save' | 'clear' | null>(null);
  const cache = toSettings(values);
  const changed = JSON.stringify(cache) !== JSON.stringify(toSettings(toValues(saved)));
  const valid = Object.values(values).every(({ seconds }) => secondsError(seconds) === undefined);
  const troubled = caches.find(({ detail }) => detail !== undefined);

  const act = async (what: 'save' | 'clear', work: () => Promise<void>) => {
    setBusy(what);
    setError(null);
    try {
      await work();
      router.refresh();
    } catch (cause) {
      setError(toApiError(cause).message);
    }
    setBusy(null);
  };
  const save = () =>
    act('save', async () => {
      await api.json('/api/organizations/settings', { method: 'PUT', body: { cache } });
      setSaved(cache);
      toast.success('Caching saved', { description: 'Nothing that was kept before is used any more.' });
    });
  const clear = () =>
    act('clear', async () => {
      await api.json('/api/cache', { method: 'DELETE' });
      toast.success('Caches cleared', { description: 'The next queries and questions are answered afresh.' });
    });

  return (
    <Section
      title="Caching"
      about="What is reused instead of asked again, for all sources of this organisation; a source can turn it off or choose its own time. Turned off, nothing that was kept before is used either."
      action={
        can('organization.manage') ? (
          <Button size="sm" busy={busy === 'clear'} onClick={clear}>
            Clear caches
          </Button>
        ) : null
      }
    >
      <form
        aria-label="Caching"
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (changed && valid && busy === null) void save();
        }}
      >
        {troubled ? <Notice tone="warning" title={`${troubled.detail} Until it works again, memory stands in.`} /> : null}
        {error ? <Notice tone="danger" live title={error} /> : null}
        <CacheFields values={values} inherited={installationRules(settings.installation.cache)} onChange={setValues} />
        {can('organization.manage') ? (
          <div>
            <Button type="submit" look="primary" busy={busy === 'save'} disabled={!changed || !valid || busy !== null}>
              Save
            </Button>
          </div>
        ) : null}
      </form>
      <h2 className="mt-8 mb-2 font-semibold text-ink">In use now</h2>
      <ul className="divide-y rounded-lg border bg-raised">
        {caches.map((one) => (
          <li key={one.name} className="flex flex-wrap items-baseline justify-between gap-x-4 gap-y-1 px-3 py-2.5 md:px-4">
            <div>
              <p className="font-medium text-ink">{NAMES[one.name] ?? one.name}</p>
              <p className="text-ink-3 text-xs">{placeOf(one.backend)}</p>
            </div>
            <p className="text-ink-3 text-xs tabular-nums sm:text-right">
              <span className="block">
                {formatCount(one.entries, 'entry', 'entries')}, {formatBytes(one.bytes)}
              </span>
              <span className="block">{rateOf(one)}</span>
            </p>
          </li>
        ))}
      </ul>
    </Section>
  );
}

function placeOf(backend: string): string {
  if (backend === 'memory') return 'In the memory of this server';
  return backend === 'redis' ? 'In Redis' : 'In a file of this server';
}

function rateOf({ hits, misses, joined }: CacheSummary): string {
  const lookups = hits + misses;
  if (lookups === 0) return 'Not looked at since the server started';
  return `${Math.round((100 * (hits + joined)) / lookups)} % of ${formatCount(lookups, 'look-up')} answered since the server started`;
}
