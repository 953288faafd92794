import { parse } from 'sql-parser-cst';
import type { TableRef } from '../contract';
import type { Token } from './tokens';

export interface References {
  tables: TableRef[];
  functions: string[];
}

type Node = { type: string; [key: string]: unknown };
const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && typeof (value as Node).type === 'string';
const childrenOf = (node: Node): Node[] =>
  Object.values(node).flatMap((value) => (Array.isArray(value) ? value.filter(isNode) : isNode(value) ? [value] : []));

/**
 * Tables that a statement reads, with CTE names taken out in their scope, and functions that it calls. From the syntax tree; where the
 * parser doesn't know a construct, from the tokens, which may name too many tables but never too few.
 */
export function findReferences(text: string, tokens: Token[]): References {
  try {
    const tree = parse(text, { dialect: 'sqlite', paramTypes: ['?', '?nr', ':name', '@name', '$name'] }) as unknown as Node;
    const finder = new Finder();
    finder.visit(tree, new Set());
    return finder.result();
  } catch {
    return fromTokens(tokens);
  }
}

class Finder {
  readonly #tables = new Map<string, TableRef>();
  readonly #functions = new Set<string>();

  result(): References {
    return { tables: [...this.#tables.values()], functions: [...this.#functions] };
  }

  visit(node: Node, hidden: ReadonlySet<string>): void {
    if (node.type === 'func_call') this.addFunction(node);
    const scope = this.scopeOf(clausesOf(node), hidden);
    for (const child of childrenOf(node)) {
      if (child.type === 'with_clause') continue;
      if (child.type === 'from_clause' && isNode(child.expr)) this.source(child.expr, scope);
      else this.visit(child, scope);
    }
    if (node.type === 'binary_expr') this.inTable(node, scope);
  }

  /** The names that the statement's own CTEs hide. A CTE sees itself and the others: SQLite allows references in any order. */
  scopeOf(clauses: Node[], hidden: ReadonlySet<string>): ReadonlySet<string> {
    const withClause = clauses.find((clause) => clause.type === 'with_clause');
    if (!withClause || !isNode(withClause.tables)) return hidden;
    const tables = ((withClause.tables as Node).items as unknown[]).filter(isNode);
    const names = tables.flatMap((table) => (isNode(table.table) ? [nameOf(table.table)] : []));
    const scope = new Set([...hidden, ...names.map((name) => name.toLowerCase())]);
    for (const table of tables) if (isNode(table.expr)) this.visit(table.expr, scope);
    return scope;
  }

  /** What stands in FROM. */
  source(node: Node, hidden: ReadonlySet<string>): void {
    switch (node.type) {
      case 'identifier':
      case 'member_expr':
      case 'string_literal':
        this.addTable(node, hidden);
        return;
      case 'alias':
      case 'indexed_table':
      case 'not_indexed_table':
        for (const key of ['expr', 'table']) if (isNode(node[key])) this.source(node[key] as Node, hidden);
        return;
      case 'join_expr':
        for (const key of ['left', 'right']) if (isNode(node[key])) this.source(node[key] as Node, hidden);
        if (isNode(node.specification)) this.visit(node.specification, hidden);
        return;
      case 'list_expr':
        for (const item of (node.items as unknown[]).filter(isNode)) this.source(item, hidden);
        return;
      case 'paren_expr':
        if (isNode(node.expr)) this.source(node.expr, hidden);
        return;
      default:
        this.visit(node, hidden);
    }
  }

  /** `x IN name` reads the table of that name. */
  inTable(node: Node, hidden: ReadonlySet<string>): void {
    const operator = Array.isArray(node.operator) ? (node.operator as Node[]).at(-1) : node.operator;
    if (!isNode(operator) || operator.name !== 'IN' || !isNode(node.right)) return;
    if (node.right.type === 'identifier' || node.right.type === 'member_expr') this.addTable(node.right, hidden);
  }

  addTable(node: Node, hidden: ReadonlySet<string>): void {
    const schema = node.type === 'member_expr' && isNode(node.object) ? nameOf(node.object) : undefined;
    const name = node.type === 'member_expr' && isNode(node.property) ? nameOf(node.property) : nameOf(node);
    if (schema === undefined && hidden.has(name.toLowerCase())) return;
    this.#tables.set(
      `${schema ?? ''}.${name}`.toLowerCase(),
      schema === undefined || schema.toLowerCase() === 'main' ? { name } : { schema, name },
    );
  }

  addFunction(node: Node): void {
    if (isNode(node.name)) this.#functions.add(nameOf(node.name).toLowerCase());
  }
}

/** A compound's CTEs are written in its first part and hold for all of them. */
function clausesOf(node: Node): Node[] {
  if (node.type === 'compound_select_stmt' && isNode(node.left)) return clausesOf(node.left);
  return Array.isArray(node.clauses) ? (node.clauses as unknown[]).filter(isNode) : [];
}

function nameOf(node: Node): string {
  if (typeof node.name === 'string') return node.name;
  if (typeof node.value === 'string') return node.value;
  return typeof node.text === 'string' ? node.text : '';
}

/** Names behind FROM, JOIN and IN, and behind commas of a FROM list; CTE names (those before AS and a parenthesis) taken out. */
function fromTokens(tokens: Token[]): References {
  const tables = new Map<string, TableRef>();
  const functions = new Set<string>();
  const isName = (token: Token | undefined) => token?.kind === 'word' || token?.kind === 'name' || token?.kind === 'string';
  const ctes = new Set(
    tokens
      .filter(
        (token, index) =>
          isName(token) &&
          tokens[index + 1]?.value === 'AS' &&
          ['(', 'MATERIALIZED', 'NOT'].includes(tokens[index + 2]?.value ?? ''),
      )
      .map((token) => bare(token).toLowerCase()),
  );
  const listDepths = new Set<number>();
  tokens.forEach((token, index) => {
    const next = tokens[index + 1];
    if (isName(token) && token.kind !== 'string' && next?.text === '(' && !KEYWORDS_BEFORE_PAREN.has(token.value))
      functions.add(bare(token).toLowerCase());
    if (token.kind === 'word' && token.value === 'FROM') listDepths.add(token.depth);
    if (
      token.kind === 'word' &&
      ['WHERE', 'GROUP', 'ORDER', 'LIMIT', 'WINDOW', 'UNION', 'SELECT', 'EXCEPT', 'INTERSECT'].includes(token.value)
    )
      listDepths.delete(token.depth);
    const opens =
      (token.kind === 'word' && ['FROM', 'JOIN', 'IN'].includes(token.value)) ||
      (token.text === ',' && listDepths.has(token.depth));
    if (!opens || !isName(next) || next === undefined || (next.kind === 'word' && next.value === 'SELECT')) return;
    const qualified = tokens[index + 2]?.text === '.' ? tokens[index + 3] : undefined;
    const name = bare(qualified ?? next);
    if (!qualified && ctes.has(name.toLowerCase())) return;
    tables.set(name.toLowerCase(), { name });
  });
  return { tables: [...tables.values()], functions: [...functions] };
}

const KEYWORDS_BEFORE_PAREN = new Set([
  'IN',
  'AS',
  'VALUES',
  'FROM',
  'JOIN',
  'AND',
  'OR',
  'NOT',
  'ON',
  'OVER',
  'FILTER',
  'EXISTS',
  'USING',
  'WHERE',
  'SELECT',
  'WHEN',
  'THEN',
  'ELSE',
  'CASE',
  'BY',
  'HAVING',
  'LIMIT',
  'UNION',
  'ALL',
  'MATERIALIZED',
]);

const bare = (token: Token) =>
  token.kind === 'name' ? token.value : token.kind === 'string' ? token.text.slice(1, -1).replaceAll("''", "'") : token.text;
