'use client';

import { useCallback, useEffect, useState } from 'react';
import { toast } from 'sonner';
import type { SchemaAnswer } from '@/lib/schema';
import { type ApiError, toApiError } from '../../../_ui/api';
import { formatCount } from '../../../_ui/figures';
import { useWorkspace } from '../../../_ui/workspace';

interface SchemaState {
  schema: SchemaAnswer | null;
  error: ApiError | null;
  reading: boolean;
  /** Reads it from the source again. */
  refresh(): void;
  retry(): void;
  /** Has the model describe the tables that it hasn't described as they are now. */
  writeDescriptions(): void;
}

export function useSchema(sourceId: string): SchemaState {
  const { api } = useWorkspace();
  const [schema, setSchema] = useState<SchemaAnswer | null>(null);
  const [error, setError] = useState<ApiError | null>(null);
  const [reading, setReading] = useState(true);

  const read = useCallback(
    async (again: boolean, signal?: AbortSignal) => {
      setReading(true);
      try {
        const path = `/api/data-sources/${sourceId}/schema${again ? '/refresh' : ''}`;
        const found = await api.json<SchemaAnswer>(path, { method: again ? 'POST' : 'GET', signal });
        setSchema(found);
        setError(null);
        if (again) toast.success('Schema read', { description: formatCount(found.tables.length, 'table') });
      } catch (cause) {
        if (signal?.aborted) return;
        setError(toApiError(cause));
      }
      setReading(false);
    },
    [api, sourceId],
  );

  useEffect(() => {
    const controller = new AbortController();
    void read(false, controller.signal);
    return () => controller.abort();
  }, [read]);

  const writeDescriptions = useCallback(async () => {
    setReading(true);
    try {
      const path = `/api/data-sources/${sourceId}/schema/descriptions`;
      const { described, left } = await api.json<{ described: number; left: number }>(path, { method: 'POST' });
      if (described === 0) toast.success('Every table is described already');
      else
        toast.success(
          `${formatCount(described, 'table')} described`,
          left > 0 ? { description: `${left} are left for the next time.` } : {},
        );
    } catch (cause) {
      toast.error('No table was described', { description: toApiError(cause).message });
    }
    await read(false);
  }, [api, sourceId, read]);

  return {
    schema,
    error,
    reading,
    refresh: () => void read(true),
    retry: () => void read(false),
    writeDescriptions: () => void writeDescriptions(),
  };
}
