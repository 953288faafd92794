const DAY_MS = 86_400_000;
/** The day that the sample data end on, 2026-10-31. Fixed, so that rows and answers never change. */
const ANCHOR_MS = Date.UTC(2026, 9, 31);

/** "2026-10-31", the given number of days before the anchor. */
export function dayBefore(days: number): string {
  return new Date(ANCHOR_MS - days * DAY_MS).toISOString().slice(0, 10);
}

/** "2026-10-31 08:15:00": a moment of that day, plus seconds from its midnight (UTC); more than a day's seconds go on to the next. */
export function momentBefore(days: number, seconds: number): string {
  return new Date(ANCHOR_MS - days * DAY_MS + seconds * 1000).toISOString().slice(0, 19).replace('T', ' ');
}

/** 1 to 12. */
export function monthOf(days: number): number {
  return new Date(ANCHOR_MS - days * DAY_MS).getUTCMonth() + 1;
}

/** 0 is Sunday. */
export function weekdayOf(days: number): number {
  return new Date(ANCHOR_MS - days * DAY_MS).getUTCDay();
}

/** Whole cents as decimal text: 1250 is "12.50". */
export function money(cents: number): string {
  const text = String(Math.abs(cents)).padStart(3, '0');
  return `${cents < 0 ? '-' : ''}${text.slice(0, -2)}.${text.slice(-2)}`;
}
