/** Numbers and times for reading. Exact texts never pass through a float; what is copied stays raw. */

/** U+2009: separates thousands without looking like a decimal sign in any language. */
const THIN = '\u2009';
const DECIMAL = /^([+-]?)(\d+)(\.\d+)?$/;

/** Groups the digits of a decimal text: "-1234567.50" → "−1 234 567.50" (thin spaces). Anything else is given back as it is. */
export function groupDigits(text: string): string {
  const match = DECIMAL.exec(text);
  if (!match) return text;
  const [, sign = '', whole = '', fraction = ''] = match;
  // ISO 80000-1: groups of three from five digits on; four stand together as well as apart, and years stay readable.
  const grouped = whole.length > 4 ? whole.replace(/\B(?=(\d{3})+$)/g, THIN) : whole;
  return `${sign === '-' ? '\u2212' : ''}${grouped}${fraction}`;
}

/** A number as it came from the API (a double, or exact text) for reading. */
export function formatNumber(value: number | string): string {
  if (typeof value === 'string') return groupDigits(value);
  if (!Number.isFinite(value)) return String(value);
  const text = String(value);
  return text.includes('e') ? text : groupDigits(text);
}

/** A whole count with its unit: "1 row", "12 480 rows". */
export function formatCount(count: number, one: string, many = `${one}s`): string {
  return `${formatNumber(count)} ${count === 1 ? one : many}`;
}

/** Bytes as a person reads them, in thousands: "0 B", "812 B", "1.2 MB". */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const step = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** step;
  return `${step === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[step]}`;
}

/** Milliseconds as a person reads them: "8 ms", "0.42 s", "12 s", "2 min 5 s". */
export function formatDuration(ms: number): string {
  if (ms < 1) return '<1 ms';
  if (ms < 100) return `${Math.round(ms)} ms`;
  if (ms < 10_000) return `${(ms / 1000).toFixed(2)} s`;
  if (ms < 60_000) return `${Math.round(ms / 1000)} s`;
  const seconds = Math.round(ms / 1000);
  return seconds % 60 === 0 ? `${seconds / 60} min` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

const STEPS: [limitMs: number, unitMs: number, unit: Intl.RelativeTimeFormatUnit][] = [
  [3_600_000, 60_000, 'minute'],
  [86_400_000, 3_600_000, 'hour'],
  [7 * 86_400_000, 86_400_000, 'day'],
  [35 * 86_400_000, 7 * 86_400_000, 'week'],
  [365 * 86_400_000, 30.44 * 86_400_000, 'month'],
  [Number.POSITIVE_INFINITY, 365.25 * 86_400_000, 'year'],
];

const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto', style: 'short' });

const SHORT: [limitMs: number, unitMs: number, unit: string][] = [
  [3_600_000, 60_000, 'min'],
  [86_400_000, 3_600_000, 'h'],
  [14 * 86_400_000, 86_400_000, 'd'],
  [60 * 86_400_000, 7 * 86_400_000, 'wk'],
  [700 * 86_400_000, 30.44 * 86_400_000, 'mo'],
  [Number.POSITIVE_INFINITY, 365.25 * 86_400_000, 'y'],
];

/** How long ago in the least room, for lists: "now", "5 min", "3 h", "2 d". @param at and now in milliseconds since the epoch */
export function formatAge(at: number, now: number): string {
  const size = Math.max(0, now - at);
  if (size < 60_000) return 'now';
  for (const [limit, unitMs, unit] of SHORT) if (size < limit) return `${Math.floor(size / unitMs)} ${unit}`;
  return '';
}

/** "just now", "5 min. ago", "yesterday". @param at and now in milliseconds since the epoch */
export function formatRelative(at: number, now: number): string {
  const delta = at - now;
  const size = Math.abs(delta);
  if (size < 60_000) return 'just now';
  for (const [limit, unitMs, unit] of STEPS) {
    if (size < limit) return relative.format(Math.trunc(delta / unitMs), unit);
  }
  return formatInstant(new Date(at).toISOString());
}

const ISO = /^(\d{4,}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(:\d{2}(?:\.\d+)?)?)?(Z|[+-]\d{2}(?::?\d{2})?)?$/;

/**
 * An ISO 8601 text as "2024-03-01 14:05", without reading it as local time: seconds only when they say something, the zone kept.
 */
export function formatInstant(text: string): string {
  const match = ISO.exec(text);
  if (!match) return text;
  const [, date = '', minutes, secondsPart = '', zone = ''] = match;
  if (!minutes) return text;
  const seconds = /^:00(?:\.0+)?$/.test(secondsPart) ? '' : secondsPart;
  return `${date} ${minutes}${seconds}${zone === 'Z' ? ' UTC' : zone ? ` ${zone}` : ''}`;
}
