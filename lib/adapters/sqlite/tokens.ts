/** SQLite's tokens (https://sqlite.org/draft/tokenreq.html), enough to find statements, keywords, names and placeholders. */
export type TokenKind = 'word' | 'name' | 'string' | 'number' | 'blob' | 'placeholder' | 'punctuation' | 'bad';

export interface Token {
  kind: TokenKind;
  text: string;
  /** Upper case of a word, the unquoted name of a quoted one, else the text. */
  value: string;
  start: number;
  end: number;
  /** Depth of parentheses around it. */
  depth: number;
}

const PATTERN =
  /(?<space>\s+|--[^\n]*(?:\n|$)|\/\*[\s\S]*?(?:\*\/|$))|(?<string>'(?:[^']|'')*')|(?<name>"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\])|(?<blob>[xX]'[0-9a-fA-F]*')|(?<placeholder>\?\d*|[:@$][\p{L}\p{N}_$]+)|(?<number>0[xX][0-9a-fA-F_]+|(?:\d[\d_]*(?:\.[\d_]*)?|\.\d[\d_]*)(?:[eE][+-]?\d+)?)|(?<word>[\p{L}_\u0080-\uffff][\p{L}\p{N}_$\u0080-\uffff]*)|(?<punctuation>->>|->|<>|<=|>=|==|!=|\|\||<<|>>|[-+*/%(),.;<>=&|~])|(?<bad>[\s\S])/uy;

/** Splits a text into tokens; white space and comments are dropped, what SQLite wouldn't read is `bad`. */
export function tokenise(text: string): Token[] {
  const tokens: Token[] = [];
  let depth = 0;
  PATTERN.lastIndex = 0;
  for (let match = PATTERN.exec(text); match; match = PATTERN.exec(text)) {
    const groups = match.groups ?? {};
    if (groups.space === undefined) {
      const kind = (Object.keys(groups).find((name) => groups[name] !== undefined) ?? 'bad') as TokenKind;
      const [raw] = match;
      if (raw === ')') depth -= 1;
      tokens.push({ kind, text: raw, value: meaningOf(kind, raw), start: match.index, end: match.index + raw.length, depth });
      if (raw === '(') depth += 1;
    }
    if (PATTERN.lastIndex >= text.length) break;
  }
  return tokens;
}

function meaningOf(kind: TokenKind, raw: string): string {
  if (kind === 'word') return raw.toUpperCase();
  if (kind === 'name') {
    const inner = raw.slice(1, -1);
    const quote = raw[0] ?? '';
    return quote === '[' ? inner : inner.replaceAll(quote + quote, quote);
  }
  return raw;
}
