/** Follow-ups: a short question that changes the plan of the one before ("only those in Canada", "by month instead", "top 5"). */
import { type Assembly, extend } from './assemble';
import type { CatalogueIndex } from './catalogue-index';
import type { Plan, ValueIndex } from './schema';
import type { Sketch } from './sketch';

const OPENING =
  /^(and|but|now|only|just|what about|how about|instead|same|also|then|exclude|excluding|without|except|sort|order|group|by|per|top|first|limit|in|for|since|before|after|show (me )?(only|just|the top|the first|them|those|top)|of (those|these|them)|which of (those|these|them)|how many (of (them|those|these)|are there|is that|are they)|how many$|make it|filter)\b/i;
const POINTING = /\b(instead|those|them|these|their|that list|the same)\b/i;

/** Whether a question may be about the answer before it. */
export function isFollowUp(question: string): boolean {
  const words = question.trim().split(/\s+/).length;
  return words <= 14 && (OPENING.test(question.trim()) || (POINTING.test(question) && words <= 9));
}

/**
 * @returns the changed plan, or null when the words say nothing that changes it
 * @throws CannotPlan when a name in it can't be resolved
 */
export function extendPlan(
  previous: Plan,
  sketch: Sketch,
  index: CatalogueIndex,
  values: ValueIndex,
  question: string,
): Assembly | null {
  const counting =
    /^how many( of (them|those|these)| are there| is that| are they)?\s*\??$/i.test(question.trim()) ||
    /^(and )?how many\b.*\b(them|those|these|there)\b/i.test(question.trim());
  return extend(previous, sketch, index, values, counting);
}
