'use client';

import { BarChart3, Download, RotateCw, Table2 } from 'lucide-react';
import { useRef, useState } from 'react';
import { toast } from 'sonner';
import type { Answer } from '@/lib/conversations/schema';
import type { QueryResult } from '@/lib/query';
import type { JsonCell } from '@/lib/query/schema';
import { toApiError } from '../../_ui/api';
import { Button } from '../../_ui/button';
import { type ChartHandle, ChartView } from '../../_ui/chart/chart-view';
import { saveFile } from '../../_ui/clipboard';
import { Grid } from '../../_ui/grid/grid';
import { Segmented } from '../../_ui/segmented';
import { Hint } from '../../_ui/tooltip';
import { type SourceInfo, useWorkspace } from '../../_ui/workspace';
import { QueryFold } from './query-fold';
import { ResultFooter } from './result-footer';

/** What the card shows: the answer's rows, or those of the query that a person edited. */
export interface ShownResult {
  columns: readonly { name: string; type: string; nativeType?: string }[];
  rows: readonly (readonly JsonCell[])[];
  rowCount: number;
  truncated: Answer['truncated'];
  durationMs?: number;
  cache: Answer['cache'];
  query: string;
  edited: boolean;
}

interface Props {
  answer: Partial<Answer>;
  /** How long the query ran. */
  runMs?: number;
  source: SourceInfo | null;
  onRefresh?(): void;
}

export function AnswerCard({ answer, runMs, source, onRefresh }: Props) {
  const [edited, setEdited] = useState<ShownResult | null>(null);
  const chart = edited ? null : (answer.chart ?? null);
  const [view, setView] = useState<'chart' | 'table'>('chart');
  const drawing = useRef<ChartHandle>(null);
  const shown = edited ?? resultOf(answer, runMs);
  const asChart = chart !== null && view === 'chart';
  return (
    <section aria-label="Result" className="overflow-hidden rounded-lg border bg-raised">
      {chart || onRefresh || shown.rows.length > 0 ? (
        <div className="flex h-10 items-center gap-1 border-b pr-1.5 pl-2 pointer-coarse:h-12">
          {chart ? (
            <Segmented
              aria-label="Show as"
              value={view}
              onValueChange={setView}
              options={[
                { value: 'chart', label: 'Chart', icon: <BarChart3 aria-hidden="true" /> },
                { value: 'table', label: 'Table', icon: <Table2 aria-hidden="true" /> },
              ]}
            />
          ) : (
            <span className="px-1 font-medium text-ink-2 text-xs">{edited ? 'Result of your query' : 'Result'}</span>
          )}
          <div className="flex-1" />
          {onRefresh && !edited ? (
            <Hint text="Ask again, past the cache">
              <Button look="ghost" size="icon-sm" aria-label="Ask again, past the cache" onClick={onRefresh}>
                <RotateCw className="size-4" aria-hidden="true" />
              </Button>
            </Hint>
          ) : null}
          {asChart && chart?.type !== 'number' ? (
            <Button look="ghost" size="sm" onClick={() => drawing.current?.download('chart')}>
              <Download className="size-4" aria-hidden="true" />
              PNG
            </Button>
          ) : null}
          {shown.rows.length > 0 && source ? <CsvButton query={shown.query} source={source} /> : null}
        </div>
      ) : null}
      <ResultBody shown={shown} chart={asChart ? chart : null} drawing={drawing} />
      <ResultFooter shown={shown} />
      <QueryFold
        query={answer.query ?? ''}
        source={source}
        edited={edited !== null}
        onResult={(result, query) => setEdited(fromRun(result, query))}
        onBack={() => setEdited(null)}
      />
    </section>
  );
}

interface BodyProps {
  shown: ShownResult;
  chart: Answer['chart'];
  drawing: React.Ref<ChartHandle>;
}

function ResultBody({ shown, chart, drawing }: BodyProps) {
  if (shown.columns.length > 0 && shown.rows.length === 0) {
    return <p className="px-4 py-8 text-center text-ink-3 text-sm">No rows. The query ran, and nothing in the data fits it.</p>;
  }
  if (chart) return <ChartView chart={chart} columns={shown.columns} rows={shown.rows} handle={drawing} />;
  return <Grid columns={shown.columns} rows={shown.rows} aria-label="Rows of the result" />;
}

/** The rows of an answer are JSON that the server made from typed columns. */
function resultOf(answer: Partial<Answer>, durationMs: number | undefined): ShownResult {
  const rows = (answer.rows ?? []) as readonly (readonly JsonCell[])[];
  return {
    columns: answer.columns ?? [],
    rows,
    rowCount: answer.rowCount ?? rows.length,
    truncated: answer.truncated ?? null,
    durationMs,
    cache: answer.cache ?? { state: 'miss' },
    query: answer.query ?? '',
    edited: false,
  };
}

function fromRun(result: QueryResult, query: string): ShownResult {
  const { columns, rows, rowCount, truncated, durationMs, cache } = result;
  return { columns, rows, rowCount, truncated, durationMs, cache, query, edited: true };
}

function CsvButton({ query, source }: { query: string; source: SourceInfo }) {
  const { api, can } = useWorkspace();
  const [busy, setBusy] = useState(false);
  if (!can('query.export')) return null;
  const download = async () => {
    setBusy(true);
    try {
      const response = await api.raw('/api/execute-query/export', {
        method: 'POST',
        query: { format: 'csv' },
        body: { dataSourceId: source.id, query },
      });
      saveFile(await response.blob(), `${source.name.replace(/[^\p{L}\p{N}]+/gu, '-').toLowerCase()}.csv`);
    } catch (error) {
      toast.error('The file was not made', { description: toApiError(error).message });
    } finally {
      setBusy(false);
    }
  };
  return (
    <Hint text="All rows, also those that the page cut">
      <Button look="ghost" size="sm" busy={busy} onClick={download}>
        <Download className="size-4" aria-hidden="true" />
        CSV
      </Button>
    </Hint>
  );
}
