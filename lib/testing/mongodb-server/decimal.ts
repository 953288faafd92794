/** IEEE 754-2008 decimal128 in its binary-integer encoding: exact text, comparison and arithmetic of 34 digits, rounded half to even. */
const DIGITS = 34;
const MAX_COEFFICIENT = 10n ** 34n - 1n;
const MIN_EXPONENT = -6176;
const MAX_EXPONENT = 6111;
const BIAS = 6176n;

export class Decimal {
  private constructor(
    readonly kind: 'finite' | 'infinity' | 'nan',
    readonly negative: boolean,
    readonly coefficient: bigint,
    readonly exponent: number,
  ) {}

  static readonly NAN = new Decimal('nan', false, 0n, 0);
  static infinity(negative: boolean): Decimal {
    return new Decimal('infinity', negative, 0n, 0);
  }

  /** coefficient × 10^exponent, rounded to 34 digits. */
  static of(coefficient: bigint, exponent: number, negativeZero = false): Decimal {
    const negative = coefficient < 0n || (coefficient === 0n && negativeZero);
    let digits = coefficient < 0n ? -coefficient : coefficient;
    let power = exponent;
    if (digits > MAX_COEFFICIENT) {
      const over = digits.toString().length - DIGITS;
      digits = divideHalfEven(digits, 10n ** BigInt(over));
      power += over;
      if (digits > MAX_COEFFICIENT) {
        digits /= 10n;
        power += 1;
      }
    }
    if (power < MIN_EXPONENT) {
      digits = divideHalfEven(digits, 10n ** BigInt(MIN_EXPONENT - power));
      power = MIN_EXPONENT;
    }
    while (power > MAX_EXPONENT && digits !== 0n && digits * 10n <= MAX_COEFFICIENT) {
      digits *= 10n;
      power -= 1;
    }
    if (power > MAX_EXPONENT)
      return digits === 0n ? new Decimal('finite', negative, 0n, MAX_EXPONENT) : Decimal.infinity(negative);
    return new Decimal('finite', negative, digits, power);
  }

  /** @returns null when the text isn't a number */
  static parse(text: string): Decimal | null {
    if (/^[+-]?inf(inity)?$/i.test(text)) return Decimal.infinity(text.startsWith('-'));
    if (/^[+-]?nan$/i.test(text)) return Decimal.NAN;
    const match = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/.exec(text);
    if (!match || `${match[2] ?? ''}${match[3] ?? ''}` === '') return null;
    const fraction = match[3] ?? '';
    const digits = BigInt(`${match[2] ?? ''}${fraction}`);
    return Decimal.of(match[1] === '-' ? -digits : digits, Number(match[4] ?? 0) - fraction.length, match[1] === '-');
  }

  /** As mongod converts doubles: 15 significant digits. */
  static fromDouble(value: number): Decimal {
    if (Number.isNaN(value)) return Decimal.NAN;
    if (!Number.isFinite(value)) return Decimal.infinity(value < 0);
    if (Number.isSafeInteger(value)) return Decimal.of(BigInt(value), 0, Object.is(value, -0));
    return Decimal.parse(value.toPrecision(15)) ?? Decimal.NAN;
  }

  /** The double's exact value, for comparison. */
  static exactly(value: number): Decimal | null {
    if (!Number.isFinite(value)) return Decimal.fromDouble(value);
    let scaled = value;
    let halvings = 0;
    while (!Number.isInteger(scaled)) {
      scaled *= 2;
      halvings += 1;
    }
    const coefficient = BigInt(scaled) * 5n ** BigInt(halvings);
    return new Decimal('finite', value < 0, coefficient < 0n ? -coefficient : coefficient, -halvings);
  }

  static decode(bytes: Uint8Array): Decimal {
    const view = new DataView(bytes.buffer, bytes.byteOffset, 16);
    const low = view.getBigUint64(0, true);
    const high = view.getBigUint64(8, true);
    const negative = high >> 63n === 1n;
    const top = (high >> 58n) & 0x1fn;
    if (top === 0x1en) return Decimal.infinity(negative);
    if (top === 0x1fn) return Decimal.NAN;
    // A second form of the exponent, whose coefficients would be above 34 digits: read as zero.
    if (top >> 3n === 3n) return new Decimal('finite', negative, 0n, Number(((high >> 47n) & 0x3fffn) - BIAS));
    const coefficient = ((high & 0x1ffffffffffffn) << 64n) | low;
    const exponent = Number(((high >> 49n) & 0x3fffn) - BIAS);
    return new Decimal('finite', negative, coefficient > MAX_COEFFICIENT ? 0n : coefficient, exponent);
  }

  encode(): Uint8Array {
    const bytes = new Uint8Array(16);
    const view = new DataView(bytes.buffer);
    const sign = this.negative ? 1n << 63n : 0n;
    if (this.kind === 'nan') view.setBigUint64(8, 0x1fn << 58n, true);
    else if (this.kind === 'infinity') view.setBigUint64(8, sign | (0x1en << 58n), true);
    else {
      view.setBigUint64(0, this.coefficient & 0xffffffffffffffffn, true);
      view.setBigUint64(8, sign | ((BigInt(this.exponent) + BIAS) << 49n) | (this.coefficient >> 64n), true);
    }
    return bytes;
  }

  /** The text of the specification: scientific when the exponent is above zero or the number is very small. */
  toString(): string {
    const sign = this.negative ? '-' : '';
    if (this.kind === 'nan') return 'NaN';
    if (this.kind === 'infinity') return `${sign}Infinity`;
    const digits = this.coefficient.toString();
    const scientific = this.exponent + digits.length - 1;
    if (this.exponent > 0 || scientific < -6) {
      const fraction = digits.length > 1 ? `.${digits.slice(1)}` : '';
      return `${sign}${digits[0]}${fraction}E${scientific >= 0 ? '+' : ''}${scientific}`;
    }
    if (this.exponent === 0) return sign + digits;
    const padded = digits.padStart(1 - this.exponent, '0');
    return `${sign}${padded.slice(0, this.exponent)}.${padded.slice(this.exponent)}`;
  }

  toNumber(): number {
    return this.kind === 'infinity' ? (this.negative ? -Infinity : Infinity) : Number(this.toString());
  }

  private get signed(): bigint {
    return this.negative ? -this.coefficient : this.coefficient;
  }

  negate(): Decimal {
    return this.kind === 'nan' ? this : new Decimal(this.kind, !this.negative, this.coefficient, this.exponent);
  }

  plus(other: Decimal): Decimal {
    if (this.kind !== 'finite' || other.kind !== 'finite') {
      if (this.kind === 'nan' || other.kind === 'nan') return Decimal.NAN;
      if (this.kind === other.kind) return this.negative === other.negative ? this : Decimal.NAN;
      return this.kind === 'infinity' ? this : other;
    }
    const exponent = Math.min(this.exponent, other.exponent);
    return Decimal.of(at(this.signed, this.exponent - exponent) + at(other.signed, other.exponent - exponent), exponent);
  }

  times(other: Decimal): Decimal {
    if (this.kind === 'nan' || other.kind === 'nan') return Decimal.NAN;
    const negative = this.negative !== other.negative;
    if (this.kind === 'infinity' || other.kind === 'infinity') {
      const zero = (one: Decimal) => one.kind === 'finite' && one.coefficient === 0n;
      return zero(this) || zero(other) ? Decimal.NAN : Decimal.infinity(negative);
    }
    return Decimal.of(this.signed * other.signed, this.exponent + other.exponent, negative);
  }

  /** The caller refuses division by zero. */
  over(other: Decimal): Decimal {
    if (this.kind !== 'finite' || other.kind !== 'finite') {
      if (this.kind === 'nan' || other.kind === 'nan' || this.kind === other.kind) return Decimal.NAN;
      return this.kind === 'infinity' ? Decimal.infinity(this.negative !== other.negative) : Decimal.of(0n, 0);
    }
    const shift = DIGITS + 2 + other.coefficient.toString().length;
    const numerator = this.coefficient * 10n ** BigInt(shift);
    const quotient = numerator / other.coefficient;
    const inexact = numerator % other.coefficient !== 0n;
    let exponent = this.exponent - other.exponent - shift;
    // A sticky last digit keeps half-even rounding right.
    let digits = inexact ? quotient * 10n + 1n : quotient;
    if (inexact) exponent -= 1;
    const ideal = this.exponent - other.exponent;
    while (!inexact && exponent < ideal && digits % 10n === 0n) {
      digits /= 10n;
      exponent += 1;
    }
    return Decimal.of(this.negative !== other.negative ? -digits : digits, exponent);
  }

  /** To a number of places, which may be below zero. */
  round(places: number, mode: 'even' | 'down' | 'floor' | 'ceil'): Decimal {
    if (this.kind !== 'finite' || this.exponent >= -places) return this;
    const unit = 10n ** BigInt(-places - this.exponent);
    let whole = this.coefficient / unit;
    const rest = this.coefficient % unit;
    if (mode === 'even') whole = divideHalfEven(this.coefficient, unit);
    else if (rest !== 0n && ((mode === 'floor' && this.negative) || (mode === 'ceil' && !this.negative))) whole += 1n;
    return Decimal.of(this.negative ? -whole : whole, -places);
  }

  compare(other: Decimal): number {
    if (this.kind === 'nan' || other.kind === 'nan') return Number(other.kind === 'nan') - Number(this.kind === 'nan');
    const rank = (one: Decimal): number => (one.kind === 'infinity' ? (one.negative ? -1 : 1) : 0);
    if (rank(this) !== 0 || rank(other) !== 0) return Math.sign(rank(this) - rank(other));
    if (this.signed === 0n || other.signed === 0n || this.negative !== other.negative) {
      const sign = (value: bigint): number => (value > 0n ? 1 : value < 0n ? -1 : 0);
      return Math.sign(sign(this.signed) - sign(other.signed));
    }
    const magnitude = (one: Decimal): number => one.coefficient.toString().length + one.exponent;
    const sign = this.negative ? -1 : 1;
    if (magnitude(this) !== magnitude(other)) return magnitude(this) > magnitude(other) ? sign : -sign;
    const exponent = Math.min(this.exponent, other.exponent);
    const left = at(this.signed, this.exponent - exponent);
    const right = at(other.signed, other.exponent - exponent);
    return left < right ? -1 : left > right ? 1 : 0;
  }

  /** Equal numbers have equal keys: digits without trailing zeros, and the exponent. */
  key(): string {
    if (this.kind !== 'finite') return this.toString();
    if (this.coefficient === 0n) return '0e0';
    const digits = this.coefficient.toString().replace(/0+$/, '');
    return `${this.negative ? '-' : ''}${digits}e${this.exponent + this.coefficient.toString().length - digits.length}`;
  }
}

function at(coefficient: bigint, zeros: number): bigint {
  return zeros === 0 ? coefficient : coefficient * 10n ** BigInt(zeros);
}

function divideHalfEven(value: bigint, unit: bigint): bigint {
  const whole = value / unit;
  const twice = (value % unit) * 2n;
  return twice > unit || (twice === unit && whole % 2n === 1n) ? whole + 1n : whole;
}
