import { z } from 'zod';
import { QuarryError } from '../kernel/errors';

/** What a model may say to a question, whatever form it said it in. */
export type ModelReply =
  | {
      kind: 'query';
      query: string;
      explanation: string;
      assumptions: string[];
      confidence?: number /** The built-in planner's plan, for follow-ups. */;
      plan?: unknown;
    }
  | {
      kind: 'clarify';
      question: string;
      choices: { label: string; question: string /** The built-in planner's reading. */; planned?: unknown }[];
    }
  | { kind: 'decline'; reason: string; suggestions: string[] }
  | { kind: 'text'; text: string };

const strings = z.array(z.string()).catch([]);
const objectSchema = z.looseObject({
  sql: z.string().optional(),
  query: z.union([z.string(), z.looseObject({})]).optional(),
  statement: z.string().optional(),
  pipeline: z.array(z.looseObject({})).optional(),
  explanation: z.string().optional().catch(undefined),
  assumptions: strings.optional(),
  confidence: z.number().optional().catch(undefined),
  plan: z.unknown().optional(),
  clarify: z
    .object({
      question: z.string(),
      choices: z
        .array(
          z.union([
            z.string(),
            z.object({ label: z.string(), question: z.string().optional(), planned: z.unknown().optional() }),
          ]),
        )
        .min(2),
    })
    .optional()
    .catch(undefined),
  decline: z
    .union([
      z.string().transform((reason) => ({ reason, suggestions: [] as string[] })),
      z.object({ reason: z.string(), suggestions: strings }),
    ])
    .optional()
    .catch(undefined),
  text: z.string().optional().catch(undefined),
  /** The built-in planner's words about the schema, and its small talk [B8]. */
  schema: z.object({ text: z.string() }).optional().catch(undefined),
  chat: z.object({ text: z.string() }).optional().catch(undefined),
});

const VERBS =
  'select|with|values|table|show|explain|describe|insert|update|delete|merge|replace|create|drop|alter|truncate|grant|revoke|pragma|attach|copy|call|do|set';
const STARTS_WITH_VERB = new RegExp(`^\\s*(?:--[^\\n]*\\n\\s*)*\\(*\\s*(?:${VERBS})\\b`, 'i');

/**
 * Reads a query (or a clarification, a refusal, plain words) from a model's reply: a tool call, JSON, fenced code, a prefix such as
 * "SQL:", or bare SQL inside prose [C9]. Reasoning in `<think>` is dropped.
 * @throws QuarryError model.bad_answer when nothing of that is in it
 */
export function readReply(reply: { text: string; toolCalls?: { input: unknown }[] }): ModelReply {
  for (const call of reply.toolCalls ?? []) {
    const found = fromObject(typeof call.input === 'string' ? parseJson(call.input) : call.input);
    if (found) return found;
  }
  const text = reply.text.replace(/<think>[\s\S]*?(?:<\/think>|$)/gi, '').trim();
  const found = fromJson(text) ?? fromFence(text) ?? fromPrefix(text) ?? fromProse(text);
  if (found) return found;
  throw new QuarryError(
    'model.bad_answer',
    'The model answered without a query. Ask again, or put the question in other words.',
    {
      stage: 'generate',
      details: { reply: text.slice(0, 300) },
    },
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function fromObject(value: unknown): ModelReply | null {
  const parsed = objectSchema.safeParse(value);
  if (!parsed.success) return null;
  const object = parsed.data;
  if (object.clarify) {
    const choices = object.clarify.choices.map((choice) =>
      typeof choice === 'string'
        ? { label: choice, question: choice }
        : {
            label: choice.label,
            question: choice.question ?? choice.label,
            ...(choice.planned === undefined ? {} : { planned: choice.planned }),
          },
    );
    return { kind: 'clarify', question: object.clarify.question, choices };
  }
  if (object.decline) return { kind: 'decline', ...object.decline };
  const query = object.sql ?? object.query ?? object.statement;
  if (typeof query === 'string' && query.trim()) {
    // A model that puts fenced code into its JSON is read too.
    const inner = /```/.test(query) ? fromFence(query) : null;
    const text = inner?.kind === 'query' ? inner.query : query.trim();
    return {
      kind: 'query',
      query: text,
      explanation: object.explanation ?? '',
      assumptions: object.assumptions ?? [],
      ...(object.confidence === undefined ? {} : { confidence: object.confidence }),
      // A plan comes with what it was read as: a follow-up needs the whole.
      ...(object.plan === undefined ? {} : { plan: object }),
    };
  }
  const words = object.text ?? object.schema?.text ?? object.chat?.text;
  if (words?.trim()) return { kind: 'text', text: words.trim() };
  return null;
}

function fromJson(text: string): ModelReply | null {
  const fenced = /```(?:json)?\s*\n?(\{[\s\S]*?\})\s*```/i.exec(text);
  const whole = fromObject(parseJson(fenced?.[1] ?? text));
  if (whole) return whole;
  for (const candidate of balancedObjects(text)) {
    const found = fromObject(parseJson(candidate));
    if (found) return found;
  }
  return null;
}

/** Every `{…}` that closes, outermost first; strings are respected. Bounded, because the text is a stranger's. */
function* balancedObjects(text: string): Generator<string> {
  let tried = 0;
  for (let start = text.indexOf('{'); start !== -1 && tried < 20; start = text.indexOf('{', start + 1), tried += 1) {
    let depth = 0;
    let inString = false;
    for (let at = start; at < text.length; at += 1) {
      const char = text[at];
      if (inString) {
        if (char === '\\') at += 1;
        else if (char === '"') inString = false;
      } else if (char === '"') inString = true;
      else if (char === '{') depth += 1;
      else if (char === '}') {
        depth -= 1;
        if (depth === 0) {
          yield text.slice(start, at + 1);
          break;
        }
      }
    }
  }
}

/** The last fenced block which is a statement: models think first and conclude last. */
function fromFence(text: string): ModelReply | null {
  const blocks = [...text.matchAll(/```[ \t]*([\w+-]*)[ \t]*\r?\n?([\s\S]*?)(?:```|$)/g)]
    .map((match) => ({ body: (match[2] ?? '').trim(), index: match.index }))
    .filter((block) => STARTS_WITH_VERB.test(block.body));
  const last = blocks.at(-1);
  if (!last) return null;
  return {
    kind: 'query',
    query: tidy(last.body),
    explanation: firstSentence(text.slice(0, text.indexOf('```'))),
    assumptions: [],
  };
}

function fromPrefix(text: string): ModelReply | null {
  const match =
    /(?:^|\n)\s*(?:\*\*)?(?:final\s+)?(?:sql\s*query|sqlquery|sql|query|answer)(?:\*\*)?\s*:\s*(?:\*\*)?\s*([\s\S]+)$/i.exec(
      text,
    );
  const body = match?.[1];
  if (!body || !STARTS_WITH_VERB.test(body)) return null;
  return { kind: 'query', query: statementAtStart(body), explanation: '', assumptions: [] };
}

function fromProse(text: string): ModelReply | null {
  if (STARTS_WITH_VERB.test(text) && looksLikeStatement(text)) {
    return { kind: 'query', query: statementAtStart(text), explanation: '', assumptions: [] };
  }
  const match = /(?:^|\n)\s*((?:select|with)\b[\s\S]+)$/i.exec(text);
  if (!match?.[1] || !looksLikeStatement(match[1])) return null;
  return {
    kind: 'query',
    query: statementAtStart(match[1]),
    explanation: firstSentence(text.slice(0, match.index)),
    assumptions: [],
  };
}

/** "With pleasure, …" and "Show me more" are prose; a statement has more of the grammar in it. */
function looksLikeStatement(text: string): boolean {
  const head = text.slice(0, 4000);
  if (/^\s*\(*\s*select\b/i.test(head)) return /\bfrom\b|^\s*\(*\s*select\s+[\d('"*]|^\s*\(*\s*select\s+\w+\s*\(/i.test(head);
  if (/^\s*with\b/i.test(head)) return /\bas\s+(?:not\s+materialized\s+|materialized\s+)?\(/i.test(head);
  if (/^\s*values\b/i.test(head)) return /^\s*values\s*\(/i.test(head);
  return /^\s*(?:insert\s+into|update\s+\S+\s+set|delete\s+from|merge\s+into|replace\s+into|create\s+\w+|drop\s+\w+|alter\s+\w+|truncate\b|pragma\s|attach\s|explain\s)/i.test(
    head,
  );
}

/** Up to the first semicolon outside quotes, or the paragraph's end. */
function statementAtStart(text: string): string {
  let quote = '';
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at] ?? '';
    if (quote) {
      if (char === quote) quote = '';
    } else if (char === "'" || char === '"' || char === '`') quote = char;
    else if (char === ';') return text.slice(0, at).trim();
    else if (
      char === '\n' &&
      /^\n\s*\n/.test(text.slice(at)) &&
      !/^\s*(?:select|from|where|group|order|having|limit|union|intersect|except|join|left|inner|and|or|\)|,)/i.test(
        text.slice(at).trimStart(),
      )
    ) {
      return text.slice(0, at).trim();
    }
  }
  return tidy(text);
}

const tidy = (text: string) => text.trim().replace(/;\s*$/, '').trim();
const firstSentence = (text: string) =>
  text
    .trim()
    .split('\n')
    .at(-1)
    ?.trim()
    .replace(/[:：]$/, '') ?? '';
