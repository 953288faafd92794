import type { QuarryError } from '../../kernel/errors';
import { invalid, type Token } from './lexer';
import { ALWAYS_RESERVED, FUNCTION_WORDS } from './words';

/** Deeper nesting than a person writes would only eat the stack. */
const MAX_DEPTH = 120;

/** A place in the tokens of one statement, and what can be asked and taken there. */
export class Cursor {
  at = 0;
  private depth = 0;
  /** For each opening parenthesis the index of its closing one. */
  private readonly closing = new Map<number, number>();

  constructor(
    readonly text: string,
    readonly tokens: readonly Token[],
  ) {
    const open: number[] = [];
    tokens.forEach((token, index) => {
      if (token.kind !== 'punctuation') return;
      if (token.text === '(') open.push(index);
      else if (token.text === ')') {
        const start = open.pop();
        if (start === undefined) throw invalid('A parenthesis is closed that was not opened.', text, token.start);
        this.closing.set(start, index);
      }
    });
    const left = open.pop();
    if (left !== undefined) throw invalid('A parenthesis is not closed.', text, tokens[left]?.start ?? 0);
  }

  get token(): Token | undefined {
    return this.tokens[this.at];
  }

  get done(): boolean {
    return this.at >= this.tokens.length;
  }

  /** Whether the word (in capitals) stands here, or so many tokens further on. */
  isWord(word: string, ahead = 0): boolean {
    const token = this.tokens[this.at + ahead];
    return token?.kind === 'word' && token.value === word;
  }

  isOneOf(words: ReadonlySet<string>, ahead = 0): boolean {
    const token = this.tokens[this.at + ahead];
    return token?.kind === 'word' && words.has(token.value);
  }

  isMark(mark: string, ahead = 0): boolean {
    const token = this.tokens[this.at + ahead];
    return token?.kind === 'punctuation' && token.text === mark;
  }

  /** Takes the words when all of them stand here. */
  word(...words: string[]): boolean {
    if (!words.every((word, index) => this.isWord(word, index))) return false;
    this.at += words.length;
    return true;
  }

  anyWord(...words: string[]): boolean {
    return words.some((word) => this.word(word));
  }

  mark(mark: string): boolean {
    if (!this.isMark(mark)) return false;
    this.at += 1;
    return true;
  }

  expectWord(...words: string[]): void {
    if (!this.word(...words)) throw this.unexpected();
  }

  expectMark(mark: string): void {
    if (!this.mark(mark)) throw this.unexpected();
  }

  /** Takes a token of a kind. */
  take(kind: Token['kind']): Token | null {
    const { token } = this;
    if (token?.kind !== kind) return null;
    this.at += 1;
    return token;
  }

  /** Words that begin a clause although they may be names. */
  isClauseWord(): boolean {
    if (this.isWord('WINDOW')) return this.isName(1) && this.isWord('AS', 2);
    if (this.isWord('OFFSET')) return this.tokens[this.at + 1]?.kind === 'number';
    if (this.isWord('MINUS')) return this.isWord('SELECT', 1) || this.isMark('(', 1);
    return this.isWord('QUALIFY') || (this.isWord('RETURNING') && !this.isMark(',', 1));
  }

  /** Whether a name can stand here: in backticks, or a word that isn't reserved. */
  isName(ahead = 0): boolean {
    const token = this.tokens[this.at + ahead];
    return token?.kind === 'quoted' || (token?.kind === 'word' && !ALWAYS_RESERVED.has(token.value));
  }

  name(): string {
    if (!this.isName()) throw this.unexpected();
    return this.anyName();
  }

  /** Behind a point, any word is a name. */
  anyName(): string {
    const { token } = this;
    if (token?.kind !== 'quoted' && token?.kind !== 'word') throw this.unexpected();
    this.at += 1;
    return token.kind === 'quoted' ? token.value : token.text;
  }

  /** A name with what stands in front of it: `schema`.`table`. */
  path(): string[] {
    const reserved = this.token?.kind === 'word' && FUNCTION_WORDS.has(this.token.value) && this.isMark('(', 1);
    const parts = [reserved ? this.anyName() : this.name()];
    while (this.isMark('.') && !this.isMark('*', 1)) {
      this.at += 1;
      parts.push(this.anyName());
    }
    return parts;
  }

  /** The index of the parenthesis that closes the one `ahead` tokens further on. */
  closingOf(ahead = 0): number {
    return this.closing.get(this.at + ahead) ?? this.tokens.length;
  }

  /** Runs a part that stands in parentheses of its own. */
  nested<T>(work: () => T): T {
    this.expectMark('(');
    this.depth += 1;
    if (this.depth > MAX_DEPTH) throw this.fail('The query is nested too deeply.');
    const result = work();
    this.expectMark(')');
    this.depth -= 1;
    return result;
  }

  /** Asks something about what follows an opening parenthesis, and comes back in front of it. */
  behindParenthesis<T>(ask: () => T): T {
    this.at += 1;
    const answer = ask();
    this.at -= 1;
    return answer;
  }

  /** Skips what stands in parentheses and can hold no query: column lists, types, index hints. */
  skipParenthesised(): void {
    const end = this.closingOf();
    for (let i = this.at; i < end; i += 1) {
      const token = this.tokens[i];
      if (token?.kind === 'word' && (token.value === 'SELECT' || token.value === 'FROM'))
        throw this.fail('A query cannot stand here.', token);
    }
    this.expectMark('(');
    this.at = end + 1;
  }

  list(item: () => void): void {
    do item();
    while (this.mark(','));
  }

  fail(message: string, token = this.token): QuarryError {
    return invalid(message, this.text, token?.start ?? this.text.length);
  }

  unexpected(): QuarryError {
    const { token } = this;
    if (!token) return this.fail('The query ends too early: something is missing at its end.');
    const piece = token.text.length > 40 ? `${token.text.slice(0, 40)}…` : token.text;
    return this.fail(`There is a syntax error near "${piece}".`);
  }
}
