/** Dates and periods of a question, as half-open ranges of days. */
import * as chrono from 'chrono-node';
import type { Token } from './words';

export interface Period {
  /** Token positions, end exclusive. */
  start: number;
  end: number;
  /** First day, and the day after the last one. ISO. */
  from: string;
  to: string;
  /** A lone year, so that year columns can take it. */
  year?: number;
  /** A month whose year was not said. */
  yearless?: true;
  text: string;
}

const iso = (date: Date): string => date.toISOString().slice(0, 10);
const day = (year: number, month: number, date: number): Date => new Date(Date.UTC(year, month, date));
const UNITS = ['day', 'week', 'month', 'quarter', 'year'] as const;
type Unit = (typeof UNITS)[number];

/** First day of the unit that holds `date`, moved by `offset` units. Weeks start on Monday. */
function startOf(date: Date, unit: Unit, offset: number): Date {
  const [year, month, dayOfMonth] = [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()];
  switch (unit) {
    case 'day':
      return day(year, month, dayOfMonth + offset);
    case 'week':
      return day(year, month, dayOfMonth - ((date.getUTCDay() + 6) % 7) + 7 * offset);
    case 'month':
      return day(year, month + offset, 1);
    case 'quarter':
      return day(year, Math.floor(month / 3) * 3 + 3 * offset, 1);
    case 'year':
      return day(year + offset, 0, 1);
  }
}

function back(date: Date, unit: Unit, count: number): Date {
  const [year, month, dayOfMonth] = [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()];
  if (unit === 'day' || unit === 'week') return day(year, month, dayOfMonth - count * (unit === 'week' ? 7 : 1));
  return day(year, month - count * (unit === 'month' ? 1 : unit === 'quarter' ? 3 : 12), dayOfMonth);
}

const unitOf = (word: string | undefined): Unit | undefined => UNITS.find((unit) => word === unit || word === `${unit}s`);

/** "last month", "this year", "past 7 days", "yesterday", "Q1 2023". */
function relativePeriod(tokens: readonly Token[], at: number, now: Date): Omit<Period, 'text'> | null {
  const word = tokens[at]?.lower ?? '';
  const next = tokens[at + 1];
  const range = (end: number, from: Date, to: Date): Omit<Period, 'text'> => ({ start: at, end, from: iso(from), to: iso(to) });
  if (word === 'today') return range(at + 1, startOf(now, 'day', 0), startOf(now, 'day', 1));
  if (word === 'yesterday') return range(at + 1, startOf(now, 'day', -1), startOf(now, 'day', 0));
  if (['last', 'past', 'previous', 'this', 'current', 'next'].includes(word)) {
    const unit = unitOf(next?.lower);
    if (unit && next?.lower === unit) {
      if (word === 'past') return range(at + 2, back(now, unit, 1), startOf(now, 'day', 1));
      const offset = word === 'next' ? 1 : word === 'last' || word === 'previous' ? -1 : 0;
      return range(at + 2, startOf(now, unit, offset), startOf(now, unit, offset + 1));
    }
    const counted = unitOf(tokens[at + 2]?.lower);
    if (counted && next?.kind === 'number' && next.value !== undefined && word !== 'this' && word !== 'next') {
      return range(at + 3, back(now, counted, next.value), startOf(now, 'day', 1));
    }
  }
  const quarter = /^q([1-4])$/.exec(word);
  if (quarter) {
    const named = next?.value !== undefined && next.value > 1900 && next.value < 2200 ? next.value : undefined;
    const first = day(named ?? now.getUTCFullYear(), (Number(quarter[1]) - 1) * 3, 1);
    return range(at + (named === undefined ? 1 : 2), first, startOf(first, 'quarter', 1));
  }
  return null;
}

const MONTH =
  /^(jan(uary)?|feb(ruary)?|mar(ch)?|apr(il)?|may|june?|july?|aug(ust)?|sep(t(ember)?)?|oct(ober)?|nov(ember)?|dec(ember)?)$/;

function chronoPeriods(question: string, tokens: readonly Token[], now: Date): Period[] {
  const looksDated = tokens.some(
    (token, at) =>
      token.kind === 'date' ||
      (MONTH.test(token.lower) &&
        (token.lower !== 'may' || (token.capital && at > 0)) &&
        (token.lower !== 'march' || token.capital)),
  );
  if (!looksDated) return [];
  const out: Period[] = [];
  for (const found of chrono.en.parse(question, { instant: now, timezone: 0 })) {
    const endOfText = found.index + found.text.length;
    const start = tokens.findIndex((token) => token.offset + token.text.length > found.index);
    const end = tokens.findLastIndex((token) => token.offset < endOfText) + 1;
    if (start < 0 || end <= start || !found.start.isCertain('month')) continue;
    if (!tokens.slice(start, end).some((token) => token.kind === 'date' || MONTH.test(token.lower))) continue;
    const last = found.end ?? found.start;
    const years = latestYear(found.start, last, now);
    const of = (part: typeof found.start): Date =>
      day(
        years ?? part.get('year') ?? now.getUTCFullYear(),
        (part.get('month') ?? 1) - 1,
        part.isCertain('day') ? (part.get('day') ?? 1) : 1,
      );
    const from = of(found.start);
    const to = last.isCertain('day') ? startOf(of(last), 'day', 1) : startOf(of(last), 'month', 1);
    out.push({ start, end, from: iso(from), to: iso(to), text: found.text, ...(years === null ? {} : { yearless: true }) });
  }
  return out;
}

/**
 * @param now the moment that relative dates are counted from
 * @returns periods that don't overlap, in order
 */
export function findPeriods(question: string, tokens: readonly Token[], now: Date): Period[] {
  const out = chronoPeriods(question, tokens, now);
  const taken = (at: number): boolean => out.some((period) => at >= period.start && at < period.end);
  for (let at = 0; at < tokens.length; at++) {
    const token = tokens[at];
    if (!token || taken(at)) continue;
    const found = relativePeriod(tokens, at, now);
    if (found) {
      out.push({
        ...found,
        text: tokens
          .slice(found.start, found.end)
          .map((item) => item.text)
          .join(' '),
      });
    } else if (token.kind === 'number' && token.value !== undefined && /^(1[5-9]|20|21)\d\d$/.test(token.text)) {
      out.push({
        start: at,
        end: at + 1,
        from: `${token.value}-01-01`,
        to: `${token.value + 1}-01-01`,
        year: token.value,
        text: token.text,
      });
    }
  }
  out.sort((a, b) => a.start - b.start);
  return out.map((period, at) => withYearOf(period, out[at + 1], tokens));
}

/** A month without a year is the latest one that has begun; null when the year was said. */
function latestYear(start: chrono.ParsedComponents, last: chrono.ParsedComponents, now: Date): number | null {
  if (start.isCertain('year') || last.isCertain('year')) return null;
  const begun = (start.get('month') ?? 1) - 1 <= now.getUTCMonth();
  return now.getUTCFullYear() - (begun ? 0 : 1);
}

/** "between March and May 2025": the first month has the year of the second. */
function withYearOf(period: Period, next: Period | undefined, tokens: readonly Token[]): Period {
  const joined =
    next !== undefined && next.start === period.end + 1 && /^(and|to|until|through)$/.test(tokens[period.end]?.lower ?? '');
  if (!period.yearless || !joined || next.yearless || next.year !== undefined) return period;
  const year = Number(next.from.slice(0, 4)) - (period.from.slice(5) > next.from.slice(5) ? 1 : 0);
  const later = Number(period.to.slice(0, 4)) - Number(period.from.slice(0, 4));
  return { ...period, from: `${year}${period.from.slice(4)}`, to: `${year + later}${period.to.slice(4)}` };
}
