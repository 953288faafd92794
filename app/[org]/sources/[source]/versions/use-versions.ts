'use client';

import { useCallback, useEffect, useState } from 'react';
import type { SchemaDiff, SchemaVersionSummary } from '@/lib/schema';
import { type ApiError, toApiError } from '../../../../_ui/api';
import { useWorkspace } from '../../../../_ui/workspace';

interface Page {
  versions: SchemaVersionSummary[];
  next: number | null;
}

/** The versions of a source's schema, newest first, a page at a time. @param newest reads anew when it changes */
export function useVersions(sourceId: string, newest: number) {
  const { api } = useWorkspace();
  const [page, setPage] = useState<Page | null>(null);
  const [error, setError] = useState<ApiError | null>(null);
  const read = useCallback(
    async (before?: number, signal?: AbortSignal) => {
      try {
        const query = { limit: '20', before: before === undefined ? undefined : String(before) };
        const found = await api.json<Page>(`/api/data-sources/${sourceId}/schema/versions`, { query, signal });
        setPage((old) => (before === undefined || !old ? found : { ...found, versions: [...old.versions, ...found.versions] }));
        setError(null);
      } catch (cause) {
        if (!signal?.aborted) setError(toApiError(cause));
      }
    },
    [api, sourceId],
  );
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new version is read as soon as it is known.
  useEffect(() => {
    const controller = new AbortController();
    void read(undefined, controller.signal);
    return () => controller.abort();
  }, [read, newest]);
  return { page, error, more: () => void read(page?.next ?? undefined), retry: () => void read() };
}

/** What changed between two versions. */
export function useDiff(sourceId: string, from: number, to: number) {
  const { api } = useWorkspace();
  const [diff, setDiff] = useState<SchemaDiff | null>(null);
  const [error, setError] = useState<ApiError | null>(null);
  const read = useCallback(
    async (signal?: AbortSignal) => {
      setError(null);
      try {
        const query = { from: String(from), to: String(to) };
        setDiff(await api.json<SchemaDiff>(`/api/data-sources/${sourceId}/schema/versions/diff`, { query, signal }));
      } catch (cause) {
        if (!signal?.aborted) setError(toApiError(cause));
      }
    },
    [api, sourceId, from, to],
  );
  useEffect(() => {
    const controller = new AbortController();
    void read(controller.signal);
    return () => controller.abort();
  }, [read]);
  return { diff: diff?.from === from && diff.to === to ? diff : null, error, retry: () => void read() };
}
