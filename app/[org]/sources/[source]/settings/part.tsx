'use client';

import type { FormEvent, ReactNode } from 'react';
import { Button } from '../../../../_ui/button';

interface Props {
  title: string;
  about: string;
  /** Whether there is something to save. */
  changed: boolean;
  busy: boolean;
  onSave(): void;
  /** Stands beside the button. */
  extra?: ReactNode;
  children: ReactNode;
}

/** One part of a source's settings, saved for itself. */
export function Part({ title, about, changed, busy, onSave, extra, children }: Props) {
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (changed && !busy) onSave();
  };
  return (
    <form onSubmit={submit} aria-label={title} className="flex flex-col gap-4">
      <div>
        <h2 className="font-semibold text-ink">{title}</h2>
        <p className="max-w-[560px] text-ink-3 text-sm">{about}</p>
      </div>
      {children}
      <div className="flex flex-wrap items-center gap-2">
        <Button type="submit" look="primary" busy={busy} disabled={!changed || busy}>
          Save
        </Button>
        {extra}
      </div>
    </form>
  );
}
