import { RotateCw, Scissors } from 'lucide-react';
import { Button } from '../../_ui/button';
import { formatCount, formatDuration, formatNumber } from '../../_ui/figures';
import { RelativeTime } from '../../_ui/relative-time';
import type { ShownResult } from './answer-card';

interface Props {
  shown: ShownResult;
  /** Asks the database again, past the cache. */
  onRefresh?(): void;
}

/** How much came, how long it took, what was left out; how old it is, and the way to newer figures. */
export function ResultFooter({ shown, onRefresh }: Props) {
  const { rows, rowCount, truncated, durationMs, cache, keptAt } = shown;
  const facts = [
    formatCount(rowCount, 'row'),
    ...(durationMs === undefined ? [] : [formatDuration(durationMs)]),
    ...(!truncated && rows.length < rowCount ? [`the first ${formatNumber(rows.length)} were kept`] : []),
  ];
  return (
    <div className="tabular flex min-h-9 flex-wrap items-center gap-x-3 gap-y-1 border-t py-1 pr-1.5 pl-3 text-ink-3 text-xs">
      <span>{facts.join(' · ')}</span>
      {truncated ? (
        <span className="inline-flex items-center gap-1 text-warning-ink">
          <Scissors className="size-3 shrink-0" aria-hidden="true" />
          {truncated.by === 'rows'
            ? `Cut at ${formatCount(truncated.limit, 'row')}; there are more`
            : `Cut at ${formatNumber(Math.round(truncated.limit / 1_048_576))} MiB; there are more rows`}
        </span>
      ) : null}
      <span className="ml-auto flex items-center gap-1">
        {keptAt ? (
          <span className="mr-1.5">
            Read <RelativeTime at={keptAt} />
          </span>
        ) : cache.state === 'hit' ? (
          <span className="mr-1.5">
            {cache.ageMs === undefined || cache.ageMs < 1000
              ? 'From the cache'
              : `From the cache, ${formatDuration(cache.ageMs)} old`}
          </span>
        ) : null}
        {onRefresh ? (
          <Button look="ghost" size="sm" onClick={onRefresh} className="text-xs">
            <RotateCw className="size-3.5" aria-hidden="true" />
            Run fresh
          </Button>
        ) : null}
      </span>
    </div>
  );
}
