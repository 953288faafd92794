/** Projections of find and $project: what is kept, left out or computed; and $addFields, which is the same on top of the document. */
import { compileExpression, type Env, type Expression, fieldPath } from './expressions';
import { compileMatch } from './match';
import { withoutPath, withPath } from './paths';
import { badValue, type Doc, isDoc, isNumber, located, type Maybe, toDouble, type Value, wholeNumber } from './values';

export type Project = (document: Doc) => Doc;
type Tree = Map<string, true | Tree | Expression>;

const isFlag = (value: Value): value is boolean => typeof value === 'boolean' || isNumber(value);
const isOn = (value: Value): boolean => (isNumber(value) ? toDouble(value) !== 0 : value === true);

/** `{a: {b: 1}}` is `{'a.b': 1}`; operators and literals stay. */
function flatten(spec: Doc, prefix = ''): [string, Value][] {
  return [...spec].flatMap(([key, value]): [string, Value][] => {
    const nested = isDoc(value) && value.size > 0 && !(value.keys().next().value ?? '').startsWith('$');
    return nested ? flatten(value, `${prefix}${key}.`) : [[`${prefix}${key}`, value]];
  });
}

/** @param forFind allows $slice and $elemMatch as find does */
export function compileProjection(spec: Doc, env: Pick<Env, 'vars'>, forFind = false): Project {
  if (spec.size === 0 && !forFind)
    throw located(51272, 'Invalid $project :: caused by :: projection specification must have at least one field');
  const fields = flatten(spec);
  const others = fields.filter(([path]) => path !== '_id');
  const special = others.filter(([, value]) => forFind && isFindOperator(value));
  const plain = others.filter((field) => !special.includes(field));
  const idSpec = fields.find(([path]) => path === '_id')?.[1];
  const included = plain.filter(([, value]) => !isFlag(value) || isOn(value));
  if (included.length > 0 && included.length < plain.length) {
    const [bad = ''] = plain.find(([, value]) => isFlag(value) && !isOn(value)) ?? [];
    throw located(31254, `Cannot do exclusion on field ${bad} in inclusion projection`);
  }
  const findOperators = special.map(([path, value]) => compileFindOperator(path, value, env));
  const elementMatch = special.some(([, value]) => isDoc(value) && value.has('$elemMatch'));
  const keepId = idSpec === undefined || !isFlag(idSpec) || isOn(idSpec);
  const inclusion = included.length > 0 || elementMatch || (plain.length === 0 && idSpec !== undefined && keepId);
  if (!inclusion) {
    const drop = plain.map(([path]) => path.split('.'));
    if (!keepId) drop.push(['_id']);
    return (document) =>
      finish(drop.reduce<Value>((value, path) => withoutPath(value, path), document) as Doc, document, findOperators);
  }
  const tree = buildTree(included, env);
  if (idSpec !== undefined && !isFlag(idSpec)) tree.set('_id', compileExpression(idSpec, env));
  else if (keepId) tree.set('_id', true);
  for (const [path, value] of special) if (isDoc(value) && value.has('$elemMatch')) tree.set(path, true);
  return (document) => finish(include(document, tree, { root: document, vars: env.vars }), document, findOperators);
}

type FindOperator = (out: Doc, document: Doc) => Doc;
const finish = (out: Doc, document: Doc, operators: FindOperator[]): Doc =>
  operators.reduce((all, operator) => operator(all, document), out);
const isFindOperator = (value: Value): boolean => isDoc(value) && (value.has('$slice') || value.has('$elemMatch'));

function compileFindOperator(path: string, spec: Value, env: Pick<Env, 'vars'>): FindOperator {
  const parts = path.split('.');
  const slice = isDoc(spec) ? spec.get('$slice') : undefined;
  if (slice !== undefined) {
    const [first, count] = (Array.isArray(slice) ? slice : [slice]).map((value) => wholeNumber(value) ?? 0);
    const from = first ?? 0;
    const cut = (items: Value[]): Value[] => {
      if (count === undefined) return from < 0 ? items.slice(from) : items.slice(0, from);
      const start = from < 0 ? Math.max(0, items.length + from) : from;
      return items.slice(start, start + count);
    };
    return (out) => withPath(out, parts, (old) => (Array.isArray(old) ? cut(old) : old)) as Doc;
  }
  const condition = isDoc(spec) ? spec.get('$elemMatch') : undefined;
  if (!isDoc(condition)) throw badValue('elemMatch: Invalid argument, object required');
  const test = compileMatch(new Map([['it', new Map([['$elemMatch', condition]])]]), { root: null, vars: env.vars });
  return (out, document) => {
    const items = document.get(path);
    const found = Array.isArray(items) ? items.find((item) => test(new Map([['it', [item]]]))) : undefined;
    const copy: Doc = new Map(out);
    if (found === undefined) copy.delete(path);
    else copy.set(path, [found]);
    return copy;
  };
}

function buildTree(fields: [string, Value][], env: Pick<Env, 'vars'>): Tree {
  const tree: Tree = new Map();
  for (const [path, value] of fields) {
    const parts = fieldPath(path);
    const leaf = parts.pop() ?? '';
    let node = tree;
    for (const part of parts) {
      const next = node.get(part);
      if (next !== undefined && !(next instanceof Map))
        throw located(31249, `Path collision at ${path} remaining portion ${leaf}`);
      const child: Tree = next ?? new Map();
      node.set(part, child);
      node = child;
    }
    if (node.has(leaf)) throw located(31250, `Path collision at ${path}`);
    node.set(leaf, isFlag(value) ? true : compileExpression(value, env));
  }
  return tree;
}

/** Kept fields in the document's order, computed ones after them in the specification's. */
function include(document: Doc, tree: Tree, env: Env): Doc {
  const out: Doc = new Map();
  if (tree.get('_id') === true && document.has('_id')) out.set('_id', document.get('_id') ?? null);
  else if (typeof tree.get('_id') === 'function') setComputed(out, '_id', tree.get('_id') as Expression, env);
  for (const [key, value] of document) {
    const node = tree.get(key);
    if (node === true) out.set(key, value);
    else if (node instanceof Map) {
      const kept = includeIn(value, node, env);
      if (kept !== undefined) out.set(key, kept);
    }
  }
  for (const [key, node] of tree) {
    if (key === '_id') continue;
    if (typeof node === 'function') setComputed(out, key, node, env);
    else if (node instanceof Map && !out.has(key) && computes(node)) out.set(key, include(new Map(), node, env));
  }
  return out;
}

function setComputed(out: Doc, key: string, expression: Expression, env: Env): void {
  const value = expression(env);
  if (value !== undefined) out.set(key, value);
}

const computes = (tree: Tree): boolean =>
  [...tree.values()].some((node) => typeof node === 'function' || (node instanceof Map && computes(node)));

function includeIn(value: Value, tree: Tree, env: Env): Maybe {
  if (isDoc(value)) return include(value, tree, env);
  if (Array.isArray(value)) return value.map((item) => includeIn(item, tree, env)).filter((item) => item !== undefined);
  return computes(tree) ? include(new Map(), tree, env) : undefined;
}

export function compileAddFields(spec: Doc, env: Pick<Env, 'vars'>): Project {
  const fields = flatten(spec).map(([path, value]): [string[], Expression] => [fieldPath(path), compileExpression(value, env)]);
  return (document) => {
    const scope: Env = { root: document, vars: env.vars };
    let out: Doc = new Map(document);
    for (const [path, expression] of fields) {
      const value = expression(scope);
      const [only] = path;
      if (path.length > 1 || only === undefined) out = withPath(out, path, () => value) as Doc;
      else if (value === undefined) out.delete(only);
      else out.set(only, value);
    }
    return out;
  };
}
