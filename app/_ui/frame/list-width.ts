/** The list column's width in pixels, kept in a cookie so that the server renders it right. Browser-safe. */
export const LIST_COOKIE = 'quarry-list';
export const LIST_WIDTH = { min: 200, initial: 248, max: 420 };

export function clampListWidth(width: number): number {
  return Math.round(Math.min(LIST_WIDTH.max, Math.max(LIST_WIDTH.min, width)));
}

export function readListWidth(value: string | undefined): number {
  const width = Number(value);
  return value && Number.isFinite(width) ? clampListWidth(width) : LIST_WIDTH.initial;
}
