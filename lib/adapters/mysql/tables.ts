import type { Cursor } from './cursor';
import type { QueryParser } from './queries';
import type { Survey } from './survey';

/** What stands behind FROM: tables, joins, derived tables, JSON_TABLE (manuals, "JOIN Clause", "Derived Tables"). */
export class TableParser {
  constructor(
    private readonly cursor: Cursor,
    private readonly survey: Survey,
    private readonly queries: QueryParser,
  ) {}

  tables(): void {
    this.cursor.list(() => this.joined());
  }

  private joined(): void {
    const { cursor } = this;
    const { expressions } = this.queries;
    this.factor();
    while (this.join()) {
      this.factor();
      // a JOIN b JOIN c ON … ON …: each ON belongs to the nearest join that has none
      while (cursor.word('ON')) expressions.expression();
      if (cursor.word('USING')) cursor.skipParenthesised();
    }
  }

  private join(): boolean {
    const { cursor } = this;
    if (cursor.anyWord('JOIN', 'STRAIGHT_JOIN') || cursor.word('INNER', 'JOIN') || cursor.word('CROSS', 'JOIN')) return true;
    const start = cursor.at;
    cursor.word('NATURAL');
    if (cursor.anyWord('LEFT', 'RIGHT')) cursor.word('OUTER');
    else if (cursor.at > start) cursor.word('INNER');
    if (cursor.at === start) return false;
    cursor.expectWord('JOIN');
    return true;
  }

  private factor(): void {
    const { cursor } = this;
    if (cursor.mark('{')) {
      cursor.anyName(); // OJ
      this.joined();
      cursor.expectMark('}');
    } else if (cursor.isWord('LATERAL') && cursor.isMark('(', 1)) {
      cursor.at += 1;
      cursor.nested(() => this.queries.query());
      this.alias();
    } else if (cursor.isWord('JSON_TABLE') && cursor.isMark('(', 1)) this.jsonTable();
    else if (cursor.isMark('(')) this.parenthesisedFactor();
    else {
      this.tableName();
      if (cursor.word('PARTITION')) cursor.skipParenthesised();
      if (cursor.isWord('FOR') && (cursor.isWord('SYSTEM_TIME', 1) || cursor.isWord('SYSTEM', 1))) this.systemTime();
      this.alias();
      this.indexHints();
    }
  }

  private parenthesisedFactor(): void {
    const { cursor } = this;
    const isQuery = cursor.behindParenthesis(() => this.queries.isQuery());
    cursor.nested(() => (isQuery ? this.queries.query() : this.tables()));
    if (isQuery) this.alias();
  }

  /** @param columns whether a list of columns may follow; elsewhere a parenthesis would make it the call of a function */
  tableName(columns = false): void {
    const { cursor } = this;
    const parts = cursor.path();
    if (parts.length > 2 || (cursor.isMark('(') && !columns)) throw cursor.unexpected();
    const [schema, name] = parts.length === 2 ? parts : [undefined, parts[0]];
    this.survey.table(schema === undefined ? { name: name ?? '' } : { schema, name: name ?? '' }, this.queries.hidden);
  }

  private alias(): void {
    const { cursor } = this;
    if (cursor.word('AS')) {
      if (!cursor.take('string')) cursor.name();
    } else if (!cursor.isClauseWord() && cursor.isName()) cursor.name();
    else return;
    if (cursor.isMark('(')) cursor.skipParenthesised(); // names of the columns
  }

  private indexHints(): void {
    const { cursor } = this;
    const kinds = new Set(['USE', 'IGNORE', 'FORCE']);
    while (cursor.isOneOf(kinds) && (cursor.isWord('INDEX', 1) || cursor.isWord('KEY', 1))) {
      cursor.at += 2;
      if (cursor.word('FOR') && !cursor.word('JOIN') && !cursor.word('ORDER', 'BY') && !cursor.word('GROUP', 'BY'))
        throw cursor.unexpected();
      cursor.skipParenthesised();
      cursor.mark(',');
    }
  }

  /** MariaDB: FOR SYSTEM_TIME AS OF x, BETWEEN a AND b, FROM a TO b, ALL. */
  private systemTime(): void {
    const { cursor } = this;
    const { expressions } = this.queries;
    cursor.at += 2;
    if (cursor.word('ALL')) return;
    if (cursor.word('BETWEEN')) {
      expressions.expression(false);
      cursor.expectWord('AND');
    } else if (cursor.word('FROM')) {
      expressions.expression(false);
      cursor.expectWord('TO');
    } else cursor.expectWord('AS', 'OF');
    cursor.anyWord('TRANSACTION');
    expressions.expression(false);
  }

  /** JSON_TABLE(document, path COLUMNS(…)) AS name: its columns hold paths and types, no expressions. */
  private jsonTable(): void {
    const { cursor, survey } = this;
    const { expressions } = this.queries;
    cursor.at += 1;
    survey.call(['json_table'], 1);
    cursor.nested(() => {
      expressions.expression();
      cursor.expectMark(',');
      expressions.expression();
      cursor.expectWord('COLUMNS');
      cursor.skipParenthesised();
    });
    this.alias();
  }
}
