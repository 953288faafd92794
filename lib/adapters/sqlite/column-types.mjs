/** What the values of a CSV column have in common, looked at over the whole column. */

const INTEGER = 1;
/** Needs more than the 53 bits of a double. */
const LONG_INTEGER = 2;
const DECIMAL = 4;
const EXPONENT = 8;
const DATE = 16;
const TIMESTAMP = 32;
const BOOLEAN = 64;
const TEXT = 128;
/** A number that neither 64 bits nor a double hold exactly. */
const TOO_EXACT = 256;

const NUMERIC = INTEGER | LONG_INTEGER | DECIMAL | EXPONENT;
const TEMPORAL = DATE | TIMESTAMP;

/** Leading zeros and plus signs are no numbers: they would be lost (postcodes, telephone numbers). */
const INTEGER_FORM = /^(?:0|-?[1-9]\d*)$/;
const NUMBER_FORM = /^-?(?:0|[1-9]\d*)?(?:\.\d+)?(?:[eE][+-]?\d{1,3})?$/;
const DATE_FORM = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)?)?$/;
const BOOLEAN_FORM = /^(?:true|false)$/i;
const MOST_LONG = 9223372036854775807n;
const LEAST_LONG = -9223372036854775808n;

/** The kind of one value without white space around it. */
function kindOf(text) {
  const first = text.charCodeAt(0);
  // Digits, minus and point are all that a number or a date starts with.
  if ((first >= 48 && first <= 57) || first === 45 || first === 46) {
    if (INTEGER_FORM.test(text)) return kindOfInteger(text);
    if (NUMBER_FORM.test(text) && /\d/.test(text)) return kindOfNumber(text);
    return kindOfMoment(text);
  }
  return BOOLEAN_FORM.test(text) ? BOOLEAN : TEXT;
}

function kindOfInteger(text) {
  if (text.length <= 15) return INTEGER;
  const value = BigInt(text);
  if (value > MOST_LONG || value < LEAST_LONG) return TOO_EXACT;
  return Number.isSafeInteger(Number(text)) ? INTEGER : LONG_INTEGER;
}

function kindOfNumber(text) {
  if (!readsBack(text)) return TOO_EXACT;
  return /e/i.test(text) ? EXPONENT : DECIMAL;
}

/** Whether the nearest double, written as short as can be, has the same digits. Up to 15 of them it always has (IEEE 754, DBL_DIG). */
function readsBack(text) {
  const digits = significant(text);
  const value = Number(text);
  if (!Number.isFinite(value)) return false;
  if (value === 0) return digits === '';
  return digits.length <= 15 ? Math.abs(value) > 1e-300 : significant(String(value)) === digits;
}

/** The digits without leading and trailing zeros: "-0.0120e5" → "12". */
function significant(text) {
  return text
    .replace(/[eE].*$/, '')
    .replace(/[-.]/g, '')
    .replace(/^0+|0+$/g, '');
}

function kindOfMoment(text) {
  const match = DATE_FORM.exec(text);
  if (!match) return TEXT;
  const [, year, month, day, hour, minute, second = 0] = match;
  const date = new Date(Date.UTC(2000, Number(month) - 1, Number(day)));
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  if (date.getUTCMonth() + 1 !== Number(month) || date.getUTCDate() !== Number(day)) return TEXT;
  if (hour === undefined) return DATE;
  return Number(hour) < 24 && Number(minute) < 60 && Number(second) < 60 ? TIMESTAMP : TEXT;
}

/** Watches one column go by. */
export class ColumnWatch {
  kinds = 0;
  filled = 0;
  numbers = 0;
  moments = 0;
  /** The first value that is neither number nor date, with its line. */
  odd = null;

  see(value, line) {
    const text = value.trim();
    if (text === '') return;
    this.filled += 1;
    const kind = kindOf(text);
    this.kinds |= kind;
    if (kind & NUMERIC) this.numbers += 1;
    else if (kind & TEMPORAL) this.moments += 1;
    else if (this.odd === null && kind === TEXT) this.odd = { text: text.slice(0, 40), line };
  }

  /** The type to declare; empty columns are text. */
  type() {
    const { kinds } = this;
    const only = (mask) => kinds !== 0 && (kinds & ~mask) === 0;
    if (only(INTEGER | LONG_INTEGER)) return 'INTEGER';
    if (only(INTEGER | LONG_INTEGER | DECIMAL)) return 'DECIMAL';
    if (only(INTEGER | DECIMAL | EXPONENT)) return 'REAL';
    if (only(DATE)) return 'DATE';
    if (only(TEMPORAL)) return 'TIMESTAMP';
    if (only(BOOLEAN)) return 'BOOLEAN';
    return 'TEXT';
  }

  /** Why a column that looks like numbers or dates became text; null when there is nothing to say. */
  complaint(name) {
    if (this.type() !== 'TEXT' || this.filled === 0) return null;
    if (this.kinds & TOO_EXACT && (this.kinds & ~(NUMERIC | TOO_EXACT)) === 0)
      return `Column "${name}" is kept as text: some of its numbers have more digits than SQLite holds exactly.`;
    const what = this.numbers >= this.filled * 0.9 ? 'numbers' : this.moments >= this.filled * 0.9 ? 'dates' : null;
    if (what === null || this.odd === null) return null;
    return `Column "${name}" is kept as text although it is mostly ${what}: line ${this.odd.line} has "${this.odd.text}".`;
  }
}

/** Whether a value looks like data rather than like a name. */
export function looksLikeData(value) {
  const text = value.trim();
  return text !== '' && kindOf(text) !== TEXT;
}

/** A value as it is bound for a column of a type. */
export function toStored(value, type) {
  if (type === 'TEXT') return value === '' ? null : value;
  const text = value.trim();
  if (text === '') return null;
  if (type === 'BOOLEAN') return text.length === 4 ? 1 : 0;
  if (type === 'DATE' || type === 'TIMESTAMP') return text;
  // Affinity makes integers of whole doubles again.
  return text.length > 15 && INTEGER_FORM.test(text) ? BigInt(text) : Number(text);
}
