'use client';

import type { HealthReport } from '@/lib/sources';
import { Button } from '../../_ui/button';
import { Notice } from '../../_ui/notice';
import { RelativeTime } from '../../_ui/relative-time';
import { useHealth } from './use-health';

/** In the list: a source that is down says so in a word; one that answers has a quiet dot. */
export function HealthMark({ health }: { health: HealthReport | undefined }) {
  if (health?.state === 'down') {
    return (
      <span className="ml-auto inline-flex shrink-0 items-center gap-1 text-danger-ink text-xs" title={health.reason}>
        <span className="size-1.5 rounded-full bg-danger" aria-hidden="true" />
        Down
      </span>
    );
  }
  if (health?.state !== 'up') return null;
  const title = health.latencyMs === undefined ? 'Answers' : `Answers in ${health.latencyMs} ms`;
  return (
    // That all is well needs no word, here or read aloud.
    <span className="ml-auto inline-flex shrink-0 items-center" title={title} aria-hidden="true">
      <span className="size-1.5 rounded-full bg-success" />
    </span>
  );
}

/** On the source's page: why it can't be reached, since when, and a way to ask it now instead of waiting. */
export function HealthNotice({ sourceId }: { sourceId: string }) {
  const { health, asking, ask } = useHealth(sourceId);
  if (health?.state !== 'down') return null;
  return (
    <Notice
      tone="danger"
      live
      title="This source is down"
      className="mx-3 mt-3 md:mx-4"
      action={
        <Button size="sm" onClick={ask} busy={asking}>
          Try now
        </Button>
      }
    >
      {health.reason}{' '}
      {health.since ? (
        <>
          First noticed <RelativeTime at={health.since} />. Quarry asks it again by itself.
        </>
      ) : null}
    </Notice>
  );
}
