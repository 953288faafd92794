/** Date operators. Calendar fields are taken in a time zone (an offset or an Olson name; UTC without one). */
import { dateOf, parseDate } from './expression-types';
import type { Operator } from './expressions';
import { doc, int, isNumber, located, type Maybe, ServerError, toDouble, type Value, wholeNumber } from './values';

interface Parts {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
  millisecond: number;
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** Minutes that a zone is ahead of UTC at a moment. */
function offsetMs(zone: string, at: Date): number {
  const fixed = /^([+-])(\d{2}):?(\d{2})?$/.exec(zone);
  if (fixed) return (fixed[1] === '-' ? -1 : 1) * (Number(fixed[2]) * 60 + Number(fixed[3] ?? 0)) * 60_000;
  if (zone === 'UTC' || zone === 'GMT' || zone === 'Z') return 0;
  let format = formats.get(zone);
  if (!format) {
    try {
      const fields = {
        year: 'numeric',
        month: 'numeric',
        day: 'numeric',
        hour: 'numeric',
        minute: 'numeric',
        second: 'numeric',
      } as const;
      format = new Intl.DateTimeFormat('en-US', { timeZone: zone, hourCycle: 'h23', era: 'short', ...fields });
    } catch {
      throw located(40485, `unrecognized time zone identifier: "${zone}"`);
    }
    formats.set(zone, format);
  }
  const parts = Object.fromEntries(format.formatToParts(at).map((part) => [part.type, part.value]));
  const year = parts.era === 'BC' ? 1 - Number(parts.year) : Number(parts.year);
  const local = utc({
    year,
    month: Number(parts.month),
    day: Number(parts.day),
    hour: Number(parts.hour),
    minute: Number(parts.minute),
    second: Number(parts.second),
    millisecond: 0,
  });
  return local - Math.floor(at.getTime() / 1000) * 1000;
}

/** Date.UTC without its reading of years below 100 as 19xx. */
function utc(parts: Parts): number {
  const date = new Date(Date.UTC(2000, parts.month - 1, parts.day, parts.hour, parts.minute, parts.second, parts.millisecond));
  const shifted = new Date(Date.UTC(2000, 0, 1));
  shifted.setUTCFullYear(parts.year, parts.month - 1, parts.day);
  shifted.setUTCHours(parts.hour, parts.minute, parts.second, parts.millisecond);
  return Number.isNaN(shifted.getTime()) ? date.getTime() : shifted.getTime();
}

const zoneOf = (value: Maybe): string => (typeof value === 'string' ? value : 'UTC');

function partsOf(date: Date, zone: string): Parts {
  const local = new Date(date.getTime() + offsetMs(zone, date));
  return {
    year: local.getUTCFullYear(),
    month: local.getUTCMonth() + 1,
    day: local.getUTCDate(),
    hour: local.getUTCHours(),
    minute: local.getUTCMinutes(),
    second: local.getUTCSeconds(),
    millisecond: local.getUTCMilliseconds(),
  };
}

/** The moment at which a zone's clocks show these fields. */
function fromParts(parts: Parts, zone: string): Date {
  const local = utc(parts);
  const first = local - offsetMs(zone, new Date(local));
  return new Date(local - offsetMs(zone, new Date(first)));
}

const DAY = 86_400_000;
const UNITS = { week: 7 * DAY, day: DAY, hour: 3_600_000, minute: 60_000, second: 1000, millisecond: 1 } as const;
const MONTHS = { year: 12, quarter: 3, month: 1 } as const;
const isFixed = (unit: string): unit is keyof typeof UNITS => unit in UNITS;
const isCalendar = (unit: string): unit is keyof typeof MONTHS => unit in MONTHS;
const WEEKDAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'];

function unitOf(value: Maybe): string {
  if (typeof value === 'string' && (isFixed(value) || isCalendar(value))) return value;
  throw new ServerError(9, 'FailedToParse', `unknown time unit value: ${String(value)}`);
}

function weekStart(value: Maybe): number {
  if (value === undefined || value === null) return 6;
  const at = WEEKDAYS.findIndex((day) => day === String(value).toLowerCase() || day.slice(0, 3) === String(value).toLowerCase());
  if (at < 0) throw located(5439015, `unrecognized day of a week: ${String(value)}`);
  return at;
}

/** Days since 2000-01-03, a Monday. */
const dayNumber = (parts: Parts): number =>
  Math.floor((utc({ ...parts, hour: 0, minute: 0, second: 0, millisecond: 0 }) - Date.UTC(2000, 0, 3)) / DAY);
const floorTo = (value: number, size: number): number => Math.floor(value / size) * size;

function truncate(values: Record<string, Maybe>): Maybe {
  const date = dateOf(values.date);
  if (date === null || absent(values.unit)) return null;
  const unit = unitOf(values.unit);
  const size = values.binSize === undefined ? 1 : (wholeNumber(values.binSize) ?? 1);
  const zone = zoneOf(values.timezone);
  const parts = partsOf(date, zone);
  const midnight = { hour: 0, minute: 0, second: 0, millisecond: 0 };
  if (isCalendar(unit)) {
    // Bins are counted from 2000-01.
    const months = floorTo((parts.year - 2000) * 12 + parts.month - 1, MONTHS[unit] * size);
    return fromParts({ year: 2000 + Math.floor(months / 12), month: (((months % 12) + 12) % 12) + 1, day: 1, ...midnight }, zone);
  }
  if (unit === 'week' || unit === 'day') {
    const start = unit === 'week' ? weekStart(values.startOfWeek) : -2;
    const days = floorTo(dayNumber(parts) - start, (unit === 'week' ? 7 : 1) * size) + start;
    return fromParts({ year: 2000, month: 1, day: 3 + days, ...midnight }, zone);
  }
  const length = UNITS[unit as keyof typeof UNITS] * size;
  const origin = fromParts({ year: 2000, month: 1, day: 1, ...midnight }, zone).getTime();
  return new Date(floorTo(date.getTime() - origin, length) + origin);
}

function difference(values: Record<string, Maybe>): Maybe {
  const start = dateOf(values.startDate);
  const end = dateOf(values.endDate);
  if (start === null || end === null || absent(values.unit)) return null;
  const unit = unitOf(values.unit);
  const zone = zoneOf(values.timezone);
  const [from, to] = [partsOf(start, zone), partsOf(end, zone)];
  if (isCalendar(unit)) {
    const count = (parts: Parts): number => Math.floor((parts.year * 12 + parts.month - 1) / MONTHS[unit]);
    return BigInt(count(to) - count(from));
  }
  if (unit === 'week' || unit === 'day') {
    const shift = unit === 'week' ? weekStart(values.startOfWeek) : 0;
    const count = (parts: Parts): number => Math.floor((dayNumber(parts) - shift) / (unit === 'week' ? 7 : 1));
    return BigInt(count(to) - count(from));
  }
  const length = UNITS[unit as keyof typeof UNITS];
  const count = (date: Date): number => Math.floor((date.getTime() + offsetMs(zone, date)) / length);
  return BigInt(count(end) - count(start));
}

function shift(values: Record<string, Maybe>, sign: number): Maybe {
  const date = dateOf(values.startDate);
  if (date === null || absent(values.unit) || absent(values.amount)) return null;
  const unit = unitOf(values.unit);
  const amount = (wholeNumber(values.amount) ?? 0) * sign;
  const zone = zoneOf(values.timezone);
  const parts = partsOf(date, zone);
  if (isCalendar(unit)) {
    const months = parts.year * 12 + parts.month - 1 + amount * MONTHS[unit];
    const [year, month] = [Math.floor(months / 12), (((months % 12) + 12) % 12) + 1];
    const last = new Date(utc({ ...parts, year, month: month + 1, day: 0 })).getUTCDate();
    return fromParts({ ...parts, year, month, day: Math.min(parts.day, last) }, zone);
  }
  if (unit === 'week' || unit === 'day')
    return fromParts({ ...parts, day: parts.day + amount * (unit === 'week' ? 7 : 1) }, zone);
  return new Date(date.getTime() + amount * UNITS[unit as keyof typeof UNITS]);
}

const absent = (value: Maybe): value is null | undefined => value === null || value === undefined;

const weekday = (parts: Parts): number => (((dayNumber(parts) % 7) + 7) % 7) + 1; // Monday is 1
const dayOfYear = (parts: Parts): number => dayNumber(parts) - dayNumber({ ...parts, month: 1, day: 1 }) + 1;

function isoWeek(parts: Parts): { year: number; week: number } {
  const thursday = dayNumber(parts) + 4 - weekday(parts);
  const date = new Date(Date.UTC(2000, 0, 3 + thursday));
  const year = date.getUTCFullYear();
  return { year, week: Math.floor((thursday - dayNumber({ ...parts, year, month: 1, day: 1 })) / 7) + 1 };
}

const FIELDS: Record<string, (parts: Parts) => number> = {
  $year: (parts) => parts.year,
  $month: (parts) => parts.month,
  $dayOfMonth: (parts) => parts.day,
  $hour: (parts) => parts.hour,
  $minute: (parts) => parts.minute,
  $second: (parts) => parts.second,
  $millisecond: (parts) => parts.millisecond,
  $dayOfYear: dayOfYear,
  $dayOfWeek: (parts) => (weekday(parts) % 7) + 1,
  $isoDayOfWeek: weekday,
  $isoWeek: (parts) => isoWeek(parts).week,
  $week: (parts) => Math.floor((dayOfYear(parts) - 1 + 7 - (weekday(parts) % 7)) / 7),
};

function fieldOperators(): Record<string, Operator> {
  const one = (read: (parts: Parts) => Value): Operator => ({
    named: ['date', 'timezone'],
    run: (values) => {
      const date = dateOf(values.date);
      return date === null ? null : read(partsOf(date, zoneOf(values.timezone)));
    },
  });
  const all = Object.entries(FIELDS).map(([name, read]) => [name, one((parts) => int(read(parts)))]);
  return { ...Object.fromEntries(all), $isoWeekYear: one((parts) => BigInt(isoWeek(parts).year)) };
}

const pad = (value: number, width: number): string => String(value).padStart(width, '0');
const MONTH_NAMES = 'January February March April May June July August September October November December'.split(' ');

function format(values: Record<string, Maybe>): Maybe {
  const date = dateOf(values.date);
  if (date === null) return 'onNull' in values ? values.onNull : null;
  const zone = zoneOf(values.timezone);
  const parts = partsOf(date, zone);
  const pattern =
    typeof values.format === 'string' ? values.format : zone === 'UTC' ? '%Y-%m-%dT%H:%M:%S.%LZ' : '%Y-%m-%dT%H:%M:%S.%L';
  return pattern.replace(/%(.)/g, (whole, letter: string) => formatPart(letter, parts, offsetMs(zone, date) / 60_000) ?? whole);
}

function formatPart(letter: string, parts: Parts, offset: number): string | undefined {
  const sign = offset < 0 ? '-' : '+';
  const iso = isoWeek(parts);
  const table = new Map([
    ['Y', pad(parts.year, 4)],
    ['m', pad(parts.month, 2)],
    ['d', pad(parts.day, 2)],
    ['H', pad(parts.hour, 2)],
    ['M', pad(parts.minute, 2)],
    ['S', pad(parts.second, 2)],
    ['L', pad(parts.millisecond, 3)],
    ['j', pad(dayOfYear(parts), 3)],
    ['w', String((weekday(parts) % 7) + 1)],
    ['u', String(weekday(parts))],
    ['U', pad(FIELDS.$week?.(parts) ?? 0, 2)],
    ['V', pad(iso.week, 2)],
    ['G', pad(iso.year, 4)],
    ['b', (MONTH_NAMES[parts.month - 1] ?? '').slice(0, 3)],
    ['B', MONTH_NAMES[parts.month - 1] ?? ''],
    ['z', `${sign}${pad(Math.floor(Math.abs(offset) / 60), 2)}${pad(Math.abs(offset) % 60, 2)}`],
    ['Z', `${sign}${pad(Math.abs(offset), 3)}`],
    ['%', '%'],
  ]);
  return table.get(letter);
}

function fromFields(values: Record<string, Maybe>): Maybe {
  const read = (name: string, otherwise: number): number => {
    const value = values[name];
    return isNumber(value) ? toDouble(value) : otherwise;
  };
  if (Object.values(values).some((value) => value === null)) return null;
  const fields = { month: read('month', 1), day: read('day', 1), hour: read('hour', 0), minute: read('minute', 0) };
  const rest = { second: read('second', 0), millisecond: read('millisecond', 0) };
  return fromParts({ year: read('year', 1970), ...fields, ...rest }, zoneOf(values.timezone));
}

function fromText(values: Record<string, Maybe>): Maybe {
  if (absent(values.dateString)) return 'onNull' in values ? values.onNull : null;
  const date = typeof values.dateString === 'string' ? parseDate(values.dateString) : null;
  if (date === null || typeof values.format === 'string') {
    if ('onError' in values) return values.onError;
    throw new ServerError(241, 'ConversionFailure', `Error parsing date string '${String(values.dateString)}'`);
  }
  return /(Z|[+-]\d{2}:?\d{2})$/.test(String(values.dateString))
    ? date
    : fromParts(partsOf(date, 'UTC'), zoneOf(values.timezone));
}

export const DATE_OPERATORS: Record<string, Operator> = {
  ...fieldOperators(),
  $dateTrunc: { named: ['date', 'unit', 'binSize', 'timezone', 'startOfWeek'], required: ['date', 'unit'], run: truncate },
  $dateDiff: {
    named: ['startDate', 'endDate', 'unit', 'timezone', 'startOfWeek'],
    required: ['startDate', 'endDate', 'unit'],
    run: difference,
  },
  $dateAdd: {
    named: ['startDate', 'unit', 'amount', 'timezone'],
    required: ['startDate', 'unit', 'amount'],
    run: (values) => shift(values, 1),
  },
  $dateSubtract: {
    named: ['startDate', 'unit', 'amount', 'timezone'],
    required: ['startDate', 'unit', 'amount'],
    run: (values) => shift(values, -1),
  },
  $dateToString: { named: ['date', 'format', 'timezone', 'onNull'], required: ['date'], run: format },
  $dateFromString: { named: ['dateString', 'format', 'timezone', 'onError', 'onNull'], required: ['dateString'], run: fromText },
  $dateFromParts: {
    named: ['year', 'month', 'day', 'hour', 'minute', 'second', 'millisecond', 'timezone'],
    required: ['year'],
    run: fromFields,
  },
  $dateToParts: {
    named: ['date', 'timezone', 'iso8601'],
    required: ['date'],
    run: (values) => {
      const date = dateOf(values.date);
      return date === null
        ? null
        : doc(
            Object.fromEntries(Object.entries(partsOf(date, zoneOf(values.timezone))).map(([name, value]) => [name, int(value)])),
          );
    },
  },
};
