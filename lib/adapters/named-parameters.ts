import { QuarryError } from '../kernel/errors';

/** What may hide a colon in one dialect. */
export interface ScanRules {
  /** $tag$ … $tag$ */
  dollarQuotes: boolean;
  nestedComments: boolean;
  /** E'…\'…' */
  escapeStrings: boolean;
  /** `…` and […] around identifiers */
  backticksAndBrackets: boolean;
}

/** The parts of a text that are opaque: strings, quoted identifiers, comments; and the named parameters between them. */
interface Placeholder {
  start: number;
  end: number;
  name: string;
}

/**
 * Finds `:name` outside strings, quoted identifiers, comments and casts.
 * In square brackets (array slices such as `a[lo:hi]`) the caller decides, see `bracketed`.
 */
export function findNamedParameters(text: string, rules: ScanRules): (Placeholder & { bracketed: boolean })[] {
  const found: (Placeholder & { bracketed: boolean })[] = [];
  let brackets = 0;
  let at = 0;
  while (at < text.length) {
    const skipTo = endOfOpaque(text, at, rules);
    if (skipTo > at) {
      at = skipTo;
      continue;
    }
    const char = text[at];
    if (char === '[') brackets += 1;
    else if (char === ']') brackets = Math.max(0, brackets - 1);
    else if (char === ':') {
      const name = /^:([\p{L}_][\p{L}\p{N}_]*)/u.exec(text.slice(at, at + 130))?.[1];
      const doubled = text[at + 1] === ':' || text[at - 1] === ':' || text[at + 1] === '=';
      if (name && !doubled) {
        found.push({ start: at, end: at + 1 + name.length, name, bracketed: brackets > 0 });
        at += 1 + name.length;
        continue;
      }
    }
    at += 1;
  }
  return found;
}

/** Where a string, quoted identifier or comment that starts at `at` ends; `at` itself when none starts there. */
export function endOfOpaque(text: string, at: number, rules: ScanRules): number {
  const two = text.slice(at, at + 2);
  if (two === '--') return endOr(text, text.indexOf('\n', at));
  if (two === '/*') return endOfComment(text, at, rules.nestedComments);
  const char = text[at];
  if (char === "'") {
    const escapes = rules.escapeStrings && /(?:^|[^\p{L}\p{N}_$])[eE]$/u.test(text.slice(Math.max(0, at - 2), at));
    return endOfQuoted(text, at, "'", escapes);
  }
  if (char === '"') return endOfQuoted(text, at, '"', false);
  if (rules.backticksAndBrackets && char === '`') return endOfQuoted(text, at, '`', false);
  if (rules.backticksAndBrackets && char === '[') return endOr(text, text.indexOf(']', at) + 1 || -1);
  if (rules.dollarQuotes && char === '$' && !/[\p{L}\p{N}_$]/u.test(text[at - 1] ?? ' ')) {
    const tag = /^\$(?:[\p{L}_][\p{L}\p{N}_]*)?\$/u.exec(text.slice(at, at + 70))?.[0];
    if (tag) {
      const close = text.indexOf(tag, at + tag.length);
      return close < 0 ? text.length : close + tag.length;
    }
  }
  return at;
}

function endOr(text: string, index: number): number {
  return index < 0 ? text.length : index;
}

function endOfQuoted(text: string, start: number, quote: string, escapes: boolean): number {
  let at = start + 1;
  while (at < text.length) {
    if (escapes && text[at] === '\\') at += 2;
    else if (text[at] !== quote) at += 1;
    else if (text[at + 1] === quote) at += 2;
    else return at + 1;
  }
  return text.length;
}

function endOfComment(text: string, start: number, nested: boolean): number {
  let depth = 1;
  let at = start + 2;
  while (at < text.length && depth > 0) {
    const two = text.slice(at, at + 2);
    if (two === '*/') depth -= 1;
    else if (two === '/*' && nested) depth += 1;
    else {
      at += 1;
      continue;
    }
    at += 2;
  }
  return at;
}

/**
 * Replaces named parameters by positional ones; a name that occurs twice gets one number.
 * @param placeholder how the n-th parameter (from 1) is written
 * @throws QuarryError input.invalid when a name has no value or a value no name
 */
export function bindNamedParameters(
  text: string,
  values: Readonly<Record<string, unknown>>,
  rules: ScanRules,
  placeholder: (number: number) => string,
): { text: string; params: unknown[] } {
  const numbers = new Map<string, number>();
  const params: unknown[] = [];
  let out = '';
  let copied = 0;
  for (const { start, end, name, bracketed } of findNamedParameters(text, rules)) {
    if (!Object.hasOwn(values, name)) {
      if (bracketed) continue;
      throw new QuarryError('input.invalid', `The parameter :${name} has no value. Give one under the name "${name}".`, {
        details: { parameter: name },
      });
    }
    let number = numbers.get(name);
    if (number === undefined) {
      number = params.push(values[name]);
      numbers.set(name, number);
    }
    out += text.slice(copied, start) + placeholder(number);
    copied = end;
  }
  const unused = Object.keys(values).find((name) => !numbers.has(name));
  if (unused !== undefined) {
    throw new QuarryError('input.invalid', `The query has no parameter :${unused}.`, { details: { parameter: unused } });
  }
  return { text: out + text.slice(copied), params };
}
