/** From a question to an outcome: read, assemble, render, and judge how sure the reading is. */
import type { Catalogue, Dialect } from '../adapters/contract';
import { type Assembly, assemble } from './assemble';
import { type CatalogueIndex, indexCatalogue } from './catalogue-index';
import { collectionOf, documentView } from './document-view';
import { explainPlan } from './explain';
import { extendPlan, isFollowUp } from './follow-up';
import { homeView } from './home-schema';
import { CannotPlan } from './plan-parts';
import { confidenceOf, lostParts, type Reading, readQuestion } from './reading';
import { renderPlan } from './render';
import type { Choice } from './resolve';
import type { GlossaryTerm, PlannedQuery, PlanOutcome, ValueIndex } from './schema';
import { schemaQuestion, smallTalk } from './small-talk';
import { suggestQuestions } from './suggest';
import { tokenise } from './words';

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
export const MIN_CONFIDENCE = 0.6;
const MAX_QUESTION = 2000;

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

function planned(reading: Reading, assembly: Assembly, index: CatalogueIndex, input: PlanInput, notes: string[]): PlannedQuery {
  const { plan } = assembly;
  return {
    sql: renderPlan(plan, index, input.dialect),
    plan,
    explanation: explainPlan(plan, index),
    assumptions: [...notes, ...assembly.assumptions],
    tables: [...new Set([plan.from, ...plan.joins.map((join) => join.table)].map((key) => collectionOf(index.catalogue, key)))],
    confidence: confidenceOf(reading, assembly, index),
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

/**
 * What a question means on this catalogue. Deterministic: the same input gives the same outcome.
 * @returns an answer with its plan and SQL; readings to choose from; a refusal with the reason; or text that needs no database
 */
export function planOnce(given: PlanInput): PlanOutcome {
  const home = homeView(given.catalogue, given.values, given.question, given.previous?.plan);
  const input = { ...given, ...documentView(home.catalogue, home.values) };
  const index = indexCatalogue(input.catalogue);
  const suggestions = (): string[] => suggestQuestions(given.catalogue, given.values);
  const talk = smallTalk(input.question, index, suggestions);
  if (talk) return talk;
  if (input.question.trim().length === 0)
    return { kind: 'decline', reason: 'There is no question.', suggestions: suggestions().slice(0, 3) };
  if (input.question.length > MAX_QUESTION)
    return {
      kind: 'decline',
      reason: `The question is longer than ${MAX_QUESTION} characters. Please ask in one or two sentences.`,
      suggestions: [],
    };
  const schema = schemaQuestion(input.question, index, input.values);
  if (schema) return schema;
  const follow = input.previous && isFollowUp(input.question) ? followUp(input, input.previous) : null;
  if (follow) return { kind: 'answer', planned: follow };
  try {
    const { planned: best, reading, assembly } = readPlan(input);
    if (best.confidence < MIN_CONFIDENCE) {
      const lost = lostParts(reading, assembly, index);
      const words = lost.slice(0, 3).map((part) => `"${part}"`);
      const understood = best.explanation.replace(/\.$/, '').toLowerCase();
      return decline(
        reading,
        suggestions(),
        words.length > 0 ? `I understood "${understood}", but not ${words.join(' and ')}.` : null,
      );
    }
    const choices = otherReadings(input, assembly, best, index);
    if (choices.length > 1) return { kind: 'clarify', question: 'Which of these do you mean?', choices };
    return { kind: 'answer', planned: best };
  } catch (error) {
    if (!(error instanceof CannotPlan)) throw error;
    return decline(readQuestion(input.question, index, input.values, input.now), suggestions(), error.message);
  }
}

/** A change of the previous plan; null when it can't be read as one. */
function followUp(input: PlanInput, previous: PlannedQuery): PlannedQuery | null {
  const index = indexCatalogue(input.catalogue);
  try {
    const reading = readQuestion(input.question, index, input.values, input.now, true);
    const assembly = extendPlan(previous.plan, reading.sketch, index, input.values, input.question);
    if (!assembly) return null;
    const made = planned(reading, assembly, index, input, []);
    return made.confidence >= MIN_CONFIDENCE ? made : null;
  } catch (error) {
    if (error instanceof CannotPlan) return null;
    throw error;
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

function decline(reading: Reading, suggestions: readonly string[], reason: string | null): PlanOutcome {
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
  const shared = (suggestion: string): number => {
    const asked = new Set(reading.tokens.filter((token) => token.kind !== 'stop').map((token) => token.stem));
    return tokenise(suggestion).filter((token) => token.kind !== 'stop' && asked.has(token.stem)).length;
  };
  const nearest = [...suggestions].sort((a, b) => shared(b) - shared(a)).slice(0, 3);
  return { kind: 'decline', reason: text, suggestions: nearest };
}
