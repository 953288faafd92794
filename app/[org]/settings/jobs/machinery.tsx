import { ChevronRight } from 'lucide-react';
import type { QueueOverview, WorkflowStatus } from '@/lib/jobs/schema';
import { formatCount, formatDuration, formatNumber } from '../../../_ui/figures';
import { RelativeTime } from '../../../_ui/relative-time';
import { Status } from './status';

interface FiguresProps {
  overview: QueueOverview;
  onFilter(status: WorkflowStatus): void;
}

/** The queues' figures in one row each; a figure leads to its jobs. */
export function QueueFigures({ overview, onFilter }: FiguresProps) {
  return (
    <div className="grid gap-2">
      {overview.queues.map((queue) => (
        <section key={queue.name} aria-label={queue.label} className="rounded-lg border bg-raised px-3 py-2.5 md:px-4">
          <h2 className="text-ink-3 text-xs">{queue.label}</h2>
          <div className="mt-1 grid grid-cols-4 gap-2">
            <Figure name="Running" value={queue.running} onClick={() => onFilter('running')} />
            <Figure name="Waiting" value={queue.waiting} onClick={() => onFilter('pending')} />
            <Figure name="Later" value={queue.delayed} onClick={() => onFilter('pending')} />
            <Figure name="Failed, 24 h" value={queue.failed} bad onClick={() => onFilter('failed')} />
          </div>
        </section>
      ))}
    </div>
  );
}

function Figure({ name, value, bad, onClick }: { name: string; value: number; bad?: boolean; onClick(): void }) {
  return (
    <button type="button" onClick={onClick} className="-mx-1 rounded-md px-1 text-left hover:bg-hover">
      <span
        className={`block font-semibold text-lg tabular-nums ${bad && value > 0 ? 'text-danger-ink' : value > 0 ? 'text-ink' : 'text-ink-3'}`}
      >
        {formatNumber(value)}
      </span>
      <span className="block whitespace-nowrap text-ink-3 text-xs">{name}</span>
    </button>
  );
}

/** Processes and schedules, folded: for the day when something is wrong. */
export function Machinery({ overview }: { overview: QueueOverview }) {
  const { workers, schedules, backend } = overview;
  const working = workers.filter(({ runsJobs }) => runsJobs).length;
  return (
    <details className="group mt-6 rounded-lg border bg-raised">
      <summary className="flex cursor-pointer list-none items-center gap-2 px-3 py-2.5 text-sm md:px-4 [&::-webkit-details-marker]:hidden">
        <ChevronRight className="size-4 shrink-0 text-ink-3 transition-transform group-open:rotate-90" aria-hidden="true" />
        <span className="whitespace-nowrap font-medium text-ink">Processes and schedules</span>
        <span className="ml-auto hidden truncate text-ink-3 text-xs md:block">
          {formatCount(working, 'process runs', 'processes run')} jobs, {backend === 'redis' ? 'with Redis' : 'without Redis'}
        </span>
      </summary>
      <div className="grid gap-x-8 gap-y-5 border-t px-3 py-4 md:grid-cols-2 md:px-4">
        <section aria-label="Processes">
          <h3 className="mb-2 font-semibold text-ink text-sm">Processes</h3>
          <ul className="space-y-3">
            {workers.map((worker) => (
              <li key={worker.id} className="text-sm">
                <p className="flex items-baseline gap-2">
                  <code className="font-mono text-ink text-xs">{worker.id}</code>
                  <span className="text-ink-2">{worker.runsJobs ? 'runs jobs' : 'serves requests'}</span>
                  <span className="ml-auto text-ink-3 text-xs">
                    since <RelativeTime at={worker.startedAt} short />
                  </span>
                </p>
                <ul className="mt-1 space-y-0.5 text-ink-3 text-xs">
                  {worker.sweeps.map((sweep) => (
                    <li key={sweep.name} className="flex gap-2">
                      <span className="min-w-0 flex-1 truncate font-mono">{sweep.name}</span>
                      <span className={sweep.ok ? undefined : 'text-danger-ink'}>
                        {sweep.ok ? '' : 'failed '}
                        <RelativeTime at={sweep.at} />
                      </span>
                    </li>
                  ))}
                </ul>
              </li>
            ))}
          </ul>
          {workers.length === 0 ? <p className="text-ink-3 text-sm">No process has given a sign of life lately.</p> : null}
        </section>
        <section aria-label="Schedules">
          <h3 className="mb-2 font-semibold text-ink text-sm">Schedules</h3>
          <ul className="space-y-1.5">
            {schedules.map((schedule) => (
              <li key={schedule.kind} className="flex items-baseline gap-2 text-sm">
                <span className="min-w-0 flex-1 truncate text-ink-2" title={schedule.kind}>
                  {schedule.label}
                </span>
                <span className="whitespace-nowrap text-ink-3 text-xs">every {formatDuration(schedule.everyMs)}</span>
                <span className="w-[72px] shrink-0">
                  {schedule.last ? <Status look={schedule.last.status} /> : <span className="text-ink-3 text-xs">not yet</span>}
                </span>
              </li>
            ))}
          </ul>
        </section>
      </div>
    </details>
  );
}
