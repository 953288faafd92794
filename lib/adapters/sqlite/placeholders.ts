import type { Statement } from '../contract';
import { type Token, tokenise } from './tokens';

/**
 * Rewrites placeholders to plain `?`, each with its own value: better-sqlite3 binds a list only to those.
 * @param read the value of a placeholder; undefined leaves it in the text
 */
export function replacePlaceholders(text: string, read: (token: Token) => unknown): Statement {
  const params: unknown[] = [];
  let out = '';
  let copied = 0;
  for (const token of tokenise(text)) {
    if (token.kind !== 'placeholder') continue;
    const value = read(token);
    if (value === undefined) continue;
    params.push(value);
    out += `${text.slice(copied, token.start)}?`;
    copied = token.end;
  }
  return { text: out + text.slice(copied), params };
}

/**
 * A statement with `?`, `?3` or `:name` and a list of values, in the numbering of SQLite (https://sqlite.org/lang_expr.html#varparam):
 * `?` is one more than the highest number so far, a name gets the next number at its first place.
 */
export function positional(statement: Statement): Statement {
  const { text, params = [] } = statement;
  if (params.length === 0) return { text, params };
  const named = new Map<string, number>();
  let highest = 0;
  return replacePlaceholders(text, (token) => {
    const number = numberOf(token.text);
    highest = Math.max(highest, number);
    return params[number - 1] ?? null;
  });

  function numberOf(placeholder: string): number {
    if (placeholder === '?') return highest + 1;
    if (placeholder.startsWith('?')) return Number(placeholder.slice(1));
    const known = named.get(placeholder) ?? highest + 1;
    named.set(placeholder, known);
    return known;
  }
}
