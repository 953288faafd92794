/** mongod's order of values over all types, and keys that are equal where values are. */
import { Decimal } from './decimal';
import {
  Bin,
  CodeValue,
  FarDate,
  Int32,
  isNumber,
  type Maybe,
  type NumberValue,
  Oid,
  Pointer,
  Regex,
  Special,
  Stamp,
  Sym,
  type Value,
} from './values';

/** Values of different brackets never equal each other, and comparison predicates don't cross them. */
export function bracket(value: Maybe): number {
  if (typeof value === 'string' || value instanceof Sym) return 10;
  if (value === undefined) return 0;
  if (value === null) return 5;
  if (isNumber(value)) return 9;
  if (value instanceof Map) return 20;
  if (Array.isArray(value)) return 25;
  if (value instanceof Bin) return 30;
  if (value instanceof Oid) return 35;
  if (typeof value === 'boolean') return 40;
  if (value instanceof Date || value instanceof FarDate) return 45;
  if (value instanceof Stamp) return 47;
  if (value instanceof Regex) return 50;
  if (value instanceof Pointer) return 55;
  if (value instanceof CodeValue) return value.scope ? 65 : 60;
  return value instanceof Special && value.type === 0x7f ? 127 : value instanceof Special && value.type === 6 ? 5 : -1;
}

const sign = (left: number | bigint, right: number | bigint): number => (left < right ? -1 : left > right ? 1 : 0);

/** Missing before null, then by bracket, then by value. */
export function compare(left: Maybe, right: Maybe): number {
  const one = bracket(left);
  const other = bracket(right);
  if (one !== other) return one < other ? -1 : 1;
  return left === undefined || right === undefined ? 0 : compareAlike(left, right);
}

function compareAlike(left: Value, right: Value): number {
  if (isNumber(left) && isNumber(right)) return compareNumbers(left, right);
  if (left instanceof Map && right instanceof Map) return compareDocuments([...left], [...right]);
  if (Array.isArray(left) && Array.isArray(right)) return compareArrays(left, right);
  if (left instanceof Bin && right instanceof Bin)
    return (
      sign(left.bytes.length, right.bytes.length) || sign(left.subtype, right.subtype) || Buffer.compare(left.bytes, right.bytes)
    );
  if (left instanceof Oid && right instanceof Oid) return sign2(left.hex, right.hex);
  if (typeof left === 'boolean') return sign(Number(left), Number(right));
  if (isDate(left) && isDate(right)) return sign(millis(left), millis(right));
  if (left instanceof Stamp && right instanceof Stamp) return sign(left.value, right.value);
  if (left instanceof Regex && right instanceof Regex)
    return sign2(left.pattern, right.pattern) || sign2(left.flags, right.flags);
  if (left instanceof CodeValue && right instanceof CodeValue) return compareText(left.code, right.code);
  if (left instanceof Pointer && right instanceof Pointer)
    return compareText(left.namespace, right.namespace) || sign2(left.id.hex, right.id.hex);
  if (textOf(left) !== null) return compareText(textOf(left) ?? '', textOf(right) ?? '');
  return 0;
}

const isDate = (value: Value): value is Date | FarDate => value instanceof Date || value instanceof FarDate;
const millis = (value: Date | FarDate): bigint | number => (value instanceof Date ? value.getTime() : value.ms);
const textOf = (value: Value): string | null => (typeof value === 'string' ? value : value instanceof Sym ? value.text : null);
const sign2 = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0);

/** By code point, as the bytes of UTF-8 compare. */
export function compareText(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  for (let at = 0; at < length; at++) {
    const one = left.charCodeAt(at);
    const other = right.charCodeAt(at);
    if (one === other) continue;
    if (one >= 0xd800 && other >= 0xd800) {
      const surrogate = (unit: number): number => Number(unit <= 0xdfff);
      return sign(surrogate(one), surrogate(other)) || sign(one, other);
    }
    return one < other ? -1 : 1;
  }
  return sign(left.length, right.length);
}

function compareNumbers(left: NumberValue, right: NumberValue): number {
  if (left instanceof Decimal || right instanceof Decimal) return exact(left).compare(exact(right));
  const one = left instanceof Int32 ? left.value : left;
  const other = right instanceof Int32 ? right.value : right;
  const lone = Number(typeof one === 'number' && Number.isNaN(one));
  const second = Number(typeof other === 'number' && Number.isNaN(other));
  return lone || second ? second - lone : sign(one, other);
}

function exact(value: NumberValue): Decimal {
  if (value instanceof Decimal) return value;
  if (typeof value === 'bigint') return Decimal.of(value, 0);
  return Decimal.exactly(value instanceof Int32 ? value.value : value) ?? Decimal.NAN;
}

function compareArrays(left: Value[], right: Value[]): number {
  for (let at = 0; at < Math.min(left.length, right.length); at++) {
    const order = compare(left[at], right[at]);
    if (order !== 0) return order;
  }
  return sign(left.length, right.length);
}

/** Field by field: type, then name, then value. */
function compareDocuments(left: [string, Value][], right: [string, Value][]): number {
  for (let at = 0; at < Math.min(left.length, right.length); at++) {
    const one = left[at];
    const other = right[at];
    if (!one || !other) break;
    const order = sign(bracket(one[1]), bracket(other[1])) || compareText(one[0], other[0]) || compare(one[1], other[1]);
    if (order !== 0) return order;
  }
  return sign(left.length, right.length);
}

/** Text that is the same for equal values (1, 1.0 and Long 1 are equal) and differs for others. */
export function keyOf(value: Maybe): string {
  if (value === undefined) return 'm';
  if (value === null) return 'z';
  if (typeof value === 'string') return `s${value}`;
  if (value instanceof Int32) return `n${value.value}`;
  if (typeof value === 'number') return Object.is(value, -0) ? 'n0' : `n${Number.isInteger(value) ? BigInt(value) : value}`;
  if (typeof value === 'bigint') return `n${value}`;
  if (value instanceof Oid) return `o${value.hex}`;
  if (typeof value === 'boolean') return value ? 't' : 'f';
  if (value instanceof Date || value instanceof FarDate) return `d${millis(value)}`;
  if (Array.isArray(value)) return `[${value.map((item) => lengthened(keyOf(item))).join('')}]`;
  if (value instanceof Map) return `{${[...value].map(([key, item]) => lengthened(key) + lengthened(keyOf(item))).join('')}}`;
  if (value instanceof Decimal) return decimalKey(value);
  if (value instanceof Sym) return `s${value.text}`;
  if (value instanceof Bin) return `b${value.subtype}:${Buffer.from(value.bytes).toString('base64')}`;
  if (value instanceof Stamp) return `T${value.value}`;
  if (value instanceof Regex) return `r${lengthened(value.pattern)}${value.flags}`;
  if (value instanceof CodeValue) return `c${lengthened(value.code)}${value.scope ? keyOf(value.scope) : ''}`;
  return value instanceof Pointer ? `p${value.id.hex}${value.namespace}` : `x${value.type}`;
}

const lengthened = (text: string): string => `${text.length}:${text}`;

function decimalKey(value: Decimal): string {
  if (value.kind !== 'finite') return `n${value.toNumber()}`;
  if (value.exponent <= 40 && value.round(0, 'down').compare(value) === 0) {
    const whole =
      value.exponent >= 0
        ? value.coefficient * 10n ** BigInt(value.exponent)
        : value.coefficient / 10n ** BigInt(-value.exponent);
    return `n${value.negative && whole !== 0n ? -whole : whole}`;
  }
  const double = value.toNumber();
  return Number.isFinite(double) && Decimal.exactly(double)?.compare(value) === 0 ? `n${double}` : `D${value.key()}`;
}
