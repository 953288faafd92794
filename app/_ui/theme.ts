/** The person's choice of theme, kept in a cookie that holds nothing else. Browser-safe. */
export const THEME_COOKIE = 'quarry-theme';
export const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

export function readTheme(value: string | undefined): Theme {
  return THEMES.find((theme) => theme === value) ?? 'system';
}

/** A year, for cookies that only hold how the page looks. */
export const LOOKS_MAX_AGE_S = 31_536_000;
