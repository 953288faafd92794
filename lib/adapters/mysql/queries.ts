import type { Cursor } from './cursor';
import { ExpressionParser } from './expressions';
import type { Token } from './lexer';
import type { Survey } from './survey';
import { TableParser } from './tables';

/** How a query ends: its LIMIT, and the number in it where that is a literal. */
export interface Limit {
  present: boolean;
  count?: Token;
}

const OPENERS = new Set(['SELECT', 'WITH', 'VALUES', 'TABLE']);
const SET_OPERATIONS = new Set(['UNION', 'EXCEPT', 'INTERSECT', 'MINUS']);
/** What may stand behind a query in parentheses that is part of a larger query. */
const CONTINUES = new Set([...SET_OPERATIONS, 'ORDER', 'LIMIT', 'FETCH', 'OFFSET', 'INTO', 'FOR', 'LOCK']);
const SELECT_OPTIONS = new Set(
  'ALL DISTINCT DISTINCTROW HIGH_PRIORITY STRAIGHT_JOIN SQL_SMALL_RESULT SQL_BIG_RESULT SQL_BUFFER_RESULT SQL_NO_CACHE SQL_CACHE SQL_CALC_FOUND_ROWS'.split(
    ' ',
  ),
);

type Names = ReadonlySet<string>;

/** Queries of both servers: SELECT, VALUES, TABLE, WITH, set operations, joins (manuals, "SELECT Statement", "JOIN Clause"). */
export class QueryParser {
  readonly expressions: ExpressionParser;
  readonly references: TableParser;
  /** Names of common table expressions that can be seen here. */
  hidden: Names = new Set();

  constructor(
    private readonly cursor: Cursor,
    private readonly survey: Survey,
  ) {
    this.expressions = new ExpressionParser(cursor, survey, this);
    this.references = new TableParser(cursor, survey, this);
  }

  /** Whether a query begins here, behind any number of parentheses. */
  isQuery(): boolean {
    const { cursor } = this;
    if (cursor.isOneOf(OPENERS))
      return (
        cursor.isWord('SELECT') || cursor.isWord('WITH') || cursor.isName(1) || cursor.isMark('(', 1) || cursor.isWord('ROW', 1)
      );
    if (!cursor.isMark('(')) return false;
    const start = cursor.at;
    const close = cursor.closingOf();
    const behind = cursor.tokens[close + 1];
    const partOfQuery = behind === undefined || behind.text === ')' || (behind.kind === 'word' && CONTINUES.has(behind.value));
    cursor.at = start + 1;
    const inner = partOfQuery && this.isQuery();
    cursor.at = start;
    return inner;
  }

  /** [WITH …] body [ORDER BY] [LIMIT]. Common table expressions are seen until its end. */
  query(): Limit {
    const outer = this.hidden;
    if (this.cursor.word('WITH')) this.commonTables();
    this.body();
    const limit = this.tail();
    this.hidden = outer;
    return limit;
  }

  /** The names stay visible for the caller, who ends their scope. */
  commonTables(): void {
    const { cursor } = this;
    const recursive = cursor.word('RECURSIVE');
    cursor.list(() => {
      const name = cursor.name();
      if (cursor.isMark('(')) cursor.skipParenthesised();
      cursor.expectWord('AS');
      const before = this.hidden;
      if (recursive) this.hidden = new Set([...before, name]);
      cursor.nested(() => this.query());
      this.hidden = new Set([...before, name]);
      if (cursor.word('CYCLE')) {
        cursor.list(() => cursor.name());
        cursor.expectWord('RESTRICT');
      }
    });
  }

  private body(): void {
    const { cursor } = this;
    this.term();
    while (cursor.isOneOf(SET_OPERATIONS)) {
      cursor.at += 1;
      cursor.anyWord('ALL', 'DISTINCT');
      this.term();
    }
  }

  private term(): void {
    const { cursor } = this;
    if (cursor.isMark('(')) cursor.nested(() => this.query());
    else if (cursor.word('VALUES')) cursor.list(() => this.valuesRow());
    else if (cursor.word('TABLE')) this.references.tableName();
    else {
      cursor.expectWord('SELECT');
      this.select();
    }
  }

  valuesRow(): void {
    this.cursor.word('ROW');
    if (this.cursor.isMark('(') && this.cursor.isMark(')', 1)) this.cursor.at += 2;
    else this.expressions.parenthesised();
  }

  private select(): void {
    const { cursor, expressions } = this;
    while (cursor.isOneOf(SELECT_OPTIONS)) cursor.at += 1;
    cursor.list(() => this.selectItem());
    this.refuseInto();
    if (cursor.word('FROM') && !cursor.word('DUAL')) this.references.tables();
    if (cursor.word('WHERE')) expressions.expression();
    if (cursor.word('GROUP', 'BY')) {
      expressions.orderList();
      cursor.word('WITH', 'ROLLUP');
    }
    if (cursor.word('HAVING')) expressions.expression();
    if (cursor.isWord('WINDOW') && cursor.isName(1) && cursor.isWord('AS', 2)) {
      cursor.at += 1;
      cursor.list(() => {
        cursor.name();
        cursor.expectWord('AS');
        expressions.calls.window();
      });
    }
    if (cursor.word('QUALIFY')) expressions.expression();
  }

  private selectItem(): void {
    const { cursor } = this;
    if (cursor.mark('*') || this.allColumnsOf()) return;
    this.expressions.expression();
    if (cursor.word('AS')) {
      if (!cursor.take('string')) cursor.anyName();
    } else if (!cursor.isClauseWord() && !cursor.take('string') && cursor.isName()) cursor.name();
  }

  /** t.* and db.t.* */
  private allColumnsOf(): boolean {
    const { cursor } = this;
    if (!cursor.isName()) return false;
    for (let ahead = 1; ahead <= 3; ahead += 2) {
      if (cursor.isMark('.', ahead) && cursor.isMark('*', ahead + 1)) {
        cursor.at += ahead + 2;
        return true;
      }
      if (!cursor.isMark('.', ahead)) return false;
    }
    return false;
  }

  /** ORDER BY, LIMIT and what may follow them; locks and INTO are refused. */
  private tail(): Limit {
    const { cursor, expressions } = this;
    let limit: Limit = { present: false };
    if (cursor.word('ORDER', 'BY')) {
      expressions.orderList();
      cursor.word('WITH', 'ROLLUP');
    }
    if (cursor.word('LIMIT')) limit = this.limit();
    else if (cursor.isWord('OFFSET') || cursor.isWord('FETCH')) limit = this.fetch();
    if (cursor.isWord('PROCEDURE')) {
      this.survey.refuse('PROCEDURE ANALYSE is not allowed: it shows samples of values.');
      cursor.at += 1;
      cursor.name();
      if (cursor.isMark('(')) cursor.skipParenthesised();
    }
    for (;;) {
      if (cursor.isWord('INTO')) this.refuseInto();
      else if (cursor.isWord('FOR') || cursor.isWord('LOCK')) this.refuseLock();
      else return limit;
    }
  }

  /** LIMIT n, LIMIT skip, n, LIMIT n OFFSET skip; MariaDB: ROWS EXAMINED n. */
  private limit(): Limit {
    const { cursor } = this;
    if (cursor.word('ROWS', 'EXAMINED')) {
      this.limitNumber();
      return { present: true };
    }
    let count = this.limitNumber();
    if (cursor.mark(',')) count = this.limitNumber();
    else if (cursor.word('OFFSET')) this.limitNumber();
    if (cursor.word('ROWS', 'EXAMINED')) this.limitNumber();
    return { present: true, count };
  }

  /** MariaDB: [OFFSET n ROWS] FETCH FIRST n ROWS {ONLY | WITH TIES} */
  private fetch(): Limit {
    const { cursor } = this;
    if (cursor.word('OFFSET')) {
      this.limitNumber();
      cursor.anyWord('ROWS', 'ROW');
      if (!cursor.isWord('FETCH')) return { present: true };
    }
    cursor.expectWord('FETCH');
    if (!cursor.anyWord('FIRST', 'NEXT')) throw cursor.unexpected();
    const count = cursor.isWord('ROW') || cursor.isWord('ROWS') ? undefined : this.limitNumber();
    if (!cursor.anyWord('ROWS', 'ROW')) throw cursor.unexpected();
    if (cursor.word('WITH', 'TIES')) return { present: true };
    cursor.expectWord('ONLY');
    return { present: true, count };
  }

  private limitNumber(): Token | undefined {
    const { cursor, survey } = this;
    const number = cursor.take('number');
    if (number) return /^\d+$/.test(number.text) ? number : undefined;
    if (cursor.take('parameter')) {
      survey.parameterCount += 1;
      return undefined;
    }
    throw cursor.unexpected();
  }

  private refuseInto(): void {
    const { cursor } = this;
    if (!cursor.word('INTO')) return;
    this.survey.refuse('SELECT INTO is not allowed: it writes a file or a variable.');
    // What follows is of no interest any more, up to the clause that a query may go on with.
    while (!cursor.done && !cursor.isWord('FROM') && !cursor.isMark(')')) {
      if (cursor.isMark('(')) cursor.at = cursor.closingOf() + 1;
      else cursor.at += 1;
    }
  }

  private refuseLock(): void {
    const { cursor } = this;
    this.survey.refuse('FOR UPDATE, FOR SHARE and LOCK IN SHARE MODE are not allowed: they lock rows.');
    if (!cursor.word('LOCK', 'IN', 'SHARE', 'MODE')) {
      cursor.expectWord('FOR');
      if (!cursor.anyWord('UPDATE', 'SHARE')) throw cursor.unexpected();
      if (cursor.word('OF')) cursor.list(() => cursor.path());
    }
    cursor.anyWord('NOWAIT');
    cursor.word('SKIP', 'LOCKED');
    if (cursor.word('WAIT')) this.limitNumber();
  }
}
