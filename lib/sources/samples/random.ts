/**
 * Repeatable randomness: mulberry32 (Tommy Ettinger, public domain), seeded by a name. Only integer and exact arithmetic is used on
 * its output, so that every machine draws the same.
 */
export class Draw {
  private state: number;

  constructor(name: string) {
    // FNV-1a, 32 bits.
    let hash = 0x811c9dc5;
    for (let at = 0; at < name.length; at++) hash = Math.imul(hash ^ name.charCodeAt(at), 0x01000193);
    this.state = hash >>> 0;
  }

  /** At least 0, below 1. */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), this.state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }

  /** A whole number from `low` to `high`, both included. */
  between(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(values: readonly T[]): T {
    return at(values, Math.floor(this.next() * values.length));
  }

  /** Picks by weight, from a table made with `weighted`. */
  weighted<T>(table: Weighted<T>): T {
    const drawn = this.next() * table.total;
    let low = 0;
    let high = table.sums.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (at(table.sums, middle) > drawn) high = middle;
      else low = middle + 1;
    }
    return at(table.values, low);
  }
}

export interface Weighted<T> {
  values: readonly T[];
  sums: readonly number[];
  total: number;
}

export function weighted<T>(entries: readonly (readonly [value: T, weight: number])[]): Weighted<T> {
  let total = 0;
  const sums = entries.map(([, weight]) => {
    total += weight;
    return total;
  });
  return { values: entries.map(([value]) => value), sums, total };
}

/** An element that is there by construction. */
export function at<T>(values: readonly T[], index: number): T {
  const value = values[index];
  if (value === undefined) throw new RangeError(`There is no element ${index} of ${values.length}.`);
  return value;
}
