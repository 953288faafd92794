'use client';

import { BarChart3, Table2 } from 'lucide-react';
import dynamic from 'next/dynamic';
import { useRef, useState } from 'react';
import type { Answer, Attempt } from '@/lib/conversations/schema';
import type { QueryResult } from '@/lib/query';
import type { JsonCell } from '@/lib/query/schema';
import { type ChartHandle, ChartView } from '../../_ui/chart/chart-view';
import { hasOrder } from '../../_ui/chart/order';
import { gridHeight } from '../../_ui/grid/values';
import { Segmented } from '../../_ui/segmented';
import type { SourceInfo } from '../../_ui/workspace';
import { DownloadMenu } from './download-menu';
import { QueryFold } from './query-fold';
import { ResultFooter } from './result-footer';

/** The grid comes with the first table that is shown; its room is kept meanwhile. */
const Grid = dynamic(() => import('../../_ui/grid/grid').then((module) => module.Grid), { ssr: false });

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
  /** When stored rows were read, ISO 8601. */
  keptAt: string | null;
}

interface Props {
  question: string;
  answer: Partial<Answer>;
  attempts: readonly Attempt[];
  keptAt: string | null;
  /** How long the query ran, in milliseconds. */
  runMs?: number;
  source: SourceInfo | null;
  onRefresh?(): void;
}

export function AnswerCard({ question, answer, attempts, keptAt, runMs, source, onRefresh }: Props) {
  const [edited, setEdited] = useState<ShownResult | null>(null);
  const chart = edited ? null : (answer.chart ?? null);
  const [view, setView] = useState<'chart' | 'table'>('chart');
  const drawing = useRef<ChartHandle>(null);
  const shown = edited ?? { ...resultOf(answer, runMs), keptAt };
  const asChart = chart !== null && view === 'chart';
  return (
    <section aria-label={`Result: ${question}`} className="overflow-hidden rounded-lg border bg-raised">
      {chart || shown.rows.length > 0 ? (
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
          {shown.rows.length > 0 ? (
            <DownloadMenu
              query={shown.query}
              source={source}
              onPicture={asChart && chart?.type !== 'number' ? () => drawing.current?.download('chart') : undefined}
            />
          ) : null}
        </div>
      ) : null}
      <ResultBody shown={shown} chart={asChart ? chart : null} drawing={drawing} />
      <ResultFooter shown={shown} onRefresh={edited ? undefined : onRefresh} />
      <QueryFold
        query={shown.query}
        answer={answer}
        attempts={attempts}
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
  if (chart) {
    return <ChartView chart={chart} columns={shown.columns} rows={shown.rows} ordered={hasOrder(shown.query)} handle={drawing} />;
  }
  return (
    <div style={{ minHeight: gridHeight(shown.rows.length) }}>
      <Grid columns={shown.columns} rows={shown.rows} aria-label="Rows of the result" />
    </div>
  );
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
    keptAt: null,
  };
}

function fromRun(result: QueryResult, query: string): ShownResult {
  const { columns, rows, rowCount, truncated, durationMs, cache } = result;
  return { columns, rows, rowCount, truncated, durationMs, cache, query, edited: true, keptAt: null };
}
