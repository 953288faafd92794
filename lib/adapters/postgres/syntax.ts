import { hasSqlDetails, loadModule, parseSync, scanSync } from 'libpg-query';
import { LRUCache } from 'lru-cache';
import { QuarryError } from '../../kernel/errors';

/** PostgreSQL's own grammar, compiled to WebAssembly (libpg-query 18). Its places are bytes of UTF-8, ours characters. */

export type Node = { [key: string]: unknown };

export interface ParsedStatement {
  /** "SelectStmt", "InsertStmt", … */
  tag: string;
  node: Node;
}

export interface Token {
  text: string;
  /** Byte offsets. */
  start: number;
  end: number;
  isKeyword: boolean;
  isComment: boolean;
}

let loading: Promise<void> | undefined;

/** A text is looked at several times on its way (facts, limit), and dashboards ask the same again and again. Sizes are characters. */
const MEMORY = { maxSize: 500_000, maxEntrySize: 20_000 };
const parsed = new LRUCache<string, ParsedStatement>({ ...MEMORY, sizeCalculation: (_, text) => text.length + 1 });
const scanned = new LRUCache<string, readonly Token[]>({ ...MEMORY, sizeCalculation: (_, text) => text.length + 1 });

/** Loads the parser once per process; after that parsing is synchronous. */
export function loadParser(): Promise<void> {
  loading ??= loadModule();
  return loading;
}

/**
 * The one statement of a text.
 * @throws QuarryError query.invalid for a syntax error (with its place), an empty text, or several statements
 */
export function parseStatement(text: string): ParsedStatement {
  const known = parsed.get(text);
  if (known) return known;
  const statement = parseOne(text);
  parsed.set(text, statement);
  return statement;
}

function parseOne(text: string): ParsedStatement {
  if (text.includes('\0')) throw invalid('The query holds a zero byte.');
  if (text.trim() === '') throw invalid('The query is empty.');
  const statements = parseAll(text);
  if (statements.length === 0) throw invalid('The query is empty.');
  if (statements.length > 1) throw invalid('Only one statement can run at a time. Run them one by one.');
  const [tag, node] = Object.entries(statements[0]?.stmt ?? {})[0] ?? [];
  if (tag === undefined) throw invalid('The query is empty.');
  return { tag, node: node as Node };
}

function parseAll(text: string): { stmt?: Node }[] {
  try {
    return (parseSync(text) as unknown as { stmts?: { stmt?: Node }[] }).stmts ?? [];
  } catch (error) {
    if (!hasSqlDetails(error)) throw invalid('The query could not be parsed.', {}, error);
    const position = error.sqlDetails?.cursorPosition ?? -1;
    const near = error.sqlDetails?.message ?? error.message;
    // cursorPosition counts characters from 0; PostgreSQL's own errors count from 1.
    const details = position >= 0 ? { position: position + 1, line: text.slice(0, position).split('\n').length } : {};
    throw invalid(`The query is not valid: ${near}.`, details, error);
  }
}

/** The text's tokens, comments included. */
export function tokens(text: string): readonly Token[] {
  const known = scanned.get(text);
  if (known) return known;
  const list = scan(text);
  scanned.set(text, list);
  return list;
}

function scan(text: string): Token[] {
  return scanSync(text).tokens.map((token) => ({
    text: token.text,
    start: token.start,
    end: token.end,
    isKeyword: token.keywordKind > 0,
    isComment: token.tokenName === 'SQL_COMMENT' || token.tokenName === 'C_COMMENT',
  }));
}

function invalid(message: string, details: Record<string, unknown> = {}, cause?: unknown): QuarryError {
  return new QuarryError('query.invalid', message, { stage: 'parse', details, cause });
}
