/** From a question to an outcome: read, assemble, render, and judge how sure the reading is. */
import type { Catalogue, Dialect } from '../adapters/contract';
import { type Assembly, assemble, CannotPlan } from './assemble';
import { type CatalogueIndex, indexCatalogue } from './catalogue-index';
import { findPeriods } from './dates';
import { explainPlan } from './explain';
import { linkMentions, type Mention } from './link';
import { Reader } from './read';
import { renderPlan } from './render';
import type { Choice } from './resolve';
import type { GlossaryTerm, PlannedQuery, PlanOutcome, ValueIndex } from './schema';
import type { Sketch } from './sketch';
import { type Token, tokenise } from './words';

export interface PlanInput {
  question: string;
  catalogue: Catalogue;
  dialect: Dialect;
  values: ValueIndex;
  /** Relative dates count from here. */
  now: Date;
  glossary?: readonly GlossaryTerm[];
  previous?: PlannedQuery;
}

/** Below this a reading is a guess, and the planner declines. */
export const MIN_CONFIDENCE = 0.5;
const MAX_QUESTION = 2000;

interface Reading {
  sketch: Sketch;
  mentions: Mention[];
  tokens: Token[];
}

export function readQuestion(question: string, index: CatalogueIndex, values: ValueIndex, now: Date): Reading {
  const tokens = tokenise(question);
  const periods = findPeriods(question, tokens, now);
  const blocked = new Set(
    periods.flatMap((period) => Array.from({ length: period.end - period.start }, (_, offset) => period.start + offset)),
  );
  const mentions = linkMentions(tokens, index, values, blocked);
  return {
    sketch: new Reader(
      tokens,
      mentions,
      periods,
      (column) => values.profile(column.ref.table, column.ref.column)?.numeric ?? false,
    ).read(),
    mentions,
    tokens,
  };
}

/** What a person calls the thing, in the organisation's own words, replaced by its definition. */
function applyGlossary(question: string, glossary: readonly GlossaryTerm[]): { question: string; notes: string[] } {
  const notes: string[] = [];
  let text = question;
  for (const { term, definition } of glossary) {
    if (definition.length > 120 || term.trim().length < 2) continue;
    const pattern = new RegExp(
      `(?<![\\p{L}\\p{N}])${term.trim().replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}(?![\\p{L}\\p{N}])`,
      'giu',
    );
    if (!pattern.test(text)) continue;
    text = text.replace(pattern, definition.replace(/[.\s]+$/, ''));
    notes.push(`"${term}" means ${definition.replace(/[.\s]+$/, '')} (glossary).`);
  }
  return { question: text, notes };
}

function confidenceOf({ sketch, mentions, tokens }: Reading, assembly: Assembly): number {
  const content = Math.max(3, tokens.filter((token) => token.kind !== 'stop').length);
  const lost = sketch.unknown.reduce((sum, entry) => sum + entry.weight, 0);
  let confidence = 0.97 - Math.min(0.75, (lost / content) * 0.9 + lost * 0.12) - (1 - assembly.certainty);
  if (sketch.unsupported.length > 0) confidence -= 0.5;
  if (mentions.length === 0) confidence = 0;
  return Math.max(0, Math.min(1, confidence));
}

function planned(reading: Reading, assembly: Assembly, index: CatalogueIndex, input: PlanInput, notes: string[]): PlannedQuery {
  const { plan } = assembly;
  return {
    sql: renderPlan(plan, index, input.dialect),
    plan,
    explanation: explainPlan(plan, index),
    assumptions: [...notes, ...assembly.assumptions],
    tables: [plan.from, ...plan.joins.map((join) => join.table)],
    confidence: confidenceOf(reading, assembly),
  };
}

/** One reading of the question, however unsure; throws CannotPlan. */
export function readPlan(
  input: PlanInput,
  choice: Choice | null = null,
): { planned: PlannedQuery; reading: Reading; assembly: Assembly } {
  const index = indexCatalogue(input.catalogue);
  const { question, notes } = applyGlossary(input.question, input.glossary ?? []);
  const reading = readQuestion(question.slice(0, MAX_QUESTION), index, input.values, input.now);
  const assembly = assemble(reading.sketch, index, input.values, choice);
  return { planned: planned(reading, assembly, index, input, notes), reading, assembly };
}

export function planOnce(input: PlanInput): PlanOutcome {
  const index = indexCatalogue(input.catalogue);
  try {
    const { planned: best, reading, assembly } = readPlan(input);
    if (best.confidence < MIN_CONFIDENCE) return decline(reading, index, null);
    const choices = otherReadings(input, assembly, best, index);
    if (choices.length > 1) return { kind: 'clarify', question: 'Which of these do you mean?', choices };
    return { kind: 'answer', planned: best };
  } catch (error) {
    if (!(error instanceof CannotPlan)) throw error;
    return decline(readQuestion(input.question.slice(0, MAX_QUESTION), index, input.values, input.now), index, error.message);
  }
}

/** Readings that are as likely as the best one. */
function otherReadings(
  input: PlanInput,
  assembly: Assembly,
  best: PlannedQuery,
  index: CatalogueIndex,
): { label: string; planned: PlannedQuery }[] {
  const [doubt] = assembly.doubts;
  if (!doubt) return [];
  try {
    const other = readPlan(input, { start: doubt.mention.start, column: doubt.other });
    if (other.planned.sql === best.sql || other.planned.confidence < MIN_CONFIDENCE) return [];
    const name = (column: { table: string; column: string }): string =>
      index.byKey.get(column.table)?.byName.get(column.column)?.display ?? column.column;
    return [
      { label: `"${doubt.mention.text}" as ${name(doubt.chosen)}`, planned: best },
      { label: `"${doubt.mention.text}" as ${name(doubt.other)}`, planned: other.planned },
    ];
  } catch (error) {
    if (error instanceof CannotPlan) return [];
    throw error;
  }
}

function decline(reading: Reading, index: CatalogueIndex, reason: string | null): PlanOutcome {
  const words = reading.sketch.unknown.filter((entry) => entry.weight >= 0.3).map((entry) => `"${entry.word}"`);
  const unknown =
    words.length > 0
      ? `I don't know what ${words.slice(0, 3).join(' and ')} ${words.length > 1 ? 'mean' : 'means'} in this database.`
      : null;
  const unsupported = reading.sketch.unsupported[0];
  const text =
    unknown ??
    reason ??
    (unsupported ? `I can't answer questions with ${unsupported} yet.` : 'I am not sure enough that I understand this question.');
  void index;
  return { kind: 'decline', reason: text, suggestions: [] };
}
