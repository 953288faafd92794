/** Pipelines: stages as generators over documents, one at a time, which pause so that the operation can be killed between them. */
import type { Env } from './expressions';
import type { Operation } from './operation';
import { PAUSE } from './operation';
import { STAGES } from './stages';
import { Item, KEEP_DECODED, type Store } from './store';
import { type Doc, isDoc, located, ServerError, type Value } from './values';

export type Flow = Iterable<Item | typeof PAUSE>;
/** @param input what the stage before gives; a first stage that makes its own documents ignores it */
export type Stage = (input: Flow) => Flow;

export interface PipelineContext {
  store: Store;
  database: string;
  /** The operation that runs now; a getMore puts its own here. */
  running: { operation: Operation; lastPause: number; ticks: number };
  /** Mutable: a sub-pipeline's variables are set before each of its runs. */
  env: Pick<Env, 'vars'>;
  depth: number;
  /** $currentOp's documents. */
  currentOperations(options: Doc): Doc[];
}

/** Called per unit of work. @returns true when it is time to pause */
export function tick(context: PipelineContext): boolean {
  const { running } = context;
  running.ticks += 1;
  if (running.ticks % 64 !== 0) return false;
  running.operation.check();
  const now = performance.now();
  if (now - running.lastPause < 10) return false;
  running.lastPause = now;
  return true;
}

/** Stages that begin a pipeline and need no collection. */
const SOURCES = new Set([
  '$documents',
  '$currentOp',
  '$listLocalSessions',
  '$listSessions',
  '$collStats',
  '$indexStats',
  '$planCacheStats',
]);
const MAX_STAGES = 1000;

export interface CompiledPipeline {
  /** Runs over a collection (or a view), or over nothing when the pipeline makes its own documents. */
  run(collection: string | null): Flow;
  /** Runs over these. */
  over(input: Flow): Flow;
}

/** @throws error 40324 for an unknown stage, 40602 for one that must be first, and what the stage itself refuses */
export function compilePipeline(spec: readonly Value[], context: PipelineContext): CompiledPipeline {
  if (spec.length > MAX_STAGES) throw located(7749501, `Pipeline length must be no longer than ${MAX_STAGES} stages`);
  if (context.depth > 20) throw located(5490700, 'Pipelines are nested too deep');
  const stages = spec.map((one, at): [string, Stage] => {
    if (!isDoc(one)) throw new ServerError(14, 'TypeMismatch', "Each element of the 'pipeline' array must be an object");
    if (one.size !== 1) throw located(40323, 'A pipeline stage specification object must contain exactly one field.');
    const [[name, argument] = ['', null]] = [...one];
    const compile = STAGES[name];
    if (!compile) throw located(40324, `Unrecognized pipeline stage name: '${name}'`);
    if (SOURCES.has(name) && at > 0) throw located(40602, `${name} is only valid as the first stage in a pipeline`);
    if ((name === '$out' || name === '$merge') && at < spec.length - 1)
      throw located(40601, `${name} can only be the final stage in the pipeline`);
    return [name, compile(argument, context)];
  });
  const over = (input: Flow): Flow => stages.reduce((flow, [, stage]) => stage(flow), input);
  const first = stages[0]?.[0] ?? '';
  return {
    over,
    run(collection) {
      if (SOURCES.has(first) || collection === null) return over([]);
      const sample = first === '$sample' ? quickSample(spec[0], collection, context) : null;
      if (sample) return stages.slice(1).reduce((flow, [, stage]) => stage(flow), sample);
      return over(read(collection, context));
    },
  };
}

/** Documents of a collection, or of a view. A collection that isn't there is empty. */
export function read(name: string, context: PipelineContext): Flow {
  const collection = context.store.find(context.database, name);
  if (!collection) return [];
  const viewOn = collection.options.get('viewOn');
  if (typeof viewOn !== 'string') return scan(name, context);
  const pipeline = collection.options.get('pipeline');
  const inner: PipelineContext = { ...context, env: { vars: null }, depth: context.depth + 1 };
  return compilePipeline(Array.isArray(pipeline) ? pipeline : [], inner).run(viewOn);
}

function* scan(name: string, context: PipelineContext): Flow {
  const collection = context.store.find(context.database, name);
  if (!collection) return;
  // Documents that are added later aren't seen; `items` is replaced when others go.
  const { items } = collection;
  const large = items.length > KEEP_DECODED;
  for (let at = 0, end = items.length; at < end; at++) {
    const item = items[at];
    if (!item) continue;
    context.running.operation.docsExamined += 1;
    if (tick(context)) yield PAUSE;
    yield large ? item.fresh() : item;
  }
}

/** A small $sample at the start picks documents by chance without reading the others, as mongod's random cursor does. */
function quickSample(stage: Value | undefined, name: string, context: PipelineContext): Flow | null {
  const collection = context.store.find(context.database, name);
  const spec = isDoc(stage ?? null) ? (stage as Doc).get('$sample') : undefined;
  const size = isDoc(spec) ? Number((spec.get('size') as { value?: number } | undefined)?.value ?? 0) : 0;
  if (!collection || collection.isView || collection.items.length < 100 || size > collection.items.length / 20) return null;
  const picked = new Set<number>();
  while (picked.size < size) picked.add(Math.floor(Math.random() * collection.items.length));
  context.running.operation.docsExamined += size;
  return [...picked].flatMap((at) => collection.item(at) ?? []);
}

/** Reads a flow to its end, handing on its pauses. */
export function* drain(input: Flow, into: (item: Item) => void): Generator<typeof PAUSE> {
  for (const item of input) {
    if (item === PAUSE) yield PAUSE;
    else into(item);
  }
}

export const itemOf = (value: Doc): Item => new Item(null, value);
