import type { StatementFacts } from '../contract';
import { isWrite, type Operation } from './operation';
import { writeOperation } from './shell-text';
import { surveyOf } from './survey';
import { wholeNumber } from './values';

/** What a query does and touches, read off its own words. */
export function factsOf(operation: Operation, survey = surveyOf(operation)): StatementFacts {
  const refusal = survey.refusal ?? judge(operation);
  const ownLimit = ownLimitOf(operation);
  const effect = refusal ? 'refuse' : isWrite(operation.kind) ? 'write' : 'read';
  return {
    effect,
    kind: operation.explain ? 'explain' : operation.name,
    tables: [...survey.collections].map((name) => ({ name })),
    functions: [...survey.operators],
    ...(refusal ? { refusal } : {}),
    parameterCount: Math.max(0, ...operation.params.map(({ number }) => number)),
    ...(ownLimit === undefined ? {} : { ownLimit }),
    limitable: operation.limitPlace !== null && effect === 'read',
    normalised: writeOperation(operation),
    deterministic: effect === 'read' && !operation.explain && survey.deterministic && !operation.volatile,
  };
}

function ownLimitOf({ implicitLimit, limitPlace }: Operation): number | undefined {
  if (implicitLimit !== undefined) return implicitLimit;
  const own = wholeNumber(limitPlace?.own?.value);
  return own === 0 ? undefined : own; // find: 0 is no limit
}

function judge({ kind, name, collection }: Operation): string | undefined {
  if (kind !== 'other') return undefined;
  const on = collection === null ? 'db.' : '';
  return `${on}${name} is not allowed. Quarry runs find, findOne, aggregate, count, countDocuments and distinct.`;
}
