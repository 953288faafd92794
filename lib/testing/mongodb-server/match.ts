/** The query language of find and $match, compiled to a test of one document. */
import { bracket, compare, keyOf } from './compare';
import { compileExpression, type Env, truthy } from './expressions';
import { compileJsonSchema } from './json-schema';
import { compileRegex } from './regex';
import {
  badValue,
  type Doc,
  failedToParse,
  isDoc,
  isNumber,
  type Maybe,
  Regex,
  toDouble,
  typeAlias,
  typeName,
  type Value,
  wholeNumber,
} from './values';

export type Test = (document: Doc) => boolean;
/** Tests one value that a path leads to; `whole` tells that arrays aren't looked into. */
interface Predicate {
  test(value: Maybe): boolean;
  whole?: boolean;
}

export function compileMatch(query: Doc, env: Env): Test {
  const tests = [...query].map(([key, value]) => compileClause(key, value, env));
  const [only] = tests;
  if (tests.length === 1 && only) return only;
  return (document) => tests.every((test) => test(document));
}

function compileClause(key: string, value: Value, env: Env): Test {
  switch (key) {
    case '$and':
    case '$or':
    case '$nor': {
      if (!Array.isArray(value) || value.length === 0) throw badValue(`${key} must be a nonempty array`);
      const tests = value.map((item) => {
        if (!isDoc(item)) throw badValue(`${key} entries must be objects`);
        return compileMatch(item, env);
      });
      if (key === '$and') return (document) => tests.every((test) => test(document));
      return (document) => tests.some((test) => test(document)) === (key === '$or');
    }
    case '$expr': {
      const expression = compileExpression(value, env);
      return (document) => truthy(expression({ root: document, vars: env.vars }));
    }
    case '$comment':
    case '$sampleRate':
      return key === '$comment' ? () => true : () => Math.random() < toDouble(isNumber(value) ? value : 0);
    case '$jsonSchema': {
      if (!isDoc(value)) throw typeMismatch(key);
      const schema = compileJsonSchema(value);
      return (document) => schema(document);
    }
    case '$alwaysTrue':
    case '$alwaysFalse':
      return () => key === '$alwaysTrue';
  }
  if (key.startsWith('$'))
    throw badValue(
      key === '$where' || key === '$text'
        ? `${key} is not available on this test server`
        : `unknown top level operator: ${key}. If you have a field name that starts with a '$' symbol, consider using $getField or $setField.`,
    );
  return compileField(key.split('.'), value, env);
}

const typeMismatch = (name: string) => badValue(`${name} must be an object`);

function compileField(path: string[], value: Value, env: Env): Test {
  if (!isDoc(value) || !isOperatorDoc(value)) {
    const predicate = equals(value);
    return (document) => reaches(document, path, 0, predicate);
  }
  const tests = [...value].flatMap(([name, argument]) => compileOperator(path, name, argument, value, env));
  return (document) => tests.every((test) => test(document));
}

function isOperatorDoc(value: Doc): boolean {
  const first = value.keys().next().value;
  if (!first?.startsWith('$')) return false;
  return first !== '$ref' && first !== '$id' && first !== '$db';
}

function compileOperator(path: string[], name: string, argument: Value, all: Doc, env: Env): Test[] {
  const positive = (predicate: Predicate): Test[] => [(document) => reaches(document, path, 0, predicate)];
  const negative = (predicate: Predicate): Test[] => [(document) => !reaches(document, path, 0, predicate)];
  switch (name) {
    case '$ne':
      return negative(equals(argument));
    case '$nin':
      return negative(isIn(argument, name));
    case '$in':
      return positive(isIn(argument, name));
    case '$not': {
      if (argument instanceof Regex) return negative(equals(argument));
      if (!isDoc(argument) || !isOperatorDoc(argument)) throw badValue('$not needs a regex or a document');
      const tests = [...argument].flatMap(([inner, value]) => compileOperator(path, inner, value, argument, env));
      return [(document) => !tests.every((test) => test(document))];
    }
    case '$exists':
      return truthy(argument) ? positive(PRESENT) : negative(PRESENT);
    case '$options':
      if (!all.has('$regex')) throw badValue('$options needs a $regex');
      return [];
    case '$all':
      return compileAll(path, argument, env);
    default:
      return positive(predicateOf(name, argument, all, env));
  }
}

const PRESENT: Predicate = { test: (value) => value !== undefined, whole: true };

function compileAll(path: string[], argument: Value, env: Env): Test[] {
  if (!Array.isArray(argument)) throw badValue('$all needs an array');
  if (argument.length === 0) return [() => false];
  return argument.map((item) => {
    const inner = isDoc(item) ? item.get('$elemMatch') : undefined;
    const predicate = inner !== undefined ? predicateOf('$elemMatch', inner, new Map(), env) : equals(item);
    return (document: Doc) => reaches(document, path, 0, predicate);
  });
}

function predicateOf(name: string, argument: Value, all: Doc, env: Env): Predicate {
  switch (name) {
    case '$eq':
      return argument instanceof Regex ? { test: (value) => compare(value, argument) === 0 } : equals(argument);
    case '$gt':
      return ordered(argument, (order) => order > 0, false);
    case '$gte':
      return ordered(argument, (order) => order >= 0, true);
    case '$lt':
      return ordered(argument, (order) => order < 0, false);
    case '$lte':
      return ordered(argument, (order) => order <= 0, true);
    case '$regex': {
      const options = all.get('$options');
      const source = argument instanceof Regex ? argument.pattern : argument;
      if (typeof source !== 'string') throw badValue('$regex has to be a string');
      const flags = typeof options === 'string' ? options : argument instanceof Regex ? argument.flags : '';
      const pattern = compileRegex(source, flags);
      return { test: (value) => typeof value === 'string' && pattern.test(value) };
    }
    case '$mod': {
      const [divisor, remainder] = Array.isArray(argument) ? argument.map((item) => (isNumber(item) ? toDouble(item) : 0)) : [];
      if (!divisor) throw badValue('divisor cannot be 0');
      return {
        test: (value) => isNumber(value) && Math.trunc(toDouble(value)) % Math.trunc(divisor) === Math.trunc(remainder ?? 0),
      };
    }
    case '$size': {
      const size = wholeNumber(argument);
      if (size === null) throw failedToParse('Failed to parse $size. Expected a number');
      return { test: (value) => Array.isArray(value) && value.length === size, whole: true };
    }
    case '$type':
      return typePredicate(argument);
    case '$elemMatch':
      return elementPredicate(argument, env);
    case '$bitsAllSet':
    case '$bitsAnySet':
    case '$bitsAllClear':
    case '$bitsAnyClear':
      return bitsPredicate(name, argument);
    default:
      throw badValue(`unknown operator: ${name}`);
  }
}

function equals(argument: Value): Predicate {
  if (argument instanceof Regex) {
    const pattern = compileRegex(argument.pattern, argument.flags);
    return {
      test: (value) =>
        typeof value === 'string' ? pattern.test(value) : value instanceof Regex && compare(value, argument) === 0,
    };
  }
  if (argument === null) return { test: (value) => value === null || value === undefined || bracket(value) === 5 };
  return { test: (value) => value !== undefined && compare(value, argument) === 0 };
}

function isIn(argument: Value, name: string): Predicate {
  if (!Array.isArray(argument)) throw badValue(`${name} needs an array`);
  const keys = new Set(argument.filter((item) => !(item instanceof Regex)).map(keyOf));
  const patterns = argument.filter((item) => item instanceof Regex).map(equals);
  const orNull = argument.includes(null);
  return {
    test: (value) => (value === undefined ? orNull : keys.has(keyOf(value))) || patterns.some((pattern) => pattern.test(value)),
  };
}

function ordered(argument: Value, accept: (order: number) => boolean, withEqual: boolean): Predicate {
  const wanted = bracket(argument);
  const isNaNValue = isNumber(argument) && Number.isNaN(toDouble(argument));
  return {
    test: (value) => {
      if (value === undefined) return argument === null && withEqual;
      if (bracket(value) !== wanted) return false;
      if (isNumber(value) && (isNaNValue || Number.isNaN(toDouble(value)))) return withEqual && compare(value, argument) === 0;
      return accept(compare(value, argument));
    },
  };
}

function typePredicate(argument: Value): Predicate {
  const names = (Array.isArray(argument) ? argument : [argument]).map((item) => {
    const name = typeAlias(item);
    if (name === null) throw badValue(`Unknown type name alias: ${String(item)}`);
    return name;
  });
  const fits = (value: Maybe): boolean =>
    value !== undefined && (names.includes(typeName(value)) || (names.includes('number') && isNumber(value)));
  return { test: fits };
}

function elementPredicate(argument: Value, env: Env): Predicate {
  if (!isDoc(argument)) throw badValue('$elemMatch needs an Object');
  const first = argument.keys().next().value ?? '';
  const logical = ['$and', '$or', '$nor', '$expr', '$where'].includes(first);
  if (first.startsWith('$') && !logical) {
    // Conditions on the element itself: put it under a name and test that.
    const test = compileField(['element'], argument, env);
    return { test: (value) => Array.isArray(value) && value.some((item) => test(new Map([['element', item]]))), whole: true };
  }
  const test = compileMatch(argument, env);
  return { test: (value) => Array.isArray(value) && value.some((item) => isDoc(item) && test(item)), whole: true };
}

function bitsPredicate(name: string, argument: Value): Predicate {
  const positions = Array.isArray(argument) ? argument.map((item) => wholeNumber(item) ?? 0) : null;
  const mask = positions
    ? positions.reduce((sum, position) => sum | (1n << BigInt(position)), 0n)
    : BigInt(wholeNumber(argument) ?? 0);
  return {
    test: (value) => {
      const whole = wholeNumber(value);
      if (whole === null) return false;
      const bits = BigInt.asUintN(64, typeof value === 'bigint' ? value : BigInt(whole)) & mask;
      if (name === '$bitsAllSet') return bits === mask;
      if (name === '$bitsAnySet') return bits !== 0n;
      return name === '$bitsAllClear' ? bits === 0n : bits !== mask;
    },
  };
}

/** Whether some value at the path meets the predicate; arrays on the way are looked into, and at the end unless it wants them whole. */
function reaches(value: Maybe, path: readonly string[], at: number, predicate: Predicate): boolean {
  const part = path[at];
  if (part === undefined) {
    if (predicate.test(value)) return true;
    return Array.isArray(value) && !predicate.whole && value.some((item) => predicate.test(item));
  }
  if (value instanceof Map) {
    const next = value.get(part);
    return next === undefined ? predicate.test(undefined) : reaches(next, path, at + 1, predicate);
  }
  if (Array.isArray(value)) {
    const index = /^\d+$/.test(part) ? value[Number(part)] : undefined;
    if (index !== undefined && reaches(index, path, at + 1, predicate)) return true;
    return value.some((item) => isDoc(item) && reaches(item, path, at, predicate));
  }
  return predicate.test(undefined);
}
