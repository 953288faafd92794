/** Bytes that are written one after the other and taken as one piece, which belongs to the taker. */
export class ByteBuffer {
  private out: Buffer;
  private at = 0;

  /** @param size about how many bytes will come; it grows when there are more */
  constructor(size: number) {
    this.out = Buffer.allocUnsafeSlow(size);
  }

  byte(value: number): void {
    if (this.at >= this.out.length) this.grow(1);
    this.out[this.at] = value;
    this.at += 1;
  }

  text(text: string): void {
    const bytes = Buffer.from(text);
    this.copy(bytes, 0, bytes.length);
  }

  /** A longer text, encoded in place. */
  write(text: string): void {
    // A UTF-16 unit takes three bytes of UTF-8 at most.
    if (this.at + text.length * 3 > this.out.length) this.grow(text.length * 3);
    this.at += this.out.write(text, this.at);
  }

  copy(source: Uint8Array, start: number, end: number): void {
    if (this.at + end - start > this.out.length) this.grow(end - start);
    const { out } = this;
    let { at } = this;
    // For the few bytes of a field a loop is faster than a call of set().
    for (let i = start; i < end; i += 1) {
      out[at] = source[i] as number;
      at += 1;
    }
    this.at = at;
  }

  /**
   * Copies up to the end, unless one of the bytes is marked in `stops`.
   * @returns whether it was copied; nothing was written when not
   */
  copyUnless(stops: Uint8Array, source: Uint8Array, start: number, end: number): boolean {
    if (this.at + end - start > this.out.length) this.grow(end - start);
    const { out } = this;
    let { at } = this;
    for (let i = start; i < end; i += 1) {
      const byte = source[i] as number;
      if (stops[byte] === 1) return false;
      out[at] = byte;
      at += 1;
    }
    this.at = at;
    return true;
  }

  take(): Uint8Array {
    return this.out.subarray(0, this.at);
  }

  private grow(more: number): void {
    const out = Buffer.allocUnsafeSlow(Math.max(this.at + more, this.out.length * 2));
    this.out.copy(out, 0, 0, this.at);
    this.out = out;
  }
}

/** A part of packed text as a string. */
export function textAt(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('utf8');
}
