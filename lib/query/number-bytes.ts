const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;

/**
 * Where a plain number ends that a double surely holds, without the zeros that end its fraction; 0 for any other text, which
 * exactNumber() has to judge.
 */
export function shortNumberEnd(bytes: Uint8Array, start: number, end: number): number {
  if (end - start > 15) return 0;
  let at = start;
  const negative = bytes[at] === MINUS;
  if (negative) at += 1;
  const whole = at;
  while (at < end && isDigit(bytes[at])) at += 1;
  if (at === whole || (bytes[whole] === ZERO && (negative || at > whole + 1))) return 0;
  if (at === end) return end;
  if (bytes[at] !== POINT || at + 1 === end) return 0;
  const point = at;
  let last = point;
  for (at += 1; at < end; at += 1) {
    if (!isDigit(bytes[at])) return 0;
    if (bytes[at] !== ZERO) last = at + 1;
  }
  return last;
}

export function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= ZERO && byte <= NINE;
}

/** Whether the text of a double that begins here is a number, and not NaN or an infinity. */
export function isFiniteText(bytes: Uint8Array, start: number): boolean {
  return isDigit(bytes[start] === MINUS ? bytes[start + 1] : bytes[start]);
}
