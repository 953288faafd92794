import type { Cell } from './contract';

const JSON_TOKEN = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
const MAY_LOSE_DIGITS = /[\d.]{16}|\d[eE]/;

/** JSON in which a number that a double can't hold exactly becomes text, so that nothing is rounded on the way. */
export function readJson(text: string): Cell {
  if (!MAY_LOSE_DIGITS.test(text)) return JSON.parse(text) as Cell;
  return JSON.parse(
    text.replace(JSON_TOKEN, (token) => (token[0] === '"' || isExactDouble(token) ? token : `"${token}"`)),
  ) as Cell;
}

/** Safe integers, and decimals of at most 15 significant digits: those a double gives back digit for digit (IEEE 754, DBL_DIG). */
function isExactDouble(token: string): boolean {
  const value = Number(token);
  if (!Number.isFinite(value)) return false;
  if (/^-?\d+$/.test(token)) return Number.isSafeInteger(value);
  return (/^-?[0.]*([\d.]*)/.exec(token)?.[1] ?? '').replace('.', '').length <= 15;
}
