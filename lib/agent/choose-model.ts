import type { ModelUse } from '../conversations/schema';

export type Tier = ModelUse['tier'];

const HARD =
  /\b(?:percent(?:age)?|ratio|share|trend|growth|change|compare|versus|vs|correlat\w*|cohort|retention|median|percentile|rank\w*|running|cumulative|rolling|consecutive|each .* (?:highest|lowest|most)|above average|below average|never|both|except|but not)\b/gi;
const GROUPING = /\b(?:per|by|each|every|for each|top|most|least|average|total|between|since|last|join\w*)\b/gi;

/**
 * Which tier a question needs, with the reason that is stored beside the answer [C24].
 * Score: one point per grouping word (at most 2), two per hard word (at most 4), one per linked table beyond two (at most 3), two per
 * failed attempt. Up to 1: fast, up to 4: balanced, above: complex.
 */
export function chooseTier(input: { question: string; linkedTables: number; attempt: number; strategy: 'fixed' | 'adaptive' }): {
  tier: Tier;
  reason: string;
} {
  if (input.strategy === 'fixed') return { tier: 'balanced', reason: 'The strategy is fixed.' };
  const hard = unique(input.question.match(HARD));
  const grouping = unique(input.question.match(GROUPING));
  const extraTables = Math.min(3, Math.max(0, input.linkedTables - 2));
  const retries = input.attempt - 1;
  const score = Math.min(4, hard.length * 2) + Math.min(2, grouping.length) + extraTables + retries * 2;
  const reasons = [
    hard.length ? `asks for ${hard.join(', ')}` : '',
    grouping.length ? `groups or orders (${grouping.slice(0, 3).join(', ')})` : '',
    extraTables ? `${input.linkedTables} tables concerned` : '',
    retries ? `attempt ${input.attempt}` : '',
  ].filter(Boolean);
  const tier: Tier = score <= 1 ? 'fast' : score <= 4 ? 'balanced' : 'complex';
  return { tier, reason: reasons.length ? `${capitalise(reasons.join('; '))}.` : 'A plain question on few tables.' };
}

const unique = (matches: RegExpMatchArray | null) => [...new Set((matches ?? []).map((match) => match.toLowerCase()))];
const capitalise = (text: string) => (text[0]?.toUpperCase() ?? '') + text.slice(1);
