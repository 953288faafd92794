/** Stages that reach other collections: $lookup, $unionWith, $graphLookup, $out, $merge, and the statistics of one. */
import { keyOf } from './compare';
import { compileExpression, type Expression, type Vars } from './expressions';
import { compileMatch } from './match';
import { PAUSE } from './operation';
import { pathValue, valuesAt, withPath } from './paths';
import {
  type CompiledPipeline,
  compilePipeline,
  drain,
  type Flow,
  itemOf,
  type PipelineContext,
  read,
  type Stage,
  tick,
} from './pipeline';
import type { CompileStage } from './stages';
import type { Item } from './store';
import {
  badValue,
  type Doc,
  doc,
  failedToParse,
  int,
  isDoc,
  isNumber,
  type Maybe,
  ServerError,
  toDouble,
  type Value,
} from './values';

export function compileJoinStages(): Record<string, CompileStage> {
  return {
    $lookup: lookup,
    $unionWith: unionWith,
    $graphLookup: graphLookup,
    $out: out,
    $merge: merge,
    $collStats: statistics,
    $indexStats: statistics,
  };
}

function known(spec: Value, name: string, allowed: string[]): Doc {
  if (!isDoc(spec)) throw failedToParse(`the ${name} specification must be an object`);
  const unknown = [...spec.keys()].find((key) => !allowed.includes(key));
  if (unknown) throw failedToParse(`unknown argument to ${name}: ${unknown}`);
  return spec;
}

/** An inner pipeline with variables of its own, run once for each outer document. */
function inner(
  stages: Value[],
  names: string[],
  context: PipelineContext,
): { pipeline: CompiledPipeline; env: { vars: Vars | null } } {
  const env = { vars: names.reduce<Vars | null>((outer, name) => ({ name, value: undefined, outer }), context.env.vars) };
  return { pipeline: compilePipeline(stages, { ...context, env, depth: context.depth + 1 }), env };
}

/** Documents of an inner pipeline that are kept for the next outer ones; more are read again, as mongod does above its limit. */
const MAX_KEPT = 10_000;

const lookup: CompileStage = (spec, context) => {
  const given = known(spec, '$lookup', ['from', 'as', 'localField', 'foreignField', 'let', 'pipeline']);
  const from = given.get('from');
  const as = given.get('as');
  if (typeof as !== 'string') throw failedToParse("must specify 'as' field for a $lookup");
  if (from !== undefined && typeof from !== 'string')
    throw failedToParse('$lookup from another database is not available on this test server');
  const local = given.get('localField');
  const foreign = given.get('foreignField');
  const stages = given.get('pipeline');
  if (typeof local !== 'string' && !Array.isArray(stages))
    throw failedToParse("$lookup requires both or neither of 'localField' and 'foreignField' to be specified");
  const vars = given.get('let');
  const values = isDoc(vars)
    ? [...vars].map(([name, value]): [string, Expression] => [name, compileExpression(value, context.env)])
    : [];
  const sub = Array.isArray(stages)
    ? inner(
        stages,
        values.map(([name]) => name),
        context,
      )
    : null;
  return function* (input) {
    // A pipeline that needs nothing of the outer document is run once.
    let same: Value[] | null = null;
    for (const item of input) {
      if (item === PAUSE) {
        yield PAUSE;
        continue;
      }
      if (same) {
        yield itemOf(withPath(item.value, as.split('.'), () => same) as Doc);
        if (tick(context)) yield PAUSE;
        continue;
      }
      const joined =
        typeof local === 'string' && typeof foreign === 'string'
          ? equals(item.value, local, String(from), foreign, context)
          : null;
      let flow: Flow = joined ?? [];
      if (sub) {
        const scope = { root: item.value, vars: context.env.vars };
        sub.env.vars = values.reduce<Vars | null>(
          (outer, [name, value]) => ({ name, value: value(scope), outer }),
          context.env.vars,
        );
        flow = joined ? sub.pipeline.over(joined) : sub.pipeline.run(from === undefined ? null : String(from));
      }
      const list: Value[] = [];
      yield* drain(flow, (one) => list.push(one.value));
      if (!joined && values.length === 0 && list.length < MAX_KEPT) same = list;
      if (tick(context)) yield PAUSE;
      yield itemOf(withPath(item.value, as.split('.'), () => list) as Doc);
    }
  };
};

/** Documents of another collection whose field equals the local one: null matches missing, arrays match by any element. */
function equals(value: Doc, local: string, from: string, foreign: string, context: PipelineContext): Item[] {
  const found = valuesAt(value, local.split('.'));
  const collection = context.store.find(context.database, from);
  if (!collection) return [];
  if (collection.isView) {
    const test = compileMatch(doc({ [foreign]: doc({ $in: found.length > 0 ? found : [null] }) }), { root: null, vars: null });
    return [...read(from, context)].filter((item): item is Item => item !== PAUSE && test(item.value));
  }
  const map = collection.lookup(foreign);
  const items = new Set((found.length > 0 ? found.map(keyOf) : ['z']).flatMap((key) => map.get(key) ?? []));
  context.running.operation.docsExamined += items.size;
  return [...items];
}

const unionWith: CompileStage = (spec, context) => {
  const given = typeof spec === 'string' ? doc({ coll: spec }) : known(spec, '$unionWith', ['coll', 'pipeline']);
  const name = given.get('coll');
  const stages = given.get('pipeline');
  const pipeline = compilePipeline(Array.isArray(stages) ? stages : [], { ...context, depth: context.depth + 1 });
  return function* (input) {
    yield* input;
    yield* pipeline.run(typeof name === 'string' ? name : null);
  };
};

const graphLookup: CompileStage = (spec, context) => {
  const names = [
    'from',
    'startWith',
    'connectFromField',
    'connectToField',
    'as',
    'maxDepth',
    'depthField',
    'restrictSearchWithMatch',
  ];
  const given = known(spec, '$graphLookup', names);
  const text = (name: string): string => {
    const value = given.get(name);
    if (typeof value !== 'string') throw failedToParse(`expected string as argument for ${name}`);
    return value;
  };
  const [from, follow, to, as] = [
    text('from'),
    text('connectFromField').split('.'),
    text('connectToField'),
    text('as').split('.'),
  ];
  const start = compileExpression(given.get('startWith') ?? null, context.env);
  const depthField = given.get('depthField');
  const limit = given.get('maxDepth');
  const most = isNumber(limit) ? toDouble(limit) : Number.POSITIVE_INFINITY;
  const restriction = given.get('restrictSearchWithMatch');
  const test = isDoc(restriction) ? compileMatch(restriction, { root: null, vars: null }) : () => true;
  return function* (input) {
    for (const item of input) {
      if (item === PAUSE) {
        yield PAUSE;
        continue;
      }
      const found = new Map<Item, number>();
      let wave = listed(start({ root: item.value, vars: context.env.vars }));
      for (let depth = 0; depth <= most && wave.length > 0; depth++) {
        const next: Value[] = [];
        const map = context.store.find(context.database, from)?.lookup(to);
        for (const value of wave) {
          for (const other of map?.get(keyOf(value)) ?? []) {
            if (tick(context)) yield PAUSE;
            if (found.has(other) || !test(other.value)) continue;
            found.set(other, depth);
            next.push(...listed(pathValue(other.value, follow)));
          }
        }
        wave = next;
      }
      context.running.operation.docsExamined += found.size;
      const list = [...found].map(([one, depth]) =>
        typeof depthField === 'string' ? (withPath(one.value, depthField.split('.'), () => BigInt(depth)) as Doc) : one.value,
      );
      yield itemOf(withPath(item.value, as, () => list) as Doc);
    }
  };
};

const listed = (value: Maybe): Value[] => (value === undefined ? [] : Array.isArray(value) ? value : [value]);

/** Replaces a collection by the result. */
const out: CompileStage = (spec, context) => {
  const name = isDoc(spec) ? spec.get('coll') : spec;
  if (typeof name !== 'string') throw located16990();
  return function* (input) {
    const items: Item[] = [];
    yield* drain(input, (item) => items.push(item));
    context.store.drop(context.database, name);
    const collection = context.store.ensure(context.database, name);
    for (const item of items) collection.insert(item.raw);
  };
};

const located16990 = (): ServerError => new ServerError(16990, 'Location16990', '$out only supports a string or object argument');

/** Inserts, or replaces by _id (`whenMatched`: replace, merge, keepExisting, fail). */
const merge: CompileStage = (spec, context) => {
  const into = isDoc(spec) ? spec.get('into') : spec;
  const name = isDoc(into ?? null) ? (into as Doc).get('coll') : into;
  if (typeof name !== 'string') throw badValue('$merge needs a collection to merge into');
  const matched = isDoc(spec) ? (spec.get('whenMatched') ?? 'merge') : 'merge';
  return function* (input) {
    const items: Item[] = [];
    yield* drain(input, (item) => items.push(item));
    const collection = context.store.ensure(context.database, name);
    for (const item of items) {
      const old = collection.byId(item.value.get('_id') ?? null);
      if (!old) collection.insert(item.raw);
      else if (matched === 'replace') collection.replace(old, item.value);
      else if (matched === 'merge') collection.replace(old, new Map([...old.value, ...item.value]));
      else if (matched === 'fail') throw new ServerError(11000, 'DuplicateKey', 'E11000 duplicate key error');
    }
  };
};

/** $collStats and $indexStats learn the collection from the command, which puts it into the specification. */
const statistics: CompileStage = (spec, context): Stage =>
  function* () {
    const collection = context.store.find(context.database, String(isDoc(spec) ? (spec.get('collection') ?? '') : ''));
    if (!collection) throw new ServerError(26, 'NamespaceNotFound', 'Collection not found');
    if (isDoc(spec) && spec.has('index')) {
      for (const index of collection.indexes)
        yield itemOf(doc({ name: index.name, key: index.key, accesses: doc({ ops: 0n, since: new Date(0) }) }));
      return;
    }
    const count = int(collection.items.length);
    const size = int(Math.min(collection.bytes, 2 ** 31 - 1));
    yield itemOf(
      doc({
        ns: `${context.database}.${collection.name}`,
        count,
        storageStats: doc({ size, count, storageSize: size, nindexes: int(collection.indexes.length), totalIndexSize: int(0) }),
      }),
    );
  };
