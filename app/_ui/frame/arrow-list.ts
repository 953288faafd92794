import type { KeyboardEvent } from 'react';

/** Up, down, Home and End move the focus between the links and buttons marked `data-item` of a list. */
export function moveWithArrows(event: KeyboardEvent<HTMLElement>): void {
  const items = [...event.currentTarget.querySelectorAll<HTMLElement>('[data-item]')];
  const here = items.findIndex((item) => item === document.activeElement || item.contains(document.activeElement));
  const target = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: items.length - 1 }[event.key];
  if (target === undefined) return;
  const item = items[target];
  if (!item) return;
  event.preventDefault();
  item.focus();
}
