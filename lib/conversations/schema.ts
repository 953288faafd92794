/** Shapes of questions, answers and conversations; browser-safe. They are the contract of POST /api/query and /api/conversations. */
import { z } from 'zod';

export const chartSchema = z.object({
  type: z.enum(['bar', 'line', 'area', 'pie', 'scatter', 'number']),
  /** Column of the category or time axis. */
  x: z.string().optional(),
  /** Numeric columns that are drawn. */
  y: z.array(z.string()),
  /** Column whose values split the data into series. */
  series: z.string().optional(),
  title: z.string().optional(),
});
export type Chart = z.infer<typeof chartSchema>;

export const stepNames = ['understand', 'write', 'check', 'run', 'answer'] as const;
export type StepName = (typeof stepNames)[number];

/** One state change of a step, as the page shows it live. */
export interface StepEvent {
  name: StepName;
  state: 'running' | 'done' | 'failed';
  durationMs?: number;
  attempt?: number;
  detail?: string;
}

export interface Attempt {
  query: string | null;
  stage: string;
  error?: { code: string; message: string };
  hints?: string[];
  durationMs: number;
  tokens: { prompt: number; completion: number };
  steps: { name: StepName; durationMs: number }[];
}

export interface ModelUse {
  provider: string;
  name: string;
  tier: 'fast' | 'balanced' | 'complex';
  reason: string;
  /** Calls to the model for this question; 0 when the answer came from the cache. */
  calls: number;
}

export interface Clarification {
  question: string;
  choices: { label: string; question: string }[];
}

/** The answer to a question: API.md, POST /api/query. */
export interface Answer {
  conversationId: string;
  messageId: string;
  answer: string;
  status: 'completed' | 'clarify' | 'declined';
  query: string | null;
  columns: { name: string; type: string; nativeType?: string }[];
  rows: unknown[][];
  rowCount: number;
  truncated: null | { by: 'rows' | 'bytes'; limit: number };
  chart: Chart | null;
  assumptions: string[];
  /** Questions that would work, when this one could not be answered. */
  suggestions: string[];
  clarification: Clarification | null;
  tables: string[];
  attempts: Attempt[];
  warnings: string[];
  model: ModelUse;
  /**
   * `state`: whether the rows came from the cache, and how old they are. `answer`: whether the query was that of the same question
   * asked before, without a call to a model; its rows may have been read again, so that figures are never older than those of queries.
   */
  cache: { state: 'hit' | 'miss' | 'bypass'; ageMs?: number; answer?: 'hit' | 'miss' };
  durationMs: number;
}

export const askSchema = z.object({
  dataSourceId: z.string().min(1),
  question: z.string().trim().min(1, 'Type a question.').max(4000, 'Keep the question under 4,000 characters.'),
  conversationId: z.string().optional(),
  stream: z.boolean().optional(),
  cache: z.enum(['use', 'refresh', 'bypass']).optional(),
});
export type AskInput = z.infer<typeof askSchema>;

export const conversationListSchema = z.object({
  query: z.string().trim().max(200).optional(),
  cursor: z.string().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(100).optional(),
});
export const conversationCreateSchema = z.object({
  title: z.string().trim().min(1).max(200).optional(),
  dataSourceId: z.string().optional(),
});
export const conversationPatchSchema = z.object({ title: z.string().trim().min(1).max(200) });
export const restoreSchema = z.object({ messageId: z.string().min(1) });

export interface ConversationSummary {
  id: string;
  title: string;
  dataSourceId: string | null;
  createdAt: string;
  updatedAt: string;
}

export interface MessageView {
  id: string;
  role: 'user' | 'assistant';
  content: string;
  status: string;
  /** The answer without its rows; null for the person's own messages. */
  result: Partial<Answer> | null;
  /** The first rows, kept so that an old answer opens at once. */
  rows: unknown[][] | null;
  attempts: Attempt[] | null;
  model: ModelUse | null;
  tokens: number | null;
  durationMs: number | null;
  superseded: boolean;
  createdAt: string;
}

export interface ConversationView extends ConversationSummary {
  messages: MessageView[];
}
export const conversationParamsSchema = z.object({ id: z.string() });
