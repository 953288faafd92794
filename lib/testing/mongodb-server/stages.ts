/** The stages of aggregation. */
import { compileAccumulator } from './accumulators';
import { compare, keyOf } from './compare';
import { compileExpression, type Expression } from './expressions';
import { compileJoinStages } from './join-stages';
import { compileMatch } from './match';
import { mingoKnowsStage, runStageByMingo } from './mingo-fallback';
import { PAUSE } from './operation';
import { withoutPath, withPath } from './paths';
import { compilePipeline, drain, itemOf, type PipelineContext, type Stage, tick } from './pipeline';
import { compileAddFields, compileProjection, type Project } from './projection';
import { compileSort } from './sort';
import type { Item } from './store';
import { type Doc, doc, int, isDoc, located, type Maybe, ServerError, typeName, type Value, wholeNumber } from './values';

export type CompileStage = (spec: Value, context: PipelineContext) => Stage;

function asDoc(spec: Value, name: string): Doc {
  if (!isDoc(spec)) throw located(40272, `the ${name} stage specification must be an object`);
  return spec;
}

function atLeast(spec: Value, least: number, name: string): number {
  const whole = wholeNumber(spec);
  if (whole === null || whole < least)
    throw located(
      name === '$limit' ? 15958 : 15956,
      name === '$limit' ? 'the limit must be positive' : `invalid argument to ${name} stage: expected a non-negative number`,
    );
  return whole;
}

/** One document in, one out. */
function mapping(project: Project): Stage {
  return function* (input) {
    for (const item of input) yield item === PAUSE ? PAUSE : itemOf(project(item.value));
  };
}

const match: CompileStage = (spec, context) => {
  const test = compileMatch(asDoc(spec, '$match'), {
    root: null,
    get vars() {
      return context.env.vars;
    },
  });
  return function* (input) {
    for (const item of input) if (item === PAUSE || test(item.value)) yield item;
  };
};

const limit: CompileStage = (spec) => {
  const most = atLeast(spec, 1, '$limit');
  return function* (input) {
    let left = most;
    for (const item of input) {
      yield item;
      // Ends before the next one is read.
      if (item !== PAUSE && --left === 0) return;
    }
  };
};

const skip: CompileStage = (spec) => {
  const count = atLeast(spec, 0, '$skip');
  return function* (input) {
    let left = count;
    for (const item of input) {
      if (item === PAUSE || left === 0) yield item;
      else left -= 1;
    }
  };
};

const sort: CompileStage = (spec) => {
  const sorter = compileSort(asDoc(spec, '$sort'));
  return function* (input) {
    const items: Item[] = [];
    yield* drain(input, (item) => items.push(item));
    yield* sorter(items, (item) => item.value);
  };
};

const group: CompileStage = (spec, context) => {
  const given = asDoc(spec, '$group');
  const idSpec = given.get('_id');
  if (idSpec === undefined) throw located(15955, 'a group specification must include an _id');
  const id = compileExpression(idSpec, context.env);
  const fields = [...given].filter(([name]) => name !== '_id');
  const accumulators = fields.map(([name, value]) => {
    if (name.includes('.')) throw located(40235, `The field name '${name}' cannot contain '.'`);
    return { name, ...compileAccumulator(name, value, context.env) };
  });
  return function* (input) {
    const groups = new Map<string, { id: Maybe; states: ReturnType<(typeof accumulators)[number]['make']>[] }>();
    yield* drain(input, (item) => {
      const scope = { root: item.value, vars: context.env.vars };
      const value = id(scope) ?? null;
      const key = keyOf(value);
      let found = groups.get(key);
      if (!found) {
        found = { id: value, states: accumulators.map((one) => one.make()) };
        groups.set(key, found);
      }
      for (const [at, one] of accumulators.entries()) found.states[at]?.add(one.input(scope));
    });
    for (const one of groups.values()) {
      if (tick(context)) yield PAUSE;
      const out: Doc = new Map([['_id', one.id ?? null]]);
      for (const [at, accumulator] of accumulators.entries()) {
        const value = one.states[at]?.result();
        if (value !== undefined) out.set(accumulator.name, value);
      }
      yield itemOf(out);
    }
  };
};

const unwind: CompileStage = (spec, context) => {
  const path = isDoc(spec) ? spec.get('path') : spec;
  if (typeof path !== 'string' || !path.startsWith('$'))
    throw located(28818, "path option to $unwind stage should be prefixed with a '$'");
  const parts = path.slice(1).split('.');
  const keepEmpty = isDoc(spec) && spec.get('preserveNullAndEmptyArrays') === true;
  const indexName = isDoc(spec) ? spec.get('includeArrayIndex') : undefined;
  const indexed = (value: Doc, at: bigint | null): Doc =>
    typeof indexName === 'string' ? (withPath(value, indexName.split('.'), () => at) as Doc) : value;
  return function* (input) {
    for (const item of input) {
      if (item === PAUSE) {
        yield PAUSE;
        continue;
      }
      const value = parts.reduce<Maybe>((one, part) => (isDoc(one) ? one.get(part) : undefined), item.value);
      if (Array.isArray(value) && value.length > 0) {
        for (const [at, element] of value.entries()) {
          if (tick(context)) yield PAUSE;
          yield itemOf(indexed(withPath(item.value, parts, () => element) as Doc, BigInt(at)));
        }
      } else if (Array.isArray(value)) {
        if (keepEmpty) yield itemOf(indexed(withoutPath(item.value, parts) as Doc, null));
      } else if ((value !== undefined && value !== null) || keepEmpty)
        yield typeof indexName === 'string' ? itemOf(indexed(item.value, null)) : item;
    }
  };
};

const replaceRoot = (expression: Expression, context: PipelineContext): Stage =>
  mapping((value) => {
    const next = expression({ root: value, vars: context.env.vars });
    if (!isDoc(next))
      throw located(40228, `'newRoot' expression must evaluate to an object, but resulting value was of type: ${typeName(next)}`);
    return next;
  });

const sortByCount: CompileStage = (spec, context) => {
  const grouped = group(doc({ _id: spec, count: doc({ $sum: int(1) }) }), context);
  const sorted = sort(doc({ count: int(-1) }), context);
  return (input) => sorted(grouped(input));
};

const bucket: CompileStage = (spec, context) => {
  const given = asDoc(spec, '$bucket');
  const boundaries = given.get('boundaries');
  if (!Array.isArray(boundaries) || boundaries.length < 2)
    throw located(40192, "The $bucket 'boundaries' field must have at least 2 values");
  const by = compileExpression(given.get('groupBy') ?? null, context.env);
  const output = given.get('output') ?? doc({ count: doc({ $sum: int(1) }) });
  const fallback = given.get('default');
  const place = (value: Maybe): Value => {
    for (let at = 0; at + 1 < boundaries.length; at++) {
      const [low, high] = [boundaries[at], boundaries[at + 1]];
      if (compare(value, low) >= 0 && compare(value, high) < 0) return low ?? null;
    }
    if (fallback === undefined)
      throw located(40066, '$switch could not find a matching branch for an input, and no default was specified.');
    return fallback;
  };
  const tagged = mapping(
    (value) =>
      new Map<string, Value>([
        ['bucket', place(by({ root: value, vars: context.env.vars }))],
        ['document', value],
      ]),
  );
  const moved = doc({ _id: '$bucket' });
  if (isDoc(output)) for (const [name, value] of output) moved.set(name, underDocument(value));
  const grouped = group(moved, context);
  const sorted = sort(doc({ _id: int(1) }), context);
  return (input) => sorted(grouped(tagged(input)));
};

/** The same expression over `document`. */
function underDocument(spec: Value): Value {
  if (typeof spec === 'string' && spec.startsWith('$') && !spec.startsWith('$$')) return `$document.${spec.slice(1)}`;
  if (Array.isArray(spec)) return spec.map(underDocument);
  return isDoc(spec) ? new Map([...spec].map(([key, value]) => [key, underDocument(value)])) : spec;
}

const facet: CompileStage = (spec, context) => {
  const branches = [...asDoc(spec, '$facet')].map(([name, stages]) => {
    if (!Array.isArray(stages)) throw located(40170, `arguments to $facet must be arrays, ${name} is type ${typeName(stages)}`);
    return { name, pipeline: compilePipeline(stages, { ...context, depth: context.depth + 1 }) };
  });
  return function* (input) {
    const items: Item[] = [];
    yield* drain(input, (item) => items.push(item));
    const out: Doc = new Map();
    for (const branch of branches) {
      const list: Value[] = [];
      yield* drain(branch.pipeline.over(items), (item) => list.push(item.value));
      out.set(branch.name, list);
    }
    yield itemOf(out);
  };
};

const sample: CompileStage = (spec) => {
  const size = atLeast(asDoc(spec, '$sample').get('size') ?? null, 1, '$sample');
  return function* (input) {
    const items: Item[] = [];
    yield* drain(input, (item) => items.push(item));
    for (let left = Math.min(size, items.length); left > 0; left--) {
      const at = Math.floor(Math.random() * items.length);
      const picked = items[at];
      const last = items.pop();
      if (last && at < items.length) items[at] = last;
      if (picked) yield picked;
    }
  };
};

const count: CompileStage = (spec) => {
  if (typeof spec !== 'string' || spec === '' || spec.startsWith('$') || spec.includes('.'))
    throw located(40156, 'the count field must be a non-empty string');
  return function* (input) {
    let total = 0;
    yield* drain(input, () => {
      total += 1;
    });
    if (total > 0) yield itemOf(doc({ [spec]: int(total) }));
  };
};

const unset: CompileStage = (spec) => {
  const paths = (Array.isArray(spec) ? spec : [spec]).map((path) => {
    if (typeof path !== 'string' || path === '') throw located(31002, '$unset specification must be a string or an array');
    return path.split('.');
  });
  return mapping((value) => paths.reduce<Value>((one, path) => withoutPath(one, path), value) as Doc);
};

const documents: CompileStage = (spec, context) => {
  const expression = compileExpression(spec, context.env);
  return function* () {
    const list = expression({ root: new Map(), vars: context.env.vars });
    if (!Array.isArray(list)) throw located(5858203, 'an array is expected');
    for (const item of list) {
      if (!isDoc(item)) throw located(40228, '$documents must evaluate to objects');
      if (tick(context)) yield PAUSE;
      yield itemOf(item);
    }
  };
};

/** Documents of the server itself. */
const given =
  (make: (spec: Doc, context: PipelineContext) => Doc[]): CompileStage =>
  (spec, context) =>
    function* () {
      for (const value of make(asDoc(spec, 'the'), context)) yield itemOf(value);
    };

const unsupported =
  (name: string): CompileStage =>
  () => {
    throw new ServerError(115, 'CommandNotSupported', `${name} is not available on this test server`);
  };

const byMingo =
  (name: string): CompileStage =>
  (spec) =>
    function* (input): Generator<Item | typeof PAUSE> {
      const items: Doc[] = [];
      yield* drain(input, (item) => items.push(item.value));
      yield* runStageByMingo(name, spec, items).map(itemOf);
    };

export const STAGES: Record<string, CompileStage> = {
  $match: match,
  $limit: limit,
  $skip: skip,
  $sort: sort,
  $group: group,
  $unwind: unwind,
  $project: (spec, context) => mapping(compileProjection(asDoc(spec, '$project'), context.env)),
  $addFields: (spec, context) => mapping(compileAddFields(asDoc(spec, '$addFields'), context.env)),
  $set: (spec, context) => mapping(compileAddFields(asDoc(spec, '$set'), context.env)),
  $unset: unset,
  $replaceRoot: (spec, context) => {
    const root = asDoc(spec, '$replaceRoot').get('newRoot');
    if (root === undefined) throw located(40231, 'no newRoot specified for the $replaceRoot stage');
    return replaceRoot(compileExpression(root, context.env), context);
  },
  $replaceWith: (spec, context) => replaceRoot(compileExpression(spec, context.env), context),
  $sortByCount: sortByCount,
  $bucket: bucket,
  $facet: facet,
  $sample: sample,
  $count: count,
  $documents: documents,
  $currentOp: given((spec, context) => context.currentOperations(spec)),
  $listLocalSessions: given(() => []),
  $listSessions: given(() => []),
  $planCacheStats: given(() => []),
  ...compileJoinStages(),
  ...Object.fromEntries(
    ['$setWindowFields', '$bucketAuto', '$densify', '$fill', '$redact']
      .filter(mingoKnowsStage)
      .map((name) => [name, byMingo(name)]),
  ),
  ...Object.fromEntries(
    ['$geoNear', '$search', '$searchMeta', '$vectorSearch', '$changeStream'].map((name) => [name, unsupported(name)]),
  ),
};
