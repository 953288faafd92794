'use client';

import { useRouter } from 'next/navigation';
import { useState } from 'react';
import { toast } from 'sonner';
import type { CacheSettings } from '@/lib/sources/schema';
import { toApiError } from '../../../../_ui/api';
import { Button } from '../../../../_ui/button';
import { Notice } from '../../../../_ui/notice';
import { type SourceInfo, useWorkspace } from '../../../../_ui/workspace';
import { CacheFields } from '../../../settings/caching/cache-fields';
import { type InheritedRules, secondsError, toSettings, toValues } from '../../../settings/caching/cache-values';
import { Part } from './part';

/** What of this source is reused, and for how long. */
export function CacheSection({
  source,
  cache,
  inherited,
}: {
  source: SourceInfo;
  cache: CacheSettings;
  inherited: InheritedRules;
}) {
  const { api } = useWorkspace();
  const router = useRouter();
  const [saved, setSaved] = useState(cache);
  const [values, setValues] = useState(toValues(cache));
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState<'save' | 'clear' | null>(null);
  const next = toSettings(values);
  const valid = Object.values(values).every(({ seconds }) => secondsError(seconds) === undefined);
  const changed = JSON.stringify(next) !== JSON.stringify(toSettings(toValues(saved)));

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
      await api.json(`/api/data-sources/${source.id}`, { method: 'PATCH', body: { cache: next } });
      setSaved(next);
      toast.success('Caching saved');
    });
  const clear = () =>
    act('clear', async () => {
      await api.json(`/api/data-sources/${source.id}/cache`, { method: 'DELETE' });
      toast.success('Cache cleared', { description: 'The next queries and questions are answered afresh.' });
    });

  return (
    <Part
      title="Caching"
      about="What of this source is reused instead of asked again. Empty fields follow the organisation."
      changed={changed && valid}
      busy={busy === 'save'}
      onSave={save}
      extra={
        <Button busy={busy === 'clear'} onClick={clear}>
          Clear cache
        </Button>
      }
    >
      {error ? <Notice tone="danger" live title={error} /> : null}
      <CacheFields values={values} inherited={inherited} onChange={setValues} />
    </Part>
  );
}
