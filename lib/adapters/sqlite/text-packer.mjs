/**
 * Rows as packed text (TextBatch of the contract), made where they are read: whole rows as objects cost more on their way between two
 * processes than SQLite needs to read them. Plain JavaScript for the reader process.
 */

const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const SPACE = 0x20;
const UPPER_T = 0x54;

/** Longer texts are encoded by the runtime; for shorter ones the call costs more than the bytes. */
const SHORT = 24;
const SMALLEST_PLAIN = 1e-6;
const LARGEST_PLAIN = 1e21;
/** Hundredths below this have 15 digits at most, so that they are the shortest text of their double (IEEE 754, DBL_DIG). */
const MOST_HUNDREDTHS = 1e15;

const ISO_TIMESTAMP = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)?)?$/;
/** ASCII that a file can take without quotes, whatever its format: 2 where it may stand first, too. */
const PLAIN = new Uint8Array(128);
for (const character of ':. +-') PLAIN[character.charCodeAt(0)] = 1;
for (const [first, last] of ['09', 'AZ', 'az']) PLAIN.fill(2, first.charCodeAt(0), last.charCodeAt(0) + 1);

/** How a value of each column type is written: false when it isn't one that the type foresees. */
const WRITERS = {
  bigint: (packer, value) => typeof value === 'bigint' && packer.integer(value),
  boolean: (packer, value) => (value === 0n || value === 1n) && packer.write(value === 1n ? 'true' : 'false'),
  double: (packer, value) => (typeof value === 'number' ? packer.number(value) : isSafe(value) && packer.integer(value)),
  decimal: (packer, value) =>
    typeof value === 'bigint' ? packer.integer(value) : typeof value === 'number' && isPlain(value) && packer.number(value),
  text: (packer, value) => typeof value === 'string' && packer.write(value),
  // Its first rows held only NULL.
  unknown: (packer, value) => typeof value === 'string' && packer.write(value),
  mixed: (packer, value) => typeof value === 'string' && packer.write(value),
  binary: (packer, value) => value instanceof Uint8Array && packer.base64(value),
  date: (packer, value) => typeof value === 'string' && packer.plain(value),
  time: (packer, value) => typeof value === 'string' && packer.plain(value),
  uuid: (packer, value) => typeof value === 'string' && packer.plain(value),
  timestamp: (packer, value) => typeof value === 'string' && packer.plain(value) && packer.timestamp(value),
  json: (packer, value) => isJsonObject(value) && packer.write(value),
};

const isSafe = (value) => typeof value === 'bigint' && Number.isSafeInteger(Number(value));

/** Whether JavaScript prints it without an exponent. */
function isPlain(value) {
  const size = Math.abs(value);
  return value === 0 || (size >= SMALLEST_PLAIN && size < LARGEST_PLAIN);
}

/** Of JSON only lists and objects: for the rest, text that is no JSON included, the row path has rules. */
function isJsonObject(value) {
  if (typeof value !== 'string') return false;
  try {
    const parsed = JSON.parse(value);
    return typeof parsed === 'object' && parsed !== null;
  } catch {
    return false;
  }
}

export class TextPacker {
  rowCount = 0;
  #bytes = Buffer.allocUnsafe(1 << 18);
  #ends = new Int32Array(1 << 14);
  #at = 0;
  #fields = 0;
  #writers;

  /** @param types of the columns, as the contract names them */
  constructor(types) {
    this.#writers = types.map((type) => WRITERS[type]);
  }

  get size() {
    return this.#at;
  }

  /** @returns false when it holds a value that its column's type doesn't foresee; nothing of it is packed then */
  append(row) {
    const writers = this.#writers;
    const width = writers.length;
    const from = this.#at;
    const first = this.#fields;
    if (first + width > this.#ends.length) this.#growEnds(first + width);
    for (let i = 0; i < width; i += 1) {
      const value = row[i];
      if (value === null) {
        this.#ends[first + i] = ~this.#at;
      } else if (writers[i](this, value)) {
        this.#ends[first + i] = this.#at;
      } else {
        this.#at = from;
        return false;
      }
    }
    this.#fields = first + width;
    this.rowCount += 1;
    return true;
  }

  /** What has been packed; valid until the next row is. */
  take() {
    const batch = {
      rowCount: this.rowCount,
      bytes: this.#bytes.subarray(0, this.#at),
      ends: this.#ends.subarray(0, this.#fields),
    };
    this.#at = 0;
    this.#fields = 0;
    this.rowCount = 0;
    return batch;
  }

  write(text) {
    const { length } = text;
    // A UTF-16 unit takes three bytes of UTF-8 at most.
    this.#reserve(length * 3);
    const bytes = this.#bytes;
    const start = this.#at;
    if (length <= SHORT) {
      let i = 0;
      for (; i < length; i += 1) {
        const unit = text.charCodeAt(i);
        if (unit >= 0x80) break;
        bytes[start + i] = unit;
      }
      if (i === length) {
        this.#at = start + length;
        return true;
      }
    }
    this.#at = start + bytes.utf8Write(text, start);
    return true;
  }

  integer(value) {
    const number = Number(value);
    if (!Number.isSafeInteger(number)) return this.write(value.toString());
    this.#reserve(24);
    this.#digits(number);
    return true;
  }

  /** As JavaScript prints it: the shortest text that reads back as the same double. */
  number(value) {
    const hundredths = Math.round(value * 100);
    const ordinary = hundredths / 100 === value && hundredths < MOST_HUNDREDTHS && hundredths > -MOST_HUNDREDTHS;
    if (!ordinary) return this.write(String(value));
    this.#reserve(24);
    if (hundredths < 0) {
      this.#bytes[this.#at] = MINUS;
      this.#at += 1;
    }
    const size = Math.abs(hundredths);
    const whole = Math.floor(size / 100);
    const cents = size - whole * 100;
    this.#digits(whole);
    if (cents > 0) {
      const tens = (cents / 10) | 0;
      const ones = cents - tens * 10;
      this.#bytes[this.#at] = POINT;
      this.#bytes[this.#at + 1] = ZERO + tens;
      this.#bytes[this.#at + 2] = ZERO + ones;
      this.#at += ones > 0 ? 3 : 2;
    }
    return true;
  }

  base64(value) {
    const text = Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64');
    this.#reserve(text.length);
    this.#at += this.#bytes.latin1Write(text, this.#at);
    return true;
  }

  /** @returns false for a text that some file would have to quote */
  plain(text) {
    const { length } = text;
    this.#reserve(length);
    const bytes = this.#bytes;
    const start = this.#at;
    for (let i = 0; i < length; i += 1) {
      const unit = text.charCodeAt(i);
      if (unit >= 0x80 || PLAIN[unit] === 0) return false;
      bytes[start + i] = unit;
    }
    if (length === 0 || PLAIN[bytes[start]] !== 2) return false;
    this.#at = start + length;
    return true;
  }

  /** The time that has just been written stands behind a T. */
  timestamp(value) {
    const gap = this.#at - value.length + 10;
    if (value.length > 10 && this.#bytes[gap] === SPACE && ISO_TIMESTAMP.test(value)) this.#bytes[gap] = UPPER_T;
    return true;
  }

  /** A safe integer. */
  #digits(number) {
    const bytes = this.#bytes;
    let at = this.#at;
    let rest = number;
    if (rest < 0) {
      bytes[at] = MINUS;
      at += 1;
      rest = -rest;
    }
    let end = at + 1;
    for (let bound = 10; rest >= bound; bound *= 10) end += 1;
    for (let i = end - 1; i >= at; i -= 1) {
      const shorter = rest < 0x80000000 ? ((rest | 0) / 10) | 0 : Math.floor(rest / 10);
      bytes[i] = ZERO + (rest - shorter * 10);
      rest = shorter;
    }
    this.#at = end;
  }

  #reserve(more) {
    const wanted = this.#at + more;
    if (wanted <= this.#bytes.length) return;
    const bytes = Buffer.allocUnsafe(Math.max(wanted, this.#bytes.length * 2));
    this.#bytes.copy(bytes, 0, 0, this.#at);
    this.#bytes = bytes;
  }

  #growEnds(wanted) {
    const ends = new Int32Array(Math.max(wanted, this.#ends.length * 2));
    ends.set(this.#ends.subarray(0, this.#fields));
    this.#ends = ends;
  }
}
