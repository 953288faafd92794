import type { StatementFacts, TableRef } from '../contract';
import { STABLE_BUILTINS, VOLATILE_BUILTINS } from './builtin-functions';
import { changesFromCallToCall, functionRefusal, relationRefusal } from './forbidden';
import { type Node, type ParsedStatement, tokens } from './syntax';

/** What a statement does and touches, read off PostgreSQL's own syntax tree. */
export function factsOf(text: string, statement: ParsedStatement): StatementFacts {
  const survey = new Survey();
  const judged = judge(statement, survey);
  const refusal = judged.refusal ?? survey.refusal;
  const effect = refusal ? 'refuse' : survey.writes || judged.effect === 'write' ? 'write' : judged.effect;
  const ownLimit = statement.tag === 'SelectStmt' ? literalLimit(statement.node)?.rows : undefined;
  return {
    effect,
    kind: judged.kind,
    tables: [...survey.tables.values()],
    functions: [...survey.functions],
    ...(survey.unverified.size > 0 ? { unverifiedFunctions: [...survey.unverified] } : {}),
    ...(refusal ? { refusal } : {}),
    parameterCount: survey.parameterCount,
    ...(ownLimit === undefined ? {} : { ownLimit }),
    limitable: statement.tag === 'SelectStmt' && effect === 'read',
    normalised: normalise(text),
    deterministic: statement.tag === 'SelectStmt' && survey.deterministic,
  };
}

interface Judgement {
  effect: StatementFacts['effect'];
  kind: string;
  refusal?: string;
}

const DML: Record<string, string> = { InsertStmt: 'insert', UpdateStmt: 'update', DeleteStmt: 'delete', MergeStmt: 'merge' };

const NAMES: Record<string, string> = {
  CreateStmt: 'create table',
  CreateTableAsStmt: 'create table as',
  IndexStmt: 'create index',
  ViewStmt: 'create view',
  DropStmt: 'drop',
  TransactionStmt: 'transaction',
  VariableSetStmt: 'set',
  CallStmt: 'call',
  DoStmt: 'do',
  CopyStmt: 'copy',
  GrantStmt: 'grant',
};

function judge({ tag, node }: ParsedStatement, survey: Survey): Judgement {
  if (tag === 'SelectStmt') {
    survey.visit({ SelectStmt: node }, EMPTY_SCOPE);
    return { effect: 'read', kind: selectKind(node) };
  }
  if (tag in DML) {
    survey.visit({ [tag]: node }, EMPTY_SCOPE);
    return { effect: 'write', kind: DML[tag] ?? tag };
  }
  if (tag === 'VariableShowStmt') return { effect: 'read', kind: 'show' };
  if (tag === 'ExplainStmt') return judgeExplain(node, survey);
  const kind =
    NAMES[tag] ??
    tag
      .replace(/Stmt$/, '')
      .replace(/([a-z])([A-Z])/g, '$1 $2')
      .toLowerCase();
  return {
    effect: 'refuse',
    kind,
    refusal: `${kind.toUpperCase()} is not allowed. Quarry runs SELECT, WITH, VALUES, TABLE, SHOW and EXPLAIN.`,
  };
}

function judgeExplain(node: Node, survey: Survey): Judgement {
  const [tag, inner] = Object.entries((node.query as Node | undefined) ?? {})[0] ?? ['', {}];
  if (tag !== 'SelectStmt') {
    return { effect: 'refuse', kind: 'explain', refusal: 'Only a query that reads can be explained.' };
  }
  const judged = judge({ tag, node: inner as Node }, survey);
  if (survey.writes) return { effect: 'refuse', kind: 'explain', refusal: 'Only a query that reads can be explained.' };
  return { ...judged, kind: 'explain' };
}

function selectKind(node: Node): string {
  if (node.withClause) return 'with';
  return node.valuesLists ? 'values' : 'select';
}

/** Names of common table expressions that can be seen at a place. */
type Scope = ReadonlySet<string>;
const EMPTY_SCOPE: Scope = new Set();

/** Walks the tree once and collects. Unknown nodes are walked too, so that nothing hides in a construct this file doesn't know. */
class Survey {
  readonly tables = new Map<string, TableRef>();
  readonly functions = new Set<string>();
  readonly unverified = new Set<string>();
  parameterCount = 0;
  deterministic = true;
  writes = false;
  refusal: string | undefined;

  visit(value: unknown, scope: Scope): void {
    if (Array.isArray(value)) {
      for (const item of value) this.visit(item, scope);
      return;
    }
    if (typeof value !== 'object' || value === null) return;
    const node = value as Node;
    if (typeof node.relname === 'string') this.table(node, scope);
    for (const [key, child] of Object.entries(node)) this.child(key, child, scope);
  }

  private child(key: string, child: unknown, scope: Scope): void {
    if (typeof child !== 'object' || child === null) return;
    const node = child as Node;
    if (key in DML) this.writes = true;
    else if (key === 'intoClause') this.refuse('SELECT INTO is not allowed: it makes a table.');
    else if (key === 'lockingClause') this.refuse('FOR UPDATE and FOR SHARE are not allowed: they lock rows.');
    else if (key === 'FuncCall') this.call(node);
    else if (key === 'SQLValueFunction') this.valueFunction(node);
    else if (key === 'RangeTableSample') this.deterministic = node.repeatable !== undefined && this.deterministic;
    else if (key === 'ParamRef') this.parameterCount = Math.max(this.parameterCount, Number(node.number ?? 0));
    else if (key === 'CurrentOfExpr') this.refuse('WHERE CURRENT OF is not allowed.');
    // Set operations carry their arms as bare statements: larg and rarg.
    const hasWith = typeof node.withClause === 'object' && node.withClause !== null;
    if (hasWith) this.statementWithCtes(node, scope);
    else this.visit(child, scope);
  }

  /** A name defined by WITH hides a table in the statement below it, and in later definitions; in all of them when RECURSIVE. */
  private statementWithCtes(node: Node, outer: Scope): void {
    const { withClause, ...rest } = node;
    const clause = withClause as { ctes?: { CommonTableExpr?: Node }[]; recursive?: boolean };
    const definitions = (clause.ctes ?? []).map((cte) => cte.CommonTableExpr ?? {});
    const scope = new Set(outer);
    if (clause.recursive) for (const definition of definitions) scope.add(String(definition.ctename));
    for (const definition of definitions) {
      this.visit(definition, scope);
      scope.add(String(definition.ctename));
    }
    if (typeof rest.relname === 'string') this.table(rest, scope);
    for (const [key, child] of Object.entries(rest)) this.child(key, child, scope);
  }

  private table(node: Node, scope: Scope): void {
    const name = String(node.relname);
    const schema = typeof node.schemaname === 'string' ? node.schemaname : undefined;
    if (schema === undefined && scope.has(name)) return;
    this.tables.set(JSON.stringify([schema, name]), schema === undefined ? { name } : { schema, name });
    const refusal = relationRefusal(schema, name);
    if (refusal) this.refuse(refusal);
  }

  private call(node: Node): void {
    const parts = ((node.funcname as { String?: { sval?: string } }[] | undefined) ?? []).map((part) => part.String?.sval ?? '');
    const name = parts.join('.').toLowerCase();
    const bare = (parts.length === 2 && parts[0] === 'pg_catalog' ? parts[1] : parts.join('.')) ?? '';
    this.functions.add(name);
    const refusal = functionRefusal(bare, VOLATILE_BUILTINS.has(bare));
    if (refusal) this.refuse(refusal);
    else if (!STABLE_BUILTINS.has(bare) && !VOLATILE_BUILTINS.has(bare)) {
      this.unverified.add(parts.join('.'));
      this.deterministic = false; // the customer's own: STABLE may still depend on the clock
    }
    const oneArgument = Array.isArray(node.args) && node.args.length === 1;
    if (changesFromCallToCall(bare) || (bare === 'age' && oneArgument)) this.deterministic = false;
  }

  private valueFunction(node: Node): void {
    const name = String(node.op ?? '')
      .replace(/^SVFOP_/, '')
      .replace(/_N$/, '')
      .toLowerCase();
    this.functions.add(name);
    if (changesFromCallToCall(name)) this.deterministic = false;
  }

  private refuse(sentence: string): void {
    this.refusal ??= sentence;
  }
}

/** The literal LIMIT or FETCH FIRST of the top level; `at` is the byte where the number stands, -1 when it isn't written. */
export function literalLimit(node: Node): { rows: number; at: number } | undefined {
  const constant = (node.limitCount as { A_Const?: Node } | undefined)?.A_Const;
  if (!constant || node.limitOption === 'LIMIT_OPTION_WITH_TIES') return undefined;
  const at = typeof constant.location === 'number' ? constant.location : -1;
  const whole = constant.ival as { ival?: number } | undefined;
  if (whole) return { rows: whole.ival ?? 0, at };
  const big = constant.fval as { fval?: string } | undefined;
  return big && /^\d+$/.test(big.fval ?? '') ? { rows: Number(big.fval), at } : undefined;
}

/** One space between tokens, no comments, key words in lower case; literals and quoted names as they stand. */
export function normalise(text: string): string {
  const parts = tokens(text)
    .filter((token) => !token.isComment)
    .map((token) => (token.isKeyword ? token.text.toLowerCase() : token.text));
  while (parts.at(-1) === ';') parts.pop();
  return parts.join(' ');
}
