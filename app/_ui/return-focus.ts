'use client';

import { useLayoutEffect, useRef } from 'react';

/**
 * For what floats without a trigger of its own: on closing, the focus goes back to where it was. What was opened from a menu goes back
 * to the menu's button, since the item is gone by then.
 * @returns the handler for `onCloseAutoFocus`
 */
export function useReturnFocus(open: boolean): (event: Event) => void {
  const from = useRef<HTMLElement | null>(null);
  // Before the effects, in which the content takes the focus.
  useLayoutEffect(() => {
    if (!open) return;
    const active = document.activeElement;
    const labelledBy = active?.closest('[role="menu"]')?.getAttribute('aria-labelledby');
    const origin = labelledBy ? document.getElementById(labelledBy) : active;
    from.current = origin instanceof HTMLElement && origin !== document.body ? origin : null;
  }, [open]);
  return (event) => {
    event.preventDefault();
    from.current?.focus({ preventScroll: true });
  };
}
