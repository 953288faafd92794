import type { StatementFacts, TableRef } from '../contract';
import { Cursor } from './cursor';
import { FORBIDDEN_HINTS } from './forbidden';
import { invalid, type Token, tokenise } from './lexer';
import { type Judgement, StatementParser } from './statements';
import { Survey } from './survey';
import { ALWAYS_RESERVED } from './words';

/** What a statement does and touches, and where its limit stands. */
export interface Analysis {
  facts: StatementFacts;
  tokens: readonly Token[];
  limit: Judgement['limit'];
}

/**
 * @throws QuarryError query.invalid for a syntax error (with its place), an empty text, or several statements
 */
export function analyse(text: string): Analysis {
  const comments = executableComments(text);
  if (comments.length === 0) return analysePlain(text);
  return analyseVariants(text, comments);
}

function analysePlain(text: string): Analysis {
  const tokens = onlyStatement(tokenise(text), text);
  const survey = new Survey();
  for (const hint of text.matchAll(/\/\*\+[\s\S]*?\*\//g)) {
    if (FORBIDDEN_HINTS.test(hint[0]))
      survey.refuse('The hints SET_VAR and RESOURCE_GROUP are not allowed: they leave the limits of the session.');
  }
  const judged = new StatementParser(new Cursor(text, tokens), survey).statement();
  const isQuery = judged.limit !== undefined;
  const effect = survey.refusal ? 'refuse' : judged.effect;
  const ownLimit = judged.limit?.count === undefined ? undefined : Number(judged.limit.count.text);
  const facts: StatementFacts = {
    effect,
    kind: judged.kind,
    tables: [...survey.tables.values()],
    functions: [...survey.functions],
    ...(survey.unverified.size > 0 ? { unverifiedFunctions: [...survey.unverified] } : {}),
    ...(survey.refusal ? { refusal: survey.refusal } : {}),
    parameterCount: survey.parameterCount,
    ...(ownLimit === undefined ? {} : { ownLimit }),
    limitable: isQuery && effect === 'read',
    normalised: normalise(tokens),
    deterministic: isQuery && survey.deterministic,
  };
  return { facts, tokens, limit: judged.limit };
}

/** Rows after which the statement has enough: its own literal LIMIT, where nothing in it must see all rows first. Null when it goes to the end. */
export function stopsAfter({ tokens, facts, limit }: Analysis): number | null {
  if (facts.ownLimit === undefined || !limit) return null;
  const gathers = tokens.some((token) => token.kind === 'word' && GATHERING_WORDS.has(token.value));
  return gathers || facts.functions.some((name) => AGGREGATES.test(name)) ? null : facts.ownLimit;
}

const GATHERING_WORDS = new Set([
  'GROUP',
  'DISTINCT',
  'DISTINCTROW',
  'UNION',
  'EXCEPT',
  'INTERSECT',
  'OVER',
  'WITH',
  'SQL_CALC_FOUND_ROWS',
]);
const AGGREGATES =
  /^(?:count|sum|avg|min|max|std\w*|var\w*|bit_(?:and|or|xor)|group_concat|json_arrayagg|json_objectagg|st_collect|median|percentile_\w+)$/;

/** The tokens of the one statement, without its semicolons. */
function onlyStatement(all: Token[], text: string): Token[] {
  const isEnd = (token: Token) => token.kind === 'punctuation' && token.text === ';';
  const end = all.findIndex(isEnd);
  const tokens = end < 0 ? all : all.slice(0, end);
  const second = end < 0 ? undefined : all.slice(end).find((token) => !isEnd(token));
  if (second) throw invalid(SEVERAL, text, second.start);
  if (tokens.length === 0) throw invalid('The query is empty. Write a SELECT statement.', text, 0);
  const named = tokens.find(({ kind }) => kind === 'named');
  if (named) throw invalid(`The parameter ${named.text} has no value.`, text, named.start);
  return tokens;
}

const SEVERAL = 'Only one statement can run at a time. Run them one by one.';

// ------------------------------------------------------------ comments that run

interface ExecutableComment {
  start: number;
  /** Where what may run begins. */
  from: number;
  to: number;
  end: number;
}

/**
 * `/*!40001 … *​/` and `/*M! … *​/` are comments to some servers and versions, and run on others. Only such are taken whose end is the same
 * either way: nothing in them that could hide an end of its own.
 */
function executableComments(text: string): ExecutableComment[] {
  const found: ExecutableComment[] = [];
  for (const match of text.matchAll(/\/\*M?!(?:\d{5,6})?/g)) {
    const start = match.index;
    if (!isOutsideStrings(text, start)) continue;
    const from = start + match[0].length;
    const to = text.indexOf('*/', from);
    const content = to < 0 ? '' : text.slice(from, to);
    if (to < 0 || /['"`#\\]|--|\/\*/.test(content)) {
      throw invalid(
        'A comment that some servers run (/*! … */) cannot be judged here. Write the statement without it.',
        text,
        start,
      );
    }
    found.push({ start, from, to, end: to + 2 });
  }
  if (found.length > 3)
    throw invalid('There are too many comments that some servers run (/*! … */). Write the statement without them.', text, 0);
  return found;
}

/** Reads from the start what hides a comment: strings, names in backticks, other comments. */
function isOutsideStrings(text: string, at: number): boolean {
  const opaque =
    /'(?:[^'\\]|\\[\s\S]|'')*'|"(?:[^"\\]|\\[\s\S]|"")*"|`(?:[^`]|``)*`|(?:--(?=\s|$)|#)[^\n]*|\/\*(?!M?!)[\s\S]*?\*\//g;
  for (const match of text.matchAll(opaque)) {
    if (match.index > at) return true;
    if (match.index + match[0].length > at) return false;
  }
  return true;
}

/** The statement is read with and without each of them, and must be harmless in every way that isn't a syntax error. */
function analyseVariants(text: string, comments: readonly ExecutableComment[]): Analysis {
  const analyses: Analysis[] = [];
  let failure: unknown = null;
  for (let mask = 0; mask < 1 << comments.length; mask += 1) {
    try {
      analyses.push(analysePlain(variant(text, comments, mask)));
    } catch (error) {
      if (error instanceof Error && error.message === SEVERAL) throw error;
      failure ??= error;
    }
  }
  const worst =
    analyses.find(({ facts }) => facts.effect === 'refuse') ??
    analyses.find(({ facts }) => facts.effect === 'write') ??
    analyses[0];
  if (!worst) throw failure;
  const all = analyses.map(({ facts }) => facts);
  const unverified = union(all.flatMap((facts) => facts.unverifiedFunctions ?? []));
  const { ownLimit: _, ...facts } = worst.facts;
  return {
    ...worst,
    facts: {
      ...facts,
      tables: [
        ...new Map(
          all.flatMap(({ tables }) => tables).map((table): [string, TableRef] => [JSON.stringify(table), table]),
        ).values(),
      ],
      functions: union(all.flatMap(({ functions }) => functions)),
      ...(unverified.length > 0 ? { unverifiedFunctions: unverified } : {}),
      parameterCount: Math.max(...all.map(({ parameterCount }) => parameterCount)),
      limitable: false,
      deterministic: false,
      normalised: text,
    },
  };
}

/** With those of the mask as code, the others as space; places stay as they are. */
function variant(text: string, comments: readonly ExecutableComment[], mask: number): string {
  let out = text;
  const blank = (from: number, to: number) => {
    out = out.slice(0, from) + ' '.repeat(to - from) + out.slice(to);
  };
  comments.forEach(({ start, from, to, end }, index) => {
    if (mask & (1 << index)) {
      blank(start, from);
      blank(to, end);
    } else blank(start, end);
  });
  return out;
}

function union(names: string[]): string[] {
  return [...new Set(names)];
}

/** One space between tokens, no comments, reserved words in lower case; literals and names as they stand. */
function normalise(tokens: readonly Token[]): string {
  return tokens
    .map((token) => (token.kind === 'word' && ALWAYS_RESERVED.has(token.value) ? token.text.toLowerCase() : token.text))
    .join(' ');
}
