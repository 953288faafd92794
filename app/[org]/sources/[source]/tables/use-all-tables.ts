'use client';

import { useCallback, useEffect, useState } from 'react';
import type { SchemaAnswer } from '@/lib/schema';
import { type ApiError, toApiError } from '../../../../_ui/api';
import { useWorkspace } from '../../../../_ui/workspace';

/** The whole schema of a source, each table with whether it is chosen. */
export function useAllTables(sourceId: string): { schema: SchemaAnswer | null; error: ApiError | null; reload(): void } {
  const { api } = useWorkspace();
  const [schema, setSchema] = useState<SchemaAnswer | null>(null);
  const [error, setError] = useState<ApiError | null>(null);
  const read = useCallback(
    async (signal?: AbortSignal) => {
      setError(null);
      try {
        setSchema(await api.json<SchemaAnswer>(`/api/data-sources/${sourceId}/schema`, { query: { all: 'true' }, signal }));
      } catch (cause) {
        if (!signal?.aborted) setError(toApiError(cause));
      }
    },
    [api, sourceId],
  );
  useEffect(() => {
    const controller = new AbortController();
    void read(controller.signal);
    return () => controller.abort();
  }, [read]);
  return { schema, error, reload: () => void read() };
}
