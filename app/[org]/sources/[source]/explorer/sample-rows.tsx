'use client';

import dynamic from 'next/dynamic';
import { useCallback, useEffect, useState } from 'react';
import type { QueryResult } from '@/lib/query';
import type { TableAnswer } from '@/lib/schema';
import { type ApiError, toApiError } from '../../../../_ui/api';
import { Button } from '../../../../_ui/button';
import { formatCount } from '../../../../_ui/figures';
import { Notice } from '../../../../_ui/notice';
import { useWorkspace } from '../../../../_ui/workspace';
import { tableKey } from '../table-key';

const Grid = dynamic(() => import('../../../../_ui/grid/grid').then((module) => module.Grid), { ssr: false });

/** The first rows of a table, read when they are asked for. */
export function SampleRows({ sourceId, table }: { sourceId: string; table: TableAnswer }) {
  const { api } = useWorkspace();
  const [result, setResult] = useState<QueryResult | null>(null);
  const [error, setError] = useState<ApiError | null>(null);
  const key = tableKey(table);
  const read = useCallback(
    async (signal?: AbortSignal) => {
      setError(null);
      try {
        const path = `/api/data-sources/${sourceId}/schema/sample`;
        setResult(await api.json<QueryResult>(path, { query: { table: key }, signal }));
      } catch (cause) {
        if (!signal?.aborted) setError(toApiError(cause));
      }
    },
    [api, sourceId, key],
  );
  useEffect(() => {
    const controller = new AbortController();
    void read(controller.signal);
    return () => controller.abort();
  }, [read]);
  if (error) {
    return (
      <Notice
        tone="danger"
        live
        title={error.message}
        action={
          <Button size="sm" onClick={() => void read()}>
            Try again
          </Button>
        }
      >
        {error.hints.join(' ')}
      </Notice>
    );
  }
  if (!result) return <div role="status" aria-label="Reading the first rows" className="h-60 animate-sheen rounded-lg border" />;
  if (result.rowCount === 0)
    return <p className="rounded-lg border px-4 py-8 text-center text-ink-3 text-sm">The table is empty.</p>;
  const { masked, filtered } = result.policy;
  const notes = [
    result.truncated ? `The first ${formatCount(result.rowCount, 'row')}` : formatCount(result.rowCount, 'row'),
    ...(masked.length > 0 ? ['some columns are masked for you'] : []),
    ...(filtered.length > 0 ? ['some rows are hidden from you'] : []),
  ];
  return (
    <div className="overflow-hidden rounded-lg border bg-raised">
      <Grid columns={result.columns} rows={result.rows} maxHeight={680} aria-label={`First rows of ${table.name}`} />
      <p className="border-t px-3 py-2 text-ink-3 text-xs">{notes.join('; ')}</p>
    </div>
  );
}
