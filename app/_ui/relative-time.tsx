'use client';

import { useSyncExternalStore } from 'react';
import { formatAge, formatInstant, formatRelative } from './figures';

const MINUTE_MS = 60_000;

function subscribe(changed: () => void): () => void {
  const timer = setInterval(changed, MINUTE_MS);
  return () => clearInterval(timer);
}

const currentMinute = () => Math.ceil(Date.now() / MINUTE_MS) * MINUTE_MS;

/** "5 min. ago", with the exact time on hover. The server renders the exact time, since it can't know when the page is read. */
export function RelativeTime({ at, short, className }: { at: string; short?: boolean; className?: string }) {
  const now = useSyncExternalStore(subscribe, currentMinute, () => 0);
  const exact = formatInstant(at.replace(/\.\d+/, ''));
  return (
    <time dateTime={at} title={exact} className={className} suppressHydrationWarning>
      {now === 0 ? exact.slice(0, 10) : (short ? formatAge : formatRelative)(Date.parse(at), now)}
    </time>
  );
}
