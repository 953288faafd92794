'use client';

import { ListChecks, RefreshCw } from 'lucide-react';
import { toast } from 'sonner';
import { ALL_JOBS, ALL_QUESTIONS, type JobView, type QueueOverview } from '@/lib/jobs/schema';
import { toApiError } from '../../../_ui/api';
import { Button } from '../../../_ui/button';
import { moveWithArrows } from '../../../_ui/frame/arrow-list';
import { WorkHeader } from '../../../_ui/frame/place';
import { Menu, MenuContent, MenuItem, MenuLabel, MenuTrigger } from '../../../_ui/menu';
import { Empty, Notice } from '../../../_ui/notice';
import { Segmented } from '../../../_ui/segmented';
import { useWorkspace } from '../../../_ui/workspace';
import { JobDrawer } from './job-drawer';
import { JobRow } from './job-row';
import { Machinery, QueueFigures } from './machinery';
import { type JobList, useJobs } from './use-jobs';

const STATUSES = [
  { value: 'all', label: 'All' },
  { value: 'pending', label: 'Waiting' },
  { value: 'running', label: 'Running' },
  { value: 'failed', label: 'Failed' },
  { value: 'completed', label: 'Done' },
] as const;

/** Jobs and questions of the organisation, live. */
export function JobsView(initial: { list: JobList; overview: QueueOverview }) {
  const { can } = useWorkspace();
  const jobs = useJobs(initial);
  const { list, overview, filters, setFilters } = jobs;
  const { status, kind, open } = filters;
  const actions = {
    onRetry: (job: JobView) => void jobs.retry(job),
    onCancel: (job: JobView) => void jobs.cancel(job),
  };
  return (
    <>
      <WorkHeader title="Jobs">
        <span role="status" className="text-ink-3 text-xs">
          {jobs.stale ? 'Not up to date, trying again' : null}
        </span>
        {can('schema.refresh') ? <AskMenu onAsked={jobs.refresh} /> : null}
      </WorkHeader>
      <div className="scroll-thin min-h-0 flex-1 overflow-y-auto px-3 md:px-6">
        <div className="mx-auto max-w-[960px] py-5">
          {overview.trouble ? (
            <Notice tone="warning" className="mb-4" live>
              {overview.trouble}
            </Notice>
          ) : null}
          <QueueFigures overview={overview} onFilter={(next) => setFilters({ status: next, kind: ALL_JOBS })} />
          <div className="mt-5 mb-2 flex flex-wrap items-center gap-2">
            <Segmented
              aria-label="Status"
              value={status ?? 'all'}
              onValueChange={(next) => setFilters({ status: next === 'all' ? null : next })}
              options={[...STATUSES]}
            />
            <Segmented
              aria-label="What"
              className="md:ml-auto"
              value={kind === ALL_QUESTIONS ? ALL_QUESTIONS : ALL_JOBS}
              onValueChange={(next) => setFilters({ kind: next })}
              options={[
                { value: ALL_JOBS, label: 'Jobs' },
                { value: ALL_QUESTIONS, label: 'Questions' },
              ]}
            />
          </div>
          {list.jobs.length === 0 ? (
            <Nothing filtered={status !== null} questions={kind === ALL_QUESTIONS} />
          ) : (
            <ul className="divide-y overflow-hidden rounded-lg border bg-raised" aria-label="Jobs" onKeyDown={moveWithArrows}>
              {list.jobs.map((job) => (
                <JobRow
                  key={job.id}
                  job={job}
                  canManage={can('job.manage')}
                  onOpen={({ id }) => setFilters({ open: id })}
                  {...actions}
                />
              ))}
            </ul>
          )}
          {list.nextCursor ? (
            <div className="mt-3 flex justify-center">
              <Button size="sm" onClick={() => void jobs.loadMore()}>
                Show older ones
              </Button>
            </div>
          ) : null}
          <Machinery overview={overview} />
        </div>
      </div>
      <JobDrawer
        id={open}
        row={list.jobs.find(({ id }) => id === open) ?? null}
        onClose={() => setFilters({ open: null })}
        {...actions}
      />
    </>
  );
}

function Nothing({ filtered, questions }: { filtered: boolean; questions: boolean }) {
  const what = questions ? 'question' : 'job';
  return (
    <Empty
      icon={<ListChecks aria-hidden="true" />}
      title={filtered ? `No such ${what}` : `No ${what} yet`}
      className="rounded-lg border bg-raised"
    >
      {filtered
        ? 'Nothing has this status now. The list keeps itself up to date.'
        : questions
          ? 'Each question that is asked shows here with its steps and how it ended, without its words.'
          : 'Work in the background shows here: schemas that are read again, and why something failed.'}
    </Empty>
  );
}

/** Asks for schemas to be read again in the background. */
function AskMenu({ onAsked }: { onAsked(): void }) {
  const { api, sources } = useWorkspace();
  if (sources.length === 0) return null;
  const ask = async (ids: string[]) => {
    const asked = await Promise.allSettled(
      ids.map((dataSourceId) => api.json('/api/jobs', { method: 'POST', body: { kind: 'schema.refresh', dataSourceId } })),
    );
    const refused = asked.find((one) => one.status === 'rejected');
    if (refused) toast.error('Not every job was taken', { description: toApiError(refused.reason).message });
    onAsked();
  };
  return (
    <Menu>
      <MenuTrigger asChild>
        <Button size="sm">
          <RefreshCw className="size-3.5" aria-hidden="true" />
          Read schemas
        </Button>
      </MenuTrigger>
      <MenuContent align="end">
        <MenuLabel>Read again in the background</MenuLabel>
        {sources.length > 1 ? <MenuItem onSelect={() => void ask(sources.map(({ id }) => id))}>All sources</MenuItem> : null}
        {sources.map((source) => (
          <MenuItem key={source.id} onSelect={() => void ask([source.id])}>
            <span className="truncate">{source.name}</span>
          </MenuItem>
        ))}
      </MenuContent>
    </Menu>
  );
}
