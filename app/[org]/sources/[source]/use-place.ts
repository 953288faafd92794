'use client';

import { usePathname, useSearchParams } from 'next/navigation';
import { useCallback } from 'react';

const VIEWS = ['tables', 'diagram', 'versions'] as const;
export type View = (typeof VIEWS)[number];

interface PlaceOnPage {
  view: View;
  /** Key of the open table. */
  table: string | null;
  /** Goes to another view or table; the way back is the browser's. */
  go(to: { view?: View; table?: string | null }): void;
}

/** What is open on a source's page stands in its address, so that it can be sent to somebody and the browser leads back. */
export function usePlace(): PlaceOnPage {
  const params = useSearchParams();
  const pathname = usePathname();
  const wanted = params.get('view');
  const go = useCallback<PlaceOnPage['go']>(
    ({ view, table }) => {
      const next = new URLSearchParams(params);
      if (view !== undefined) {
        if (view === 'tables') next.delete('view');
        else next.set('view', view);
      }
      if (table === null) next.delete('table');
      else if (table !== undefined) next.set('table', table);
      window.history.pushState(null, '', next.size > 0 ? `${pathname}?${next}` : pathname);
    },
    [params, pathname],
  );
  return { view: VIEWS.find((view) => view === wanted) ?? 'tables', table: params.get('table'), go };
}
