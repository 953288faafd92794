/** Aggregation expressions, compiled to functions of a document and its variables. */
import { compare } from './compare';
import { ARRAY_OPERATORS } from './expression-arrays';
import { DATE_OPERATORS } from './expression-dates';
import { NUMBER_OPERATORS } from './expression-numbers';
import { TEXT_OPERATORS } from './expression-text';
import { CONVERSION_OPERATORS } from './expression-types';
import { evaluateByMingo, mingoKnows } from './mingo-fallback';
import { pathValue } from './paths';
import {
  type Doc,
  failedToParse,
  int,
  isDoc,
  isNumber,
  located,
  type Maybe,
  ServerError,
  Special,
  Stamp,
  toDouble,
  type Value,
} from './values';

/** Variables of $let and the like, innermost first. */
export interface Vars {
  name: string;
  value: Maybe;
  outer: Vars | null;
}
export interface Env {
  root: Maybe;
  vars: Vars | null;
}
export type Expression = (env: Env) => Maybe;

/** Operators whose arguments are evaluated first. `named` takes an object of arguments. */
export type Operator = Positional | Named;
interface Positional {
  args: [number, number];
  named?: undefined;
  run: (...values: Maybe[]) => Maybe;
}
interface Named {
  args?: undefined;
  named: string[];
  required?: string[];
  run: (values: Record<string, Maybe>) => Maybe;
}

const OPERATORS: Record<string, Operator> = {
  ...NUMBER_OPERATORS,
  ...TEXT_OPERATORS,
  ...ARRAY_OPERATORS,
  ...DATE_OPERATORS,
  ...CONVERSION_OPERATORS,
  ...comparisons(),
  $not: { args: [1, 1], run: (value) => !truthy(value) },
};

/** false, null, missing, undefined and zero are false; everything else is true. */
export function truthy(value: Maybe): boolean {
  if (value === undefined || value === null || value === false || (value instanceof Special && value.type === 6)) return false;
  return !isNumber(value) || toDouble(value) !== 0;
}

function comparisons(): Record<string, Operator> {
  const by = (accept: (order: number) => boolean): Operator => ({ args: [2, 2], run: (a, b) => accept(compare(a, b)) });
  return {
    $eq: by((order) => order === 0),
    $ne: by((order) => order !== 0),
    $gt: by((order) => order > 0),
    $gte: by((order) => order >= 0),
    $lt: by((order) => order < 0),
    $lte: by((order) => order <= 0),
    $cmp: { args: [2, 2], run: (a, b) => int(Math.sign(compare(a, b))) },
  };
}

const SYSTEM = new Set(['ROOT', 'CURRENT', 'NOW', 'REMOVE', 'CLUSTER_TIME', 'DESCEND', 'PRUNE', 'KEEP', 'USER_ROLES']);

/** @param env names the variables that are known where the expression stands; values come when it runs */
export function compileExpression(spec: Value, env: Pick<Env, 'vars'>): Expression {
  if (typeof spec === 'string' && spec.startsWith('$$')) return compileVariable(spec.slice(2), env.vars);
  if (typeof spec === 'string' && spec.startsWith('$')) {
    const path = fieldPath(spec.slice(1));
    return (scope) => pathValue(currentOf(scope), path);
  }
  if (Array.isArray(spec)) {
    const items = spec.map((item) => compileExpression(item, env));
    return (scope) => items.map((item) => item(scope) ?? null);
  }
  if (!isDoc(spec)) return () => spec;
  const [first] = spec;
  if (!first?.[0].startsWith('$')) return compileObject(spec, env);
  if (spec.size > 1)
    throw located(
      15983,
      `an expression specification must contain exactly one field, the name of the expression. Found ${spec.size} fields`,
    );
  return compileOperator(first[0], first[1], env);
}

/** `$$CURRENT` is the document unless a variable has its name. */
function currentOf(env: Env): Maybe {
  for (let one = env.vars; one; one = one.outer) if (one.name === 'CURRENT') return one.value;
  return env.root;
}

export function fieldPath(text: string): string[] {
  if (text === '') throw located(16872, "'$' by itself is not a valid FieldPath");
  const parts = text.split('.');
  if (parts.includes('')) throw located(15998, 'FieldPath field names may not be empty strings.');
  const bad = parts.find((part) => part.startsWith('$'));
  if (bad !== undefined)
    throw located(16410, `FieldPath field names may not start with '$'. Consider using $getField or $setField.`);
  return parts;
}

function compileVariable(text: string, vars: Vars | null): Expression {
  const [name = '', ...path] = text.split('.');
  if (!SYSTEM.has(name) && !knows(vars, name)) throw located(17276, `Use of undefined variable: ${name}`);
  return (scope) => {
    for (let one = scope.vars; one; one = one.outer) if (one.name === name) return pathValue(one.value, path);
    if (name === 'ROOT' || name === 'CURRENT') return pathValue(scope.root, path);
    if (name === 'NOW') return new Date();
    if (name === 'CLUSTER_TIME') return new Stamp(BigInt(Math.floor(Date.now() / 1000)) << 32n);
    return name === 'REMOVE' ? undefined : name.toLowerCase();
  };
}

function knows(vars: Vars | null, name: string): boolean {
  for (let one = vars; one; one = one.outer) if (one.name === name) return true;
  return false;
}

function compileObject(spec: Doc, env: Pick<Env, 'vars'>): Expression {
  const fields = [...spec].map(([key, value]): [string, Expression] => {
    if (key.includes('.'))
      throw located(16412, `FieldPath field names may not contain '.'. Consider using $getField or $setField.`);
    return [key, compileExpression(value, env)];
  });
  return (scope) => {
    const out: Doc = new Map();
    for (const [key, expression] of fields) {
      const value = expression(scope);
      if (value !== undefined) out.set(key, value);
    }
    return out;
  };
}

function compileOperator(name: string, spec: Value, env: Pick<Env, 'vars'>): Expression {
  const form = FORMS[name];
  if (form) return form(spec, env);
  const operator = OPERATORS[name];
  if (!operator) return compileForeign(name, spec, env);
  if (operator.named) return compileNamed(name, operator, spec, env);
  const args = (Array.isArray(spec) ? spec : [spec]).map((item) => compileExpression(item, env));
  const [least, most] = operator.args;
  if (args.length < least || args.length > most)
    throw located(
      16020,
      `Expression ${name} takes ${least === most ? `exactly ${least}` : `at least ${least}`} arguments. ${args.length} were passed in.`,
    );
  const { run } = operator;
  const [one, two] = args;
  if (args.length === 1 && one) return (scope) => run(one(scope));
  if (args.length === 2 && one && two) return (scope) => run(one(scope), two(scope));
  return (scope) => run(...args.map((arg) => arg(scope)));
}

function compileNamed(name: string, operator: Named, spec: Value, env: Pick<Env, 'vars'>): Expression {
  // $year and its kin also take the date alone.
  const given =
    isDoc(spec) && !(spec.keys().next().value ?? '').startsWith('$')
      ? spec
      : operator.required
        ? null
        : new Map([[operator.named[0] ?? '', Array.isArray(spec) && spec.length === 1 ? (spec[0] ?? null) : spec]]);
  if (!given) throw failedToParse(`${name} only supports an object as its argument`);
  const unknown = [...given.keys()].find((key) => !operator.named.includes(key));
  if (unknown) throw failedToParse(`Unrecognized argument to ${name}: ${unknown}`);
  const missing = operator.required?.find((key) => !given.has(key));
  if (missing) throw failedToParse(`Missing '${missing}' parameter to ${name}`);
  const fields = [...given].map(([key, value]): [string, Expression] => [key, compileExpression(value, env)]);
  return (scope) => operator.run(Object.fromEntries(fields.map(([key, expression]) => [key, expression(scope)])));
}

/** Operators that only mingo knows: their arguments are evaluated here, so that it sees plain values. */
function compileForeign(name: string, spec: Value, env: Pick<Env, 'vars'>): Expression {
  if (!mingoKnows(name)) throw new ServerError(168, 'InvalidPipelineOperator', `Unrecognized expression '${name}'`);
  const args = compileExpression(isDoc(spec) || Array.isArray(spec) ? spec : [spec], env);
  return (scope) => evaluateByMingo(name, args(scope) ?? null);
}

type Form = (spec: Value, env: Pick<Env, 'vars'>) => Expression;

const bind = (scope: Env, name: string, value: Maybe): Env => ({ root: scope.root, vars: { name, value, outer: scope.vars } });
const declare = (env: Pick<Env, 'vars'>, ...names: string[]): Pick<Env, 'vars'> => ({
  vars: names.reduce<Vars | null>((outer, name) => ({ name, value: undefined, outer }), env.vars),
});

function fieldsOf(name: string, spec: Value, allowed: string[], required: string[]): Doc {
  if (!isDoc(spec)) throw failedToParse(`${name} only supports an object as its argument`);
  const unknown = [...spec.keys()].find((key) => !allowed.includes(key));
  if (unknown) throw failedToParse(`Unrecognized parameter to ${name}: ${unknown}`);
  const missing = required.find((key) => !spec.has(key));
  if (missing) throw failedToParse(`Missing '${missing}' parameter to ${name}`);
  return spec;
}

function listOf(value: Maybe, name: string): Value[] | null {
  if (value === null || value === undefined) return null;
  if (!Array.isArray(value)) throw located(28650, `input to ${name} must be an array`);
  return value;
}

/** A loop over a long array watches the clock of nobody, so it is bounded. */
const FORMS: Record<string, Form> = {
  $literal: (spec) => () => spec,
  $const: (spec) => () => spec,
  $rand: () => () => Math.random(),
  $and: (spec, env) => {
    const items = (Array.isArray(spec) ? spec : [spec]).map((item) => compileExpression(item, env));
    return (scope) => items.every((item) => truthy(item(scope)));
  },
  $or: (spec, env) => {
    const items = (Array.isArray(spec) ? spec : [spec]).map((item) => compileExpression(item, env));
    return (scope) => items.some((item) => truthy(item(scope)));
  },
  $cond: (spec, env) => {
    const parts = Array.isArray(spec) ? spec : isDoc(spec) ? [spec.get('if'), spec.get('then'), spec.get('else')] : [];
    const [test, yes, no] = parts.filter((part) => part !== undefined).map((part) => compileExpression(part, env));
    if (!test || !yes || !no) throw located(17080, "Missing 'else' parameter to $cond");
    return (scope) => (truthy(test(scope)) ? yes(scope) : no(scope));
  },
  $ifNull: (spec, env) => {
    const items = Array.isArray(spec) ? spec.map((item) => compileExpression(item, env)) : [];
    if (items.length < 2) throw located(1257300, '$ifNull needs at least two arguments');
    return (scope) => {
      let value: Maybe;
      for (const item of items) {
        value = item(scope);
        if (value !== null && value !== undefined) return value;
      }
      return value;
    };
  },
  $switch: (spec, env) => {
    const given = fieldsOf('$switch', spec, ['branches', 'default'], ['branches']);
    const branches = listOf(given.get('branches'), '$switch')
      ?.filter(isDoc)
      .map((branch) => ({
        test: compileExpression(branch.get('case') ?? null, env),
        value: compileExpression(branch.get('then') ?? null, env),
      }));
    const otherwise = given.has('default') ? compileExpression(given.get('default') ?? null, env) : null;
    return (scope) => {
      const branch = branches?.find((one) => truthy(one.test(scope)));
      if (branch) return branch.value(scope);
      if (otherwise) return otherwise(scope);
      throw located(40066, '$switch could not find a matching branch for an input, and no default was specified.');
    };
  },
  $let: (spec, env) => {
    const given = fieldsOf('$let', spec, ['vars', 'in'], ['vars', 'in']);
    const vars = given.get('vars');
    if (!isDoc(vars)) throw located(10065, 'invalid parameter: expected an object (vars)');
    const values = [...vars].map(([name, value]): [string, Expression] => [name, compileExpression(value, env)]);
    const inner = compileExpression(given.get('in') ?? null, declare(env, ...vars.keys()));
    return (scope) => inner(values.reduce((all, [name, value]) => bind(all, name, value(scope)), scope));
  },
  $map: (spec, env) => {
    const given = fieldsOf('$map', spec, ['input', 'as', 'in'], ['input', 'in']);
    const name = String(given.get('as') ?? 'this');
    const input = compileExpression(given.get('input') ?? null, env);
    const inner = compileExpression(given.get('in') ?? null, declare(env, name));
    return (scope) => listOf(input(scope), '$map')?.map((item) => inner(bind(scope, name, item)) ?? null) ?? null;
  },
  $filter: (spec, env) => {
    const given = fieldsOf('$filter', spec, ['input', 'as', 'cond', 'limit'], ['input', 'cond']);
    const name = String(given.get('as') ?? 'this');
    const input = compileExpression(given.get('input') ?? null, env);
    const test = compileExpression(given.get('cond') ?? null, declare(env, name));
    const limit = given.has('limit') ? compileExpression(given.get('limit') ?? null, env) : null;
    return (scope) => {
      const kept = listOf(input(scope), '$filter')?.filter((item) => truthy(test(bind(scope, name, item)))) ?? null;
      const most = limit?.(scope);
      return isNumber(most) ? (kept?.slice(0, toDouble(most)) ?? null) : kept;
    };
  },
  $reduce: (spec, env) => {
    const given = fieldsOf('$reduce', spec, ['input', 'initialValue', 'in'], ['input', 'initialValue', 'in']);
    const input = compileExpression(given.get('input') ?? null, env);
    const initial = compileExpression(given.get('initialValue') ?? null, env);
    const inner = compileExpression(given.get('in') ?? null, declare(env, 'value', 'this'));
    return (scope) => {
      const list = listOf(input(scope), '$reduce');
      return list
        ? list.reduce<Maybe>((value, item) => inner(bind(bind(scope, 'value', value), 'this', item)), initial(scope))
        : null;
    };
  },
  $getField: (spec, env) => {
    const plain = !isDoc(spec) || (spec.keys().next().value ?? '').startsWith('$');
    const field = compileExpression(plain ? spec : (spec.get('field') ?? null), env);
    const input = plain || !spec.has('input') ? (scope: Env) => scope.root : compileExpression(spec.get('input') ?? null, env);
    return (scope) => {
      const document = input(scope);
      if (document === null) return null;
      return isDoc(document) ? document.get(String(field(scope))) : undefined;
    };
  },
  $setField: (spec, env) => {
    const given = fieldsOf('$setField', spec, ['field', 'input', 'value'], ['field', 'input', 'value']);
    const field = compileExpression(given.get('field') ?? null, env);
    const input = compileExpression(given.get('input') ?? null, env);
    const value = compileExpression(given.get('value') ?? null, env);
    return (scope) => {
      const document = input(scope);
      if (!isDoc(document)) return null;
      const copy: Doc = new Map(document);
      const next = value(scope);
      if (next === undefined) copy.delete(String(field(scope)));
      else copy.set(String(field(scope)), next);
      return copy;
    };
  },
};
