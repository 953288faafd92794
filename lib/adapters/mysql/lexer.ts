import { QuarryError } from '../../kernel/errors';

/**
 * Tokens as both servers cut them under the session's SQL mode (connection.ts takes ANSI_QUOTES, NO_BACKSLASH_ESCAPES and the like out of
 * it): manuals, "Literal Values", "Schema Object Names", "Comments"; sql/sql_lex.cc where they are silent.
 */
export interface Token {
  kind: 'word' | 'quoted' | 'string' | 'number' | 'parameter' | 'variable' | 'named' | 'punctuation';
  text: string;
  /** Of a word: in capitals. Of a quoted name: the name. Otherwise as `text`. */
  value: string;
  start: number;
  end: number;
}

const SPACE = /[ \t\n\v\f\r]+/y;
// Behind two dashes must stand a space or a control character (or nothing): `5--1` is arithmetic.
// biome-ignore lint/suspicious/noControlCharactersInRegex: that is the servers' rule
const LINE_COMMENT = /(?:--(?=[\x00-\x20\x7f]|$)|#)[^\n]*/y;
const STRING = /(?:[nN](?=')|[xXbB](?='))?(?:'(?:[^'\\]|\\[\s\S]|'')*'|"(?:[^"\\]|\\[\s\S]|"")*")/y;
const QUOTED = /`(?:[^`]|``)*`/y;
const VARIABLE = /@@?(?:`(?:[^`]|``)*`|'(?:[^'\\]|\\[\s\S]|'')*'|"(?:[^"\\]|\\[\s\S]|"")*"|[\w$.\u0080-\uffff]+)/y;
/** A number ends where its digits do (`1e0FROM` is a number and FROM); digits followed by letters are a name, except 0x… and 0b…. */
const NUMBER =
  /0x[0-9a-fA-F]+(?![\w$\u0080-\uffff])|0b[01]+(?![\w$\u0080-\uffff])|(?:\d+\.\d*|\.\d+)(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+|\d+(?![\w$\u0080-\uffff])/y;
const WORD = /[\w$\u0080-\uffff]+/y;
const NAMED = /:[\p{L}_][\p{L}\p{N}_]*/uy;
const PUNCTUATION = /->>|<=>|:=|->|<<|>>|<>|!=|<=|>=|\|\||&&|[-+*/%^&|~!=<>(),.;{}]/y;

/** A text is looked at several times on its way; see dialect.ts for the memory of it. */
export function tokenise(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const match = (pattern: RegExp): string | null => {
    pattern.lastIndex = at;
    return pattern.exec(text)?.[0] ?? null;
  };
  while (at < text.length) {
    const skipped = match(SPACE) ?? match(LINE_COMMENT) ?? blockComment(text, at);
    if (skipped !== null) {
      at += skipped.length;
      continue;
    }
    const before = tokens.at(-1);
    const token = nextToken(match, before, text[at] === '.' && before?.end === at && NAMES.has(before.kind));
    if (token === null) throw unknown(text, at);
    const [kind, piece] = token;
    tokens.push({ kind, text: piece, value: meaningOf(kind, piece), start: at, end: at + piece.length });
    at += piece.length;
  }
  return tokens;
}

const NAMES: ReadonlySet<Token['kind']> = new Set(['word', 'quoted']);

type Matcher = (pattern: RegExp) => string | null;

function nextToken(match: Matcher, before: Token | undefined, separates: boolean): [Token['kind'], string] | null {
  const first = (kind: Token['kind'], piece: string | null): [Token['kind'], string] | null =>
    piece === null ? null : [kind, piece];
  // Behind a point everything is a name: t.1, t.select
  if (before?.text === '.') {
    const name = first('quoted', match(QUOTED)) ?? first('word', match(WORD));
    if (name) return name;
  }
  if (separates) return ['punctuation', '.']; // t.1a, and no number .1
  return (
    first('string', match(STRING)) ??
    first('quoted', match(QUOTED)) ??
    first('variable', match(VARIABLE)) ??
    first('number', match(NUMBER)) ??
    first('word', match(WORD)) ??
    first('named', match(NAMED)) ??
    first('parameter', match(/\?/y)) ??
    first('punctuation', match(PUNCTUATION))
  );
}

function meaningOf(kind: Token['kind'], piece: string): string {
  if (kind === 'word') return piece.toUpperCase();
  return kind === 'quoted' ? piece.slice(1, -1).replaceAll('``', '`') : piece;
}

/** @throws QuarryError query.invalid when it isn't closed */
function blockComment(text: string, at: number): string | null {
  if (!text.startsWith('/*', at)) return null;
  const end = text.indexOf('*/', at + 2);
  if (end < 0) throw invalid('A comment is not closed: it begins with /* and has no */ behind it.', text, at);
  return text.slice(at, end + 2);
}

function unknown(text: string, at: number): QuarryError {
  const char = text[at] ?? '';
  if (`'"\``.includes(char)) return invalid(`A ${char === '`' ? 'name in backticks' : 'string'} is not closed.`, text, at);
  if (char === '\0') return invalid('The query holds a zero byte.', text, at);
  return invalid(`There is a character that is not understood here: ${char}`, text, at);
}

/** A syntax error at a place, told in characters from 1 and lines from 1. */
export function invalid(message: string, text: string, at: number): QuarryError {
  const line = text.slice(0, at).split('\n').length;
  return new QuarryError('query.invalid', message, { stage: 'parse', details: { position: at + 1, line } });
}
