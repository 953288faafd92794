import type { StatementFacts } from '../contract';
import type { Cursor } from './cursor';
import { SHOWN } from './forbidden';
import { type Limit, QueryParser } from './queries';
import type { Survey } from './survey';
import { REFUSED_STATEMENTS } from './words';

/** What a statement is, as far as its grammar tells. */
export interface Judgement {
  effect: StatementFacts['effect'];
  kind: string;
  limit?: Limit;
}

const QUERIES = new Set(['SELECT', 'VALUES', 'TABLE', 'WITH']);
const NONE: ReadonlySet<string> = new Set();

/** Whole statements: queries, changes of rows, EXPLAIN and SHOW. Everything else is refused by its first word. */
export class StatementParser {
  private readonly queries: QueryParser;

  constructor(
    private readonly cursor: Cursor,
    private readonly survey: Survey,
  ) {
    this.queries = new QueryParser(cursor, survey);
  }

  statement(): Judgement {
    const judgement = this.begin();
    if (judgement.effect !== 'refuse' && !this.cursor.done) throw this.cursor.unexpected();
    return judgement;
  }

  private begin(): Judgement {
    const { cursor } = this;
    const word = cursor.token?.kind === 'word' ? cursor.token.value : '';
    if (QUERIES.has(word) || cursor.isMark('(')) return this.query();
    if (word === 'INSERT' || word === 'REPLACE') return this.insert(word);
    if (word === 'UPDATE') return this.update();
    if (word === 'DELETE') return this.remove();
    if (word === 'SHOW') return this.show();
    if (word === 'EXPLAIN' || word === 'DESCRIBE' || word === 'DESC') return this.explain();
    // MariaDB's EXPLAIN that runs the query; ANALYZE TABLE writes statistics.
    if (word === 'ANALYZE' && (cursor.isWord('SELECT', 1) || cursor.isWord('WITH', 1) || cursor.isWord('FORMAT', 1)))
      return this.explain();
    if (!REFUSED_STATEMENTS.has(word)) throw cursor.fail(`No statement begins with "${cursor.token?.text ?? ''}".`);
    return this.refuse(word);
  }

  private refuse(word: string): Judgement {
    const next = this.cursor.tokens[this.cursor.at + 1];
    const second = TWO_WORDS.has(word) && next?.kind === 'word' ? ` ${next.value}` : '';
    this.survey.refuse(`${word}${second} is not allowed. Quarry runs SELECT, WITH, VALUES, TABLE, SHOW and EXPLAIN.`);
    return { effect: 'refuse', kind: `${word}${second}`.toLowerCase() };
  }

  private query(): Judgement {
    const { cursor } = this;
    const kind = cursor.isMark('(') ? 'select' : (cursor.token?.value.toLowerCase() ?? 'select');
    if (cursor.isWord('WITH') && this.withChanges()) {
      cursor.at += 1;
      this.queries.commonTables();
      return cursor.isWord('UPDATE') ? this.update() : this.remove();
    }
    const limit = this.queries.query();
    return { effect: 'read', kind: kind === 'table' ? 'select' : kind, limit };
  }

  /** WITH … UPDATE and WITH … DELETE: the word outside all parentheses. */
  private withChanges(): boolean {
    const { cursor } = this;
    const start = cursor.at;
    let found = false;
    while (!cursor.done && !found) {
      if (cursor.isMark('(')) cursor.at = cursor.closingOf();
      else if (cursor.isWord('SELECT')) break;
      else found = cursor.isWord('UPDATE') || cursor.isWord('DELETE');
      cursor.at += 1;
    }
    cursor.at = start;
    return found;
  }

  // ------------------------------------------------------------ changes of rows

  private insert(word: string): Judgement {
    const { cursor, queries } = this;
    cursor.at += 1;
    this.options();
    cursor.word('INTO');
    queries.references.tableName(true);
    if (cursor.word('PARTITION')) cursor.skipParenthesised();
    if (cursor.isMark('(') && !queries.isQuery()) cursor.skipParenthesised();
    if (cursor.word('SET')) this.assignments();
    else if (cursor.anyWord('VALUES', 'VALUE')) cursor.list(() => queries.valuesRow());
    else queries.query();
    if (cursor.word('AS')) {
      cursor.name();
      if (cursor.isMark('(')) cursor.skipParenthesised();
    }
    if (cursor.word('ON', 'DUPLICATE', 'KEY', 'UPDATE')) this.assignments();
    this.returning();
    return { effect: 'write', kind: word.toLowerCase() };
  }

  private update(): Judgement {
    const { cursor, queries } = this;
    cursor.at += 1;
    this.options();
    queries.references.tables();
    cursor.expectWord('SET');
    this.assignments();
    this.where();
    return { effect: 'write', kind: 'update' };
  }

  /** DELETE FROM t …, DELETE a, b FROM … (tables of the join), DELETE FROM a, b USING … */
  private remove(): Judgement {
    const { cursor, queries } = this;
    cursor.at += 1;
    this.options();
    const several = !cursor.isWord('FROM');
    if (several) cursor.list(() => this.target());
    cursor.expectWord('FROM');
    const using = !several && this.hasUsing();
    if (using) {
      cursor.list(() => this.target());
      cursor.expectWord('USING');
    }
    queries.references.tables();
    this.where();
    this.returning();
    return { effect: 'write', kind: 'delete' };
  }

  private target(): void {
    this.cursor.path();
    if (this.cursor.mark('.')) this.cursor.expectMark('*');
  }

  private hasUsing(): boolean {
    const { cursor } = this;
    for (let ahead = 0; cursor.at + ahead < cursor.tokens.length; ahead += 1) {
      if (cursor.isWord('USING', ahead)) return true;
      const token = cursor.tokens[cursor.at + ahead];
      if (token?.kind === 'word' && (token.value === 'WHERE' || token.value === 'JOIN')) return false;
    }
    return false;
  }

  private options(): void {
    while (this.cursor.anyWord('LOW_PRIORITY', 'HIGH_PRIORITY', 'DELAYED', 'QUICK', 'IGNORE'));
  }

  private assignments(): void {
    const { cursor, queries } = this;
    cursor.list(() => {
      cursor.path();
      if (!cursor.mark('=')) cursor.expectMark(':=');
      if (!cursor.word('DEFAULT')) queries.expressions.expression();
    });
  }

  private where(): void {
    const { cursor, queries } = this;
    if (cursor.word('WHERE')) queries.expressions.expression();
    if (cursor.word('ORDER', 'BY')) queries.expressions.orderList();
    if (cursor.word('LIMIT')) queries.expressions.expression();
  }

  private returning(): void {
    const { cursor, queries } = this;
    if (!cursor.word('RETURNING')) return;
    cursor.list(() => {
      if (cursor.mark('*')) return;
      queries.expressions.expression();
      if (cursor.word('AS')) cursor.anyName();
    });
  }

  // ------------------------------------------------------------ reports

  /** EXPLAIN of a query, and EXPLAIN, DESCRIBE or DESC of a table. EXPLAIN FOR CONNECTION shows the statement of another session. */
  private explain(): Judgement {
    const { cursor, survey } = this;
    cursor.at += 1;
    if (cursor.isWord('FOR')) {
      survey.refuse('EXPLAIN FOR CONNECTION is not allowed: it shows statements of others.');
      return { effect: 'refuse', kind: 'explain' };
    }
    while (cursor.anyWord('EXTENDED', 'PARTITIONS', 'ANALYZE') || this.format());
    const word = cursor.token?.kind === 'word' ? cursor.token.value : '';
    if (QUERIES.has(word) || cursor.isMark('(')) {
      const judged = this.query();
      if (judged.effect === 'read') return { effect: 'read', kind: 'explain' };
    }
    if (['INSERT', 'REPLACE', 'UPDATE', 'DELETE', 'WITH'].includes(word)) {
      survey.refuse('Only a query that reads can be explained.');
      return { effect: 'refuse', kind: 'explain' };
    }
    this.queries.references.tableName();
    if (!cursor.done && !cursor.take('string')) cursor.anyName();
    return { effect: 'read', kind: 'explain' };
  }

  private format(): boolean {
    const { cursor } = this;
    if (!cursor.isWord('FORMAT') || !cursor.isMark('=', 1)) return false;
    cursor.at += 2;
    if (!cursor.take('string')) cursor.anyName();
    return true;
  }

  private show(): Judgement {
    const { cursor, survey } = this;
    cursor.at += 1;
    while (cursor.anyWord('FULL', 'GLOBAL', 'SESSION', 'LOCAL', 'EXTENDED', 'STORAGE'));
    const what = cursor.token?.kind === 'word' ? cursor.token.value : '';
    const creates = cursor.word('CREATE');
    const created = creates && cursor.token?.kind === 'word' ? cursor.token.value : '';
    if (!SHOWN.has(what) || (creates && !CREATED.has(created))) {
      survey.refuse(
        `SHOW ${what}${created ? ` ${created}` : ''} is not allowed: it shows accounts, statements of others, or values of other queries.`,
      );
      return { effect: 'refuse', kind: 'show' };
    }
    this.showRest(what, created);
    return { effect: 'read', kind: 'show' };
  }

  /** The names in it, then LIKE or WHERE. */
  private showRest(what: string, created: string): void {
    const { cursor, survey, queries } = this;
    cursor.at += 1;
    if (created !== '') {
      while (cursor.anyWord('IF', 'NOT', 'EXISTS'));
      if (created === 'TABLE' || created === 'VIEW') queries.references.tableName();
      else cursor.path();
    }
    cursor.anyWord('STATUS', 'SET', 'CODE');
    let table: string | undefined;
    while (cursor.anyWord('FROM', 'IN')) {
      const parts = cursor.path();
      if (!OF_TABLE.has(what)) continue;
      // SHOW COLUMNS FROM table FROM schema, or FROM schema.table
      if (table !== undefined) survey.table({ schema: parts[0] ?? '', name: table }, NONE);
      else if (parts.length === 2) survey.table({ schema: parts[0] ?? '', name: parts[1] ?? '' }, NONE);
      else if (cursor.isWord('FROM') || cursor.isWord('IN')) table = parts[0];
      else survey.table({ name: parts[0] ?? '' }, NONE);
    }
    if (cursor.word('LIKE')) {
      if (!cursor.take('string')) throw cursor.unexpected();
    } else if (cursor.word('WHERE')) queries.expressions.expression();
  }
}

const TWO_WORDS = new Set([
  'ALTER',
  'ANALYZE',
  'CHECK',
  'CREATE',
  'DROP',
  'LOAD',
  'LOCK',
  'OPTIMIZE',
  'RENAME',
  'REPAIR',
  'START',
  'TRUNCATE',
]);
const CREATED = new Set(['TABLE', 'VIEW', 'DATABASE', 'SCHEMA', 'FUNCTION', 'PROCEDURE', 'TRIGGER', 'EVENT']);
const OF_TABLE = new Set(['COLUMNS', 'FIELDS', 'INDEX', 'INDEXES', 'KEYS']);
