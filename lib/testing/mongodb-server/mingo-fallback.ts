/**
 * What the engine here doesn't have itself is left to mingo: trigonometry and other rare operators, and the stages $setWindowFields,
 * $bucketAuto, $densify, $fill and $redact. mingo works on JavaScript numbers, so that int64 beyond 2^53 and decimals lose digits there.
 */
import { aggregate } from 'mingo';
import { Decimal } from './decimal';
import { badValue, type Doc, FarDate, Int32, isDoc, ServerError, Sym, type Value } from './values';

const OPERATORS = new Set([
  ...['$sin', '$cos', '$tan', '$asin', '$acos', '$atan', '$atan2', '$sinh', '$cosh', '$tanh', '$asinh', '$acosh', '$atanh'],
  ...[
    '$degreesToRadians',
    '$radiansToDegrees',
    '$bitAnd',
    '$bitOr',
    '$bitXor',
    '$bitNot',
    '$bsonSize',
    '$binarySize',
    '$avg',
    '$sum',
  ],
  ...['$stdDevPop', '$stdDevSamp', '$median', '$percentile'],
]);
const STAGES = new Set(['$setWindowFields', '$bucketAuto', '$densify', '$fill', '$redact']);

export const mingoKnows = (name: string): boolean => OPERATORS.has(name);
export const mingoKnowsStage = (name: string): boolean => STAGES.has(name);

/** To what mingo works on: numbers, plain objects, dates; other types stay as they are. */
function toPlain(value: Value): unknown {
  if (value instanceof Int32) return value.value;
  if (typeof value === 'bigint' || value instanceof Decimal) return Number(value.toString());
  if (value instanceof Sym) return value.text;
  if (value instanceof FarDate) throw badValue('a date beyond the range of this test server');
  if (Array.isArray(value)) return value.map(toPlain);
  if (isDoc(value)) return Object.fromEntries([...value].map(([key, item]) => [key, toPlain(item)]));
  return value;
}

function toValue(value: unknown): Value {
  if (value === undefined || value === null) return null;
  if (typeof value === 'number') return Number.isInteger(value) && Math.abs(value) < 2 ** 31 ? new Int32(value) : value;
  if (Array.isArray(value)) return value.map(toValue);
  if (typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype)
    return new Map(Object.entries(value).map(([key, item]) => [key, toValue(item)]));
  return value as Value;
}

function run(documents: Record<string, unknown>[], stage: Record<string, unknown>): Record<string, unknown>[] {
  try {
    return aggregate(documents, [stage]) as Record<string, unknown>[];
  } catch (error) {
    throw new ServerError(2, 'BadValue', error instanceof Error ? error.message : 'the expression failed');
  }
}

/** @param args already evaluated */
export function evaluateByMingo(name: string, args: Value): Value {
  const plain = toPlain(args);
  const literal = Array.isArray(plain) ? plain.map((item) => ({ $literal: item })) : { $literal: plain };
  const [out] = run([{}], { $project: { value: { [name]: literal } } });
  return toValue(out?.value);
}

/** A whole stage. Object ids come back as they were. */
export function runStageByMingo(name: string, spec: Value, documents: Doc[]): Doc[] {
  const inputs = documents.map((document) => toPlain(document) as Record<string, unknown>);
  return run(inputs, { [name]: toPlain(spec) })
    .map((document) => toValue(document))
    .filter(isDoc);
}
