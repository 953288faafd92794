/** Updates: replacement, operators, or a pipeline. */
import { compare, keyOf } from './compare';
import { addNumbers, multiplyNumbers } from './expression-numbers';
import { compileMatch } from './match';
import { PAUSE } from './operation';
import { withoutPath, withPath } from './paths';
import { compilePipeline, itemOf, type PipelineContext } from './pipeline';
import {
  badValue,
  type Doc,
  failedToParse,
  int,
  isDoc,
  isNumber,
  type Maybe,
  ServerError,
  typeMismatch,
  type Value,
} from './values';

export type Update = (old: Doc, inserting: boolean) => Doc;
/** What an operator does to one field; undefined removes it. */
type Change = (old: Maybe, argument: Value) => Maybe;

export function compileUpdate(spec: Value, context: PipelineContext): Update {
  if (Array.isArray(spec)) {
    const pipeline = compilePipeline(spec, context);
    return (old) => [...pipeline.over([itemOf(old)])].flatMap((item) => (item === PAUSE ? [] : [item.value]))[0] ?? old;
  }
  if (!isDoc(spec)) throw failedToParse('An update must be a document or a pipeline');
  const operators = [...spec];
  if (operators.length === 0 || !operators[0]?.[0].startsWith('$'))
    return (old) =>
      new Map([...(old.has('_id') && !spec.has('_id') ? [['_id', old.get('_id') ?? null] as [string, Value]] : []), ...spec]);
  return (old, inserting) =>
    operators.reduce((value, [name, fields]) => {
      if (name === '$setOnInsert' && !inserting) return value;
      if (!isDoc(fields)) throw failedToParse(`Modifiers operate on fields but we found type ${typeof fields} instead.`);
      return applyOperator(name, fields, value);
    }, old);
}

function applyOperator(name: string, fields: Doc, value: Doc): Doc {
  if (name === '$rename') return [...fields].reduce((all, [from, to]) => rename(all, from, String(to)), value);
  const change = CHANGES[name];
  if (!change)
    throw failedToParse(
      `Unknown modifier: ${name}. Expected a valid update modifier or pipeline-style update specified as an array`,
    );
  return [...fields].reduce<Doc>(
    (all, [path, argument]) => setAt(all, path.split('.'), (old) => change(old, argument)) as Doc,
    value,
  );
}

/** Like withPath, but a number names an element of an array. */
function setAt(value: Maybe, path: string[], set: (old: Maybe) => Maybe, at = 0): Maybe {
  const part = path[at];
  if (part === undefined) return set(value);
  if (Array.isArray(value)) {
    if (!/^\d+$/.test(part)) throw new ServerError(28, 'PathNotViable', `Cannot create field '${part}' in element of an array`);
    const copy = [...value];
    while (copy.length < Number(part)) copy.push(null);
    copy[Number(part)] = setAt(copy[Number(part)], path, set, at + 1) ?? null;
    return copy;
  }
  if (value !== undefined && !isDoc(value))
    throw new ServerError(28, 'PathNotViable', `Cannot create field '${part}' in element that is not a document`);
  const copy: Doc = new Map(value ?? []);
  const next = setAt(copy.get(part), path, set, at + 1);
  if (next === undefined) copy.delete(part);
  else copy.set(part, next);
  return copy;
}

function rename(value: Doc, from: string, to: string): Doc {
  const found = from.split('.').reduce<Maybe>((one, part) => (isDoc(one) ? one.get(part) : undefined), value);
  if (found === undefined) return value;
  return withPath(withoutPath(value, from.split('.')), to.split('.'), () => found) as Doc;
}

function listOf(old: Maybe, name: string): Value[] {
  if (old === undefined) return [];
  if (!Array.isArray(old)) throw badValue(`The field must be an array for ${name}`);
  return [...old];
}

function numberOf(value: Maybe, name: string) {
  if (!isNumber(value)) throw typeMismatch(`Cannot apply ${name} to a value of non-numeric type`);
  return value;
}

const each = (argument: Value): Value[] => {
  const given = isDoc(argument) ? argument.get('$each') : undefined;
  return Array.isArray(given) ? given : [argument];
};

function pull(old: Maybe, argument: Value): Maybe {
  if (old === undefined) return undefined;
  const isCondition = isDoc(argument) && (argument.keys().next().value ?? '').startsWith('$');
  const env = { root: null, vars: null };
  const test = isCondition
    ? compileMatch(new Map([['it', argument]]), env)
    : isDoc(argument)
      ? compileMatch(argument, env)
      : null;
  return listOf(old, '$pull').filter((item) => {
    if (!test) return compare(item, argument) !== 0;
    return !test(isCondition ? new Map([['it', item]]) : isDoc(item) ? item : new Map());
  });
}

const CHANGES: Record<string, Change> = {
  $set: (_old, argument) => argument,
  $setOnInsert: (_old, argument) => argument,
  $unset: () => undefined,
  $inc: (old, argument) => addNumbers(numberOf(old ?? int(0), '$inc'), numberOf(argument, '$inc')),
  $mul: (old, argument) => multiplyNumbers(numberOf(old ?? int(0), '$mul'), numberOf(argument, '$mul')),
  $min: (old, argument) => (old === undefined || compare(argument, old) < 0 ? argument : old),
  $max: (old, argument) => (old === undefined || compare(argument, old) > 0 ? argument : old),
  $currentDate: () => new Date(),
  $push: (old, argument) => [...listOf(old, '$push'), ...each(argument)],
  $addToSet: (old, argument) => {
    const items = listOf(old, '$addToSet');
    const known = new Set(items.map(keyOf));
    return [...items, ...each(argument).filter((item) => !known.has(keyOf(item)))];
  },
  $pop: (old, argument) => {
    if (old === undefined) return undefined;
    const items = listOf(old, '$pop');
    return isNumber(argument) && compare(argument, int(0)) < 0 ? items.slice(1) : items.slice(0, -1);
  },
  $pull: pull,
  $pullAll: (old, argument) => {
    const gone = new Set((Array.isArray(argument) ? argument : []).map(keyOf));
    return old === undefined ? undefined : listOf(old, '$pullAll').filter((item) => !gone.has(keyOf(item)));
  },
};

/** What an upsert begins with: the equalities of its filter. */
export function seedOfUpsert(filter: Doc): Doc {
  let out: Doc = new Map();
  for (const [key, value] of filter) {
    const only = isDoc(value) ? value.get('$eq') : value;
    const isOperators = isDoc(value) && (value.keys().next().value ?? '').startsWith('$');
    if (!key.startsWith('$') && only !== undefined && (!isOperators || isDoc(value))) {
      if (!isOperators || (isDoc(value) && value.has('$eq'))) out = withPath(out, key.split('.'), () => only) as Doc;
    }
  }
  return out;
}
