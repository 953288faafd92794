import { CallParser } from './calls';
import type { Cursor } from './cursor';
import type { QueryParser } from './queries';
import type { Survey } from './survey';
import { ALWAYS_RESERVED, BARE_FUNCTIONS, FUNCTION_WORDS, UNITS } from './words';

const MARKS = new Set([
  '+',
  '-',
  '*',
  '/',
  '%',
  '^',
  '&',
  '|',
  '<<',
  '>>',
  '=',
  '<=>',
  '<>',
  '!=',
  '<',
  '<=',
  '>',
  '>=',
  '||',
  '&&',
]);
const COMPARISONS = new Set(['=', '<=>', '<>', '!=', '<', '<=', '>', '>=']);
const LOGICAL = new Set(['AND', 'OR', 'XOR', '&&', '||']);
const OPERATORS = new Set(['AND', 'OR', 'XOR', 'DIV', 'MOD', 'LIKE', 'REGEXP', 'RLIKE', 'ESCAPE']);
const LITERAL_WORDS = new Set(['NULL', 'TRUE', 'FALSE']);
const TYPED_LITERALS = new Set(['DATE', 'TIME', 'TIMESTAMP']);
const TRUTHS = new Set(['NULL', 'TRUE', 'FALSE', 'UNKNOWN']);

/**
 * Expressions of both servers (manual, "Expressions"). Which operator binds first doesn't matter here: what counts is that every function,
 * table and sub-query in it is met, and that nothing else passes.
 */
export class ExpressionParser {
  readonly calls: CallParser;

  constructor(
    private readonly cursor: Cursor,
    private readonly survey: Survey,
    private readonly queries: QueryParser,
  ) {
    this.calls = new CallParser(cursor, survey, this);
  }

  /** @param logical false: stops at AND, OR and XOR, for the first bound of BETWEEN */
  expression(logical = true): void {
    const { cursor } = this;
    this.operand();
    for (;;) {
      const { token } = cursor;
      if (!token) return;
      if (!logical && (token.kind === 'word' || token.kind === 'punctuation') && LOGICAL.has(token.value)) return;
      if (token.kind === 'punctuation') {
        if (token.text === ':=') this.survey.refuse('Setting a variable (:=) is not allowed: it lasts longer than the query.');
        else if (!MARKS.has(token.text)) return;
        cursor.at += 1;
        if (
          COMPARISONS.has(token.text) &&
          (cursor.isWord('ALL') || cursor.isWord('ANY') || cursor.isWord('SOME')) &&
          cursor.isMark('(', 1)
        ) {
          cursor.at += 1;
          this.parenthesised();
        } else this.operand();
      } else if (!this.wordOperator()) return;
    }
  }

  expressions(): void {
    this.cursor.list(() => this.expression());
  }

  private wordOperator(): boolean {
    const { cursor } = this;
    if (cursor.token?.kind !== 'word') return false;
    if (cursor.word('IS')) {
      cursor.word('NOT');
      if (!cursor.isOneOf(TRUTHS)) throw cursor.unexpected();
      cursor.at += 1;
      return true;
    }
    const negated = cursor.isWord('NOT') ? 1 : 0;
    if (cursor.isWord('IN', negated)) {
      cursor.at += negated + 1;
      if (cursor.isMark('(')) this.parenthesised();
      else this.operand(); // POSITION(a IN b)
      return true;
    }
    if (cursor.isWord('BETWEEN', negated)) {
      cursor.at += negated + 1;
      this.expression(false);
      cursor.expectWord('AND');
      this.operand();
      return true;
    }
    if (cursor.word('MEMBER', 'OF')) {
      this.parenthesised();
      return true;
    }
    if (cursor.word('AT', 'TIME', 'ZONE')) {
      cursor.word('INTERVAL');
      this.operand();
      return true;
    }
    if (!cursor.isOneOf(OPERATORS, negated) && !cursor.isWord('SOUNDS', negated)) return false;
    cursor.at += negated + 1;
    if (cursor.tokens[cursor.at - 1]?.value === 'SOUNDS') cursor.expectWord('LIKE');
    this.operand();
    return true;
  }

  operand(): void {
    const { cursor } = this;
    for (;;) {
      if (cursor.mark('-') || cursor.mark('+') || cursor.mark('~') || cursor.mark('!') || cursor.word('NOT')) continue;
      if (cursor.isWord('BINARY')) {
        cursor.at += 1;
        continue;
      }
      break;
    }
    this.primary();
    for (;;) {
      if (cursor.word('COLLATE')) {
        if (!cursor.take('string') && !cursor.word('BINARY')) cursor.name();
      } else if (cursor.mark('->') || cursor.mark('->>')) {
        if (!cursor.take('string')) throw cursor.unexpected();
      } else return;
    }
  }

  private primary(): void {
    const { cursor, survey } = this;
    const { token } = cursor;
    if (!token) throw cursor.unexpected();
    if (token.kind === 'number') cursor.at += 1;
    else if (token.kind === 'string') this.strings();
    else if (token.kind === 'parameter') {
      cursor.at += 1;
      survey.parameterCount += 1;
    } else if (token.kind === 'variable') {
      cursor.at += 1;
      survey.deterministic = false;
    } else if (cursor.isMark('(')) this.parenthesised();
    else if (cursor.mark('{')) {
      cursor.anyName();
      this.expression();
      cursor.expectMark('}');
    } else if (token.kind === 'word') this.wordPrimary();
    else if (token.kind === 'quoted') this.named();
    else throw cursor.unexpected();
  }

  strings(): void {
    while (this.cursor.take('string')) {
      // adjacent ones are one
    }
  }

  /** A sub-query, or expressions in parentheses. */
  parenthesised(): void {
    this.cursor.nested(() => (this.queries.isQuery() ? this.queries.query() : this.expressions()));
  }

  private wordPrimary(): void {
    const { cursor } = this;
    // DEFAULT is a value in lists of values; the function takes a column
    if (cursor.isOneOf(LITERAL_WORDS) || (cursor.isWord('DEFAULT') && !cursor.isMark('(', 1))) {
      cursor.at += 1;
      return;
    }
    const before = cursor.at;
    if (this.specialForm()) return;
    cursor.at = before;
    const next = cursor.tokens[cursor.at + 1];
    const isIntroducer =
      cursor.token?.text.startsWith('_') && (next?.kind === 'string' || (next?.kind === 'number' && /^0[xb]/.test(next.text)));
    if (isIntroducer || (cursor.isOneOf(TYPED_LITERALS) && next?.kind === 'string')) {
      cursor.at += 1;
      if (!cursor.take('number')) this.strings();
      return;
    }
    if (cursor.isOneOf(BARE_FUNCTIONS) && !cursor.isMark('(', 1) && !cursor.isMark('.', 1)) {
      this.survey.call([cursor.anyName()], 0);
      return;
    }
    // EXTRACT(YEAR_MONTH FROM x)
    if (cursor.isOneOf(UNITS) && cursor.isWord('FROM', 1)) {
      cursor.at += 1;
      return;
    }
    this.named();
  }

  /** Forms with a grammar of their own. @returns false when none begins here */
  private specialForm(): boolean {
    const { cursor } = this;
    if (cursor.word('CASE')) this.caseOf();
    else if (cursor.word('INTERVAL')) this.interval();
    else if (cursor.isWord('EXISTS') && cursor.isMark('(', 1)) {
      cursor.at += 1;
      this.parenthesised();
    } else if (cursor.isWord('ROW') && cursor.isMark('(', 1)) {
      cursor.at += 1;
      this.parenthesised();
    } else if (cursor.word('MATCH')) this.match();
    else if ((cursor.isWord('NEXT') || cursor.isWord('PREVIOUS')) && cursor.isWord('VALUE', 1) && cursor.isWord('FOR', 2)) {
      this.survey.refuse('NEXT VALUE FOR and PREVIOUS VALUE FOR are not allowed: they move or read sequences.');
      cursor.at += 3;
      cursor.path();
    } else return false;
    return true;
  }

  private caseOf(): void {
    const { cursor } = this;
    if (!cursor.isWord('WHEN')) this.expression();
    if (!cursor.isWord('WHEN')) throw cursor.unexpected();
    while (cursor.word('WHEN')) {
      this.expression();
      cursor.expectWord('THEN');
      this.expression();
    }
    if (cursor.word('ELSE')) this.expression();
    cursor.expectWord('END');
  }

  /** INTERVAL 1 DAY, or the function INTERVAL(n, a, b). */
  private interval(): void {
    const { cursor } = this;
    if (cursor.isMark('(')) {
      const behind = cursor.closingOf() + 1 - cursor.at;
      if (!cursor.isOneOf(UNITS, behind) && !this.continues(behind)) {
        this.parenthesised();
        return;
      }
    }
    this.expression();
    if (!cursor.isOneOf(UNITS)) throw cursor.unexpected();
    cursor.at += 1;
  }

  /** INTERVAL (a + b) * 2 DAY: something follows the parenthesis that leads to a unit. */
  private continues(ahead: number): boolean {
    const token = this.cursor.tokens[this.cursor.at + ahead];
    if (token?.kind !== 'punctuation' || !MARKS.has(token.text) || COMPARISONS.has(token.text)) return false;
    for (let i = this.cursor.at + ahead; i < this.cursor.tokens.length; i += 1) {
      const one = this.cursor.tokens[i];
      if (one?.kind === 'word' && UNITS.has(one.value)) return true;
      if (one?.text === ',' || one?.text === ')' || (one?.kind === 'word' && ALWAYS_RESERVED.has(one.value))) return false;
    }
    return false;
  }

  private match(): void {
    const { cursor } = this;
    this.survey.call(['match'], 1);
    if (cursor.isMark('(')) cursor.nested(() => this.expressions());
    else cursor.list(() => cursor.path());
    cursor.expectWord('AGAINST');
    cursor.nested(() => {
      this.operand(); // a whole expression would take IN for an operator
      cursor.word('IN', 'NATURAL', 'LANGUAGE', 'MODE');
      cursor.word('IN', 'BOOLEAN', 'MODE');
      cursor.word('WITH', 'QUERY', 'EXPANSION');
    });
  }

  /** A column, or the call of a function. */
  private named(): void {
    const { cursor } = this;
    const isFunctionWord = cursor.isOneOf(FUNCTION_WORDS) && cursor.isMark('(', 1);
    if (!cursor.isName() && !isFunctionWord) throw cursor.unexpected();
    const parts = cursor.path();
    if (cursor.isMark('(')) this.calls.call(parts);
    else if (cursor.isMark('.') && cursor.isMark('*', 1)) throw cursor.unexpected();
  }

  orderList(): void {
    this.cursor.list(() => {
      this.expression();
      this.cursor.anyWord('ASC', 'DESC');
    });
  }
}
