/** Arithmetic with mongod's type rules: int32, int64, double and decimal stay what they are, and widen when they must. */
import { Decimal } from './decimal';
import type { Operator } from './expressions';
import {
  Int32,
  integer,
  isNumber,
  located,
  type Maybe,
  type NumberValue,
  toDecimal,
  toDouble,
  typeMismatch,
  typeName,
} from './values';

const isDate = (value: Maybe): value is Date => value instanceof Date;
const absent = (value: Maybe): value is null | undefined => value === null || value === undefined;

function numeric(value: Maybe, name: string): NumberValue {
  if (isNumber(value)) return value;
  throw typeMismatch(`${name} only supports numeric types, not ${typeName(value)}`);
}

const whole = (value: NumberValue): bigint | null =>
  typeof value === 'bigint' ? value : value instanceof Int32 ? BigInt(value.value) : null;

function combine(
  left: NumberValue,
  right: NumberValue,
  onIntegers: (a: bigint, b: bigint) => bigint,
  onDoubles: (a: number, b: number) => number,
  onDecimals: (a: Decimal, b: Decimal) => Decimal,
): NumberValue {
  if (left instanceof Decimal || right instanceof Decimal) return onDecimals(toDecimal(left), toDecimal(right));
  const a = whole(left);
  const b = whole(right);
  if (a === null || b === null) return onDoubles(toDouble(left), toDouble(right));
  return integer(onIntegers(a, b), typeof left === 'bigint' || typeof right === 'bigint');
}

export const addNumbers = (left: NumberValue, right: NumberValue): NumberValue => {
  // The common case without big integers.
  if (left instanceof Int32 && right instanceof Int32) {
    const sum = left.value + right.value;
    return sum >= -2147483648 && sum <= 2147483647 ? new Int32(sum) : BigInt(sum);
  }
  return combine(
    left,
    right,
    (a, b) => a + b,
    (a, b) => a + b,
    (a, b) => a.plus(b),
  );
};

export const multiplyNumbers = (left: NumberValue, right: NumberValue): NumberValue =>
  combine(
    left,
    right,
    (a, b) => a * b,
    (a, b) => a * b,
    (a, b) => a.times(b),
  );

export function divideNumbers(left: NumberValue, right: NumberValue): NumberValue {
  if (toDouble(right) === 0) throw located(2, "can't $divide by zero");
  if (left instanceof Decimal || right instanceof Decimal) return toDecimal(left).over(toDecimal(right));
  return toDouble(left) / toDouble(right);
}

function add(...values: Maybe[]): Maybe {
  if (values.some(absent)) return null;
  const dates = values.filter(isDate);
  if (dates.length > 1) throw located(16612, 'only one date allowed in an $add expression');
  const sum = values
    .filter((value) => !isDate(value))
    .reduce<NumberValue>((total, value) => addNumbers(total, numeric(value, '$add')), new Int32(0));
  const [date] = dates;
  return date ? new Date(date.getTime() + Math.round(toDouble(sum))) : sum;
}

function subtract(left: Maybe, right: Maybe): Maybe {
  if (absent(left) || absent(right)) return null;
  if (isDate(left))
    return isDate(right)
      ? BigInt(left.getTime() - right.getTime())
      : new Date(left.getTime() - toDouble(numeric(right, '$subtract')));
  return combine(
    numeric(left, '$subtract'),
    numeric(right, '$subtract'),
    (a, b) => a - b,
    (a, b) => a - b,
    (a, b) => a.plus(b.negate()),
  );
}

function modulo(left: Maybe, right: Maybe): Maybe {
  if (absent(left) || absent(right)) return null;
  const divisor = numeric(right, '$mod');
  if (toDouble(divisor) === 0) throw located(16610, "can't $mod by zero");
  return combine(
    numeric(left, '$mod'),
    divisor,
    (a, b) => a % b,
    (a, b) => a % b,
    (a, b) => a.plus(a.over(b).round(0, 'down').times(b).negate()),
  );
}

/** $round and $trunc with places, half to even. */
function roundTo(value: Maybe, places: Maybe, name: string, mode: 'even' | 'down'): Maybe {
  if (absent(value) || places === null) return null;
  const number = numeric(value, name);
  const digits = places === undefined ? 0 : toDouble(numeric(places, name));
  if (number instanceof Decimal) return number.round(digits, mode);
  if (typeof number !== 'number') {
    if (digits >= 0) return number;
    return integer(BigInt(toDecimal(number).round(digits, mode).round(0, 'down').toNumber()), typeof number === 'bigint');
  }
  if (!Number.isFinite(number)) return number;
  return (Decimal.parse(String(number)) ?? Decimal.NAN).round(digits, mode).toNumber();
}

function roundWhole(value: Maybe, name: string, mode: 'floor' | 'ceil'): Maybe {
  if (absent(value)) return null;
  const number = numeric(value, name);
  if (number instanceof Decimal) return number.round(0, mode);
  return typeof number === 'number' ? Math[mode](number) : number;
}

/** Functions of one double. */
function onDouble(name: string, fn: (value: number) => number, refuse?: (value: number) => boolean): Operator {
  return {
    args: [1, 1],
    run: (value) => {
      if (absent(value)) return null;
      const number = numeric(value, name);
      const double = toDouble(number);
      if (refuse?.(double)) throw located(28714, `${name}'s argument is out of range`);
      return number instanceof Decimal ? Decimal.fromDouble(fn(double)) : fn(double);
    },
  };
}

function power(base: Maybe, exponent: Maybe): Maybe {
  if (absent(base) || absent(exponent)) return null;
  const left = numeric(base, '$pow');
  const right = numeric(exponent, '$pow');
  const a = whole(left);
  const b = whole(right);
  if (a !== null && b !== null && b >= 0n && b < 1024n)
    return integer(a ** b, typeof left === 'bigint' || typeof right === 'bigint');
  const result = toDouble(left) ** toDouble(right);
  return left instanceof Decimal || right instanceof Decimal ? Decimal.fromDouble(result) : result;
}

export const NUMBER_OPERATORS: Record<string, Operator> = {
  $add: { args: [0, Infinity], run: add },
  $subtract: { args: [2, 2], run: subtract },
  $multiply: {
    args: [0, Infinity],
    run: (...values) =>
      values.some(absent)
        ? null
        : values.reduce<NumberValue>((total, value) => multiplyNumbers(total, numeric(value, '$multiply')), new Int32(1)),
  },
  $divide: {
    args: [2, 2],
    run: (left, right) =>
      absent(left) || absent(right) ? null : divideNumbers(numeric(left, '$divide'), numeric(right, '$divide')),
  },
  $mod: { args: [2, 2], run: modulo },
  $abs: {
    args: [1, 1],
    run: (value) => {
      if (absent(value)) return null;
      const number = numeric(value, '$abs');
      if (number instanceof Decimal) return number.negative ? number.negate() : number;
      if (typeof number === 'number') return Math.abs(number);
      const exact = whole(number) ?? 0n;
      return integer(exact < 0n ? -exact : exact, typeof number === 'bigint');
    },
  },
  $ceil: { args: [1, 1], run: (value) => roundWhole(value, '$ceil', 'ceil') },
  $floor: { args: [1, 1], run: (value) => roundWhole(value, '$floor', 'floor') },
  $round: { args: [1, 2], run: (value, places) => roundTo(value, places, '$round', 'even') },
  $trunc: { args: [1, 2], run: (value, places) => roundTo(value, places, '$trunc', 'down') },
  $sqrt: onDouble('$sqrt', Math.sqrt, (value) => value < 0),
  $exp: onDouble('$exp', Math.exp),
  $ln: onDouble('$ln', Math.log, (value) => value <= 0),
  $log10: onDouble('$log10', Math.log10, (value) => value <= 0),
  $log: {
    args: [2, 2],
    run: (value, base) =>
      absent(value) || absent(base)
        ? null
        : Math.log(toDouble(numeric(value, '$log'))) / Math.log(toDouble(numeric(base, '$log'))),
  },
  $pow: { args: [2, 2], run: power },
};
