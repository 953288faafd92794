import { Scissors } from 'lucide-react';
import { formatCount, formatDuration, formatNumber } from '../../_ui/figures';
import type { ShownResult } from './answer-card';

/** How much came, how long it took, how old it is, and what was left out. */
export function ResultFooter({ shown }: { shown: ShownResult }) {
  const { rows, rowCount, truncated, durationMs, cache } = shown;
  const facts = [
    formatCount(rowCount, 'row'),
    ...(durationMs === undefined ? [] : [formatDuration(durationMs)]),
    ...(cache.state === 'hit'
      ? [
          cache.ageMs === undefined || cache.ageMs < 1000
            ? 'from the cache'
            : `from the cache, ${formatDuration(cache.ageMs)} old`,
        ]
      : []),
    ...(!truncated && rows.length < rowCount ? [`the first ${formatNumber(rows.length)} were kept`] : []),
  ];
  return (
    <div className="tabular flex min-h-8 flex-wrap items-center gap-x-3 gap-y-1 border-t px-3 py-1 text-ink-3 text-xs">
      <span>{facts.join(' · ')}</span>
      {truncated ? (
        <span className="inline-flex items-center gap-1 text-warning-ink">
          <Scissors className="size-3" aria-hidden="true" />
          {truncated.by === 'rows'
            ? `Cut at ${formatCount(truncated.limit, 'row')}; there are more`
            : `Cut at ${formatNumber(Math.round(truncated.limit / 1_048_576))} MiB; there are more rows`}
        </span>
      ) : null}
    </div>
  );
}
