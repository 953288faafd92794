import type { Cursor } from './cursor';
import type { ExpressionParser } from './expressions';
import type { Survey } from './survey';

const FRAMES = new Set(['ROWS', 'RANGE', 'GROUPS']);
const TYPE_ENDS = new Set(['NULL', 'ERROR', 'DEFAULT', 'ON']);
const ENDS_OF_A_FRAME = new Set(['FIRST', 'LAST']);
const BEHIND_THEM = new Set(['OVER', 'RESPECT', 'IGNORE']);

/** Calls of functions with all that may stand in and behind their parentheses (manuals, "Functions and Operators", "Window Functions"). */
export class CallParser {
  constructor(
    private readonly cursor: Cursor,
    private readonly survey: Survey,
    private readonly expressions: ExpressionParser,
  ) {}

  /** @param parts the name as written, with its database in front */
  call(parts: string[]): void {
    const { cursor, survey } = this;
    const empty = cursor.isMark(')', 1);
    if (parts.length > 2) throw cursor.fail('A function is called by its name, with at most its database in front.');
    const name = (parts.at(-1) ?? '').toUpperCase();
    survey.call(parts, empty ? 0 : 1);
    cursor.nested(() => {
      if (!empty) this.callArguments(name);
    });
    this.behindCall(name);
  }

  private callArguments(name: string): void {
    const { cursor, expressions } = this;
    cursor.anyWord('DISTINCTROW', 'DISTINCT', 'ALL');
    if (name === 'TRIM' && cursor.anyWord('BOTH', 'LEADING', 'TRAILING')) {
      if (cursor.word('FROM')) {
        expressions.expression();
        return;
      }
    }
    if (cursor.mark('*')) return;
    if (name === 'JSON_TABLE') throw cursor.fail('JSON_TABLE stands in FROM.');
    expressions.expression();
    for (;;) {
      if (name === 'CONVERT' && cursor.isMark(',')) {
        cursor.at += 1;
        this.type();
        return;
      }
      if (cursor.mark(',') || cursor.word('FROM') || cursor.word('FOR')) expressions.expression();
      else if (cursor.word('USING')) {
        if (!cursor.take('string') && !cursor.word('BINARY')) cursor.name();
      } else if (cursor.word('AS') || cursor.word('RETURNING')) this.type();
      else if (cursor.word('ORDER', 'BY')) expressions.orderList();
      else if (cursor.word('SEPARATOR')) expressions.strings();
      else if (cursor.word('LIMIT')) expressions.expressions();
      else if (!this.onEmptyOrError()) return;
    }
  }

  /** JSON_VALUE(… NULL ON EMPTY DEFAULT 1 ON ERROR) */
  private onEmptyOrError(): boolean {
    const { cursor, expressions } = this;
    if (!cursor.anyWord('NULL', 'ERROR')) {
      if (!cursor.word('DEFAULT')) return false;
      expressions.operand();
    }
    cursor.expectWord('ON');
    if (!cursor.anyWord('EMPTY', 'ERROR')) throw cursor.unexpected();
    return true;
  }

  /** The name of a type, up to the end of the call or a clause of JSON_VALUE. */
  private type(): void {
    const { cursor } = this;
    if (cursor.token?.kind !== 'word') throw cursor.unexpected();
    while (cursor.token?.kind === 'word' && !TYPE_ENDS.has(cursor.token.value)) {
      if (cursor.isWord('SELECT') || cursor.isWord('FROM')) throw cursor.unexpected();
      cursor.at += 1;
      if (cursor.isMark('(')) cursor.skipParenthesised();
    }
  }

  private behindCall(name: string): void {
    const { cursor, expressions } = this;
    for (;;) {
      if (cursor.word('WITHIN', 'GROUP')) {
        cursor.nested(() => {
          cursor.expectWord('ORDER', 'BY');
          expressions.orderList();
        });
      } else if (cursor.word('RESPECT', 'NULLS') || cursor.word('IGNORE', 'NULLS')) {
        // says which of the rows count
      } else if (
        name === 'NTH_VALUE' &&
        cursor.isWord('FROM') &&
        cursor.isOneOf(ENDS_OF_A_FRAME, 1) &&
        cursor.isOneOf(BEHIND_THEM, 2)
      ) {
        cursor.at += 2; // anywhere else FROM first names a table
      } else if (cursor.isWord('OVER') && (cursor.isMark('(', 1) || cursor.isName(1))) {
        cursor.at += 1;
        if (cursor.isMark('(')) this.window();
        else cursor.name();
      } else return;
    }
  }

  window(): void {
    const { cursor, expressions } = this;
    cursor.nested(() => {
      const clause = cursor.isWord('PARTITION') || cursor.isWord('ORDER') || cursor.isOneOf(FRAMES);
      if (!clause && cursor.isName()) cursor.name();
      if (cursor.word('PARTITION', 'BY')) expressions.expressions();
      if (cursor.word('ORDER', 'BY')) expressions.orderList();
      if (!cursor.isOneOf(FRAMES)) return;
      cursor.at += 1;
      if (cursor.word('BETWEEN')) {
        this.bound();
        cursor.expectWord('AND');
      }
      this.bound();
      if (cursor.word('EXCLUDE')) while (cursor.token?.kind === 'word') cursor.at += 1;
    });
  }

  private bound(): void {
    const { cursor, expressions } = this;
    if (cursor.word('CURRENT', 'ROW')) return;
    if (!cursor.word('UNBOUNDED')) expressions.expression(false);
    if (!cursor.anyWord('PRECEDING', 'FOLLOWING')) throw cursor.unexpected();
  }
}
