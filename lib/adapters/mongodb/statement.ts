import { nearest } from './nearest';
import { Reader } from './reader';
import { Doc, List, type Param, type Slot, wholeNumber } from './values';

/** Reading operations that Quarry runs. */
const READS = ['find', 'aggregate', 'count', 'countDocuments', 'distinct'] as const;
/** Writing operations that a source may allow. */
const WRITES = ['insertOne', 'insertMany', 'updateOne', 'updateMany', 'replaceOne', 'deleteOne', 'deleteMany'] as const;

export type ReadKind = (typeof READS)[number];
export type WriteKind = (typeof WRITES)[number];

/** Where a row limit is written, or could be: `text` with the number between the two parts. */
export interface LimitPlace {
  own?: Slot;
  insertAt: number;
  before: string;
  after: string;
}

/** A query text, read: what is asked of which collection, before anything is judged. */
export interface Operation {
  kind: ReadKind | WriteKind | 'other';
  /** As written: "find", "dropDatabase". */
  name: string;
  /** Null for a pipeline that begins without a collection (db.aggregate), and for what concerns the whole database. */
  collection: string | null;
  /** filter, projection, pipeline, sort … by the names of MongoDB's commands. */
  parts: ReadonlyMap<string, Slot>;
  /** The plan is asked for, not the rows. */
  explain: boolean;
  /** findOne: no more than this many. */
  implicitLimit?: number;
  limitPlace: LimitPlace | null;
  params: readonly Param[];
  volatile: boolean;
}

export const isRead = (kind: Operation['kind']): kind is ReadKind => (READS as readonly string[]).includes(kind);
export const isWrite = (kind: Operation['kind']): kind is WriteKind => (WRITES as readonly string[]).includes(kind);

/** Parts that a command may have; those that are `null` are taken and left out, because Quarry sets them itself. */
const COMMANDS: Record<'find' | 'aggregate' | 'count' | 'distinct', Record<string, string | null>> = {
  find: {
    filter: 'filter',
    projection: 'projection',
    sort: 'sort',
    limit: 'limit',
    skip: 'skip',
    hint: 'hint',
    collation: 'collation',
    let: 'let',
    batchSize: null,
    singleBatch: null,
    maxTimeMS: null,
    allowDiskUse: null,
  },
  aggregate: {
    pipeline: 'pipeline',
    collation: 'collation',
    let: 'let',
    hint: 'hint',
    cursor: null,
    batchSize: null,
    maxTimeMS: null,
    allowDiskUse: null,
  },
  count: { query: 'filter', limit: 'limit', skip: 'skip', hint: 'hint', collation: 'collation', maxTimeMS: null },
  distinct: { key: 'key', query: 'filter', hint: 'hint', collation: 'collation', maxTimeMS: null },
};

/** Calls behind find(…), with the part that they set; null: taken and left out. */
const CURSOR_CALLS: Record<string, string | null> = {
  sort: 'sort',
  limit: 'limit',
  skip: 'skip',
  project: 'projection',
  projection: 'projection',
  hint: 'hint',
  collation: 'collation',
  maxTimeMS: null,
  batchSize: null,
  allowDiskUse: null,
  toArray: null,
  pretty: null,
};

/** Arguments by position: the parts that they set; 'options' is a document of parts. */
const METHODS: Record<string, { kind: Operation['kind']; args: readonly string[]; needed: number }> = {
  find: { kind: 'find', args: ['filter', 'projection', 'options'], needed: 0 },
  findOne: { kind: 'find', args: ['filter', 'projection', 'options'], needed: 0 },
  aggregate: { kind: 'aggregate', args: ['pipeline', 'options'], needed: 0 },
  count: { kind: 'count', args: ['filter', 'options'], needed: 0 },
  countDocuments: { kind: 'countDocuments', args: ['filter', 'options'], needed: 0 },
  estimatedDocumentCount: { kind: 'count', args: [], needed: 0 },
  distinct: { kind: 'distinct', args: ['key', 'filter', 'options'], needed: 1 },
  insertOne: { kind: 'insertOne', args: ['document'], needed: 1 },
  insertMany: { kind: 'insertMany', args: ['documents'], needed: 1 },
  updateOne: { kind: 'updateOne', args: ['filter', 'update'], needed: 2 },
  updateMany: { kind: 'updateMany', args: ['filter', 'update'], needed: 2 },
  replaceOne: { kind: 'replaceOne', args: ['filter', 'replacement'], needed: 2 },
  deleteOne: { kind: 'deleteOne', args: ['filter'], needed: 1 },
  deleteMany: { kind: 'deleteMany', args: ['filter'], needed: 1 },
};

/** What the parts of a call must be. */
const KINDS: Record<string, 'document' | 'list' | 'text'> = {
  filter: 'document',
  projection: 'document',
  sort: 'document',
  collation: 'document',
  let: 'document',
  pipeline: 'list',
  key: 'text',
  document: 'document',
  documents: 'list',
  replacement: 'document',
};

/**
 * Reads one query: shell style (`db.orders.find({…}).sort({…})`) or a command in extended JSON (`{"find": "orders", …}`).
 * @throws QuarryError query.invalid with the position: empty, not a query, several statements, syntax
 */
export function parseOperation(text: string): Operation {
  const reader = new Reader(text);
  const first = reader.peek();
  if (first === '') reader.fail('There is no query');
  const found = first === '{' ? commandForm(reader, reader.slot()) : shellForm(reader);
  reader.take(';');
  if (reader.peek() !== '') reader.fail('Only one statement can run at a time; something stands behind the first');
  for (const [name, slot] of found.parts) checkPart(reader, name, slot);
  return { ...found, params: reader.params, volatile: reader.volatile };
}

type Found = Omit<Operation, 'params' | 'volatile'>;

function checkPart(reader: Reader, name: string, { value, start }: Slot): void {
  const kind = KINDS[name];
  const fits =
    kind === undefined ||
    (kind === 'document' && value instanceof Doc) ||
    (kind === 'list' && value instanceof List) ||
    (kind === 'text' && typeof value === 'string');
  if (!fits) reader.fail(`The ${name} must be a ${kind}${kind === 'list' ? ' in square brackets' : ''}`, start);
}

// ---------------------------------------------------------------- shell style

function shellForm(reader: Reader): Found {
  const start = reader.at;
  if (reader.name() !== 'db')
    reader.fail('A query begins with db.collection, or is a command such as {"find": "collection"}', start);
  const path: { name: string; at: number }[] = [];
  for (;;) {
    if (reader.take('.')) {
      reader.skip();
      const at = reader.at;
      const name = reader.name();
      if (name === undefined) reader.fail('A name is missing behind the point');
      path.push({ name, at });
    } else if (reader.take('[')) {
      path.push({ name: quotedName(reader), at: reader.at });
      reader.expect(']', 'behind the name of the collection');
    } else if (reader.take('(')) {
      const call = path.pop();
      if (!call) reader.fail('A collection is missing behind "db"', start);
      const collection = path.length > 0 ? path.map(({ name }) => name).join('.') : null;
      if (collection === null && (call.name === 'getCollection' || call.name === 'collection')) {
        reader.skip();
        path.push({ name: quotedName(reader), at: reader.at });
        reader.expect(')', 'behind the name of the collection');
        continue;
      }
      return call.name === 'runCommand' && collection === null ? ranCommand(reader) : method(reader, collection, call);
    } else {
      reader.fail('A call such as .find({…}) or .aggregate([…]) is missing');
    }
  }
}

function quotedName(reader: Reader): string {
  const quote = reader.peek();
  if (quote !== '"' && quote !== "'") reader.fail('The name of the collection must stand in quotes');
  return reader.string();
}

function ranCommand(reader: Reader): Found {
  const [command, ...rest] = reader.arguments();
  if (!command || rest.length > 0) reader.fail('runCommand takes one document');
  return commandForm(reader, command);
}

function method(reader: Reader, collection: string | null, call: { name: string; at: number }): Found {
  const open = reader.at;
  const args = reader.arguments();
  const close = reader.at - 1;
  const known = Object.hasOwn(METHODS, call.name) ? METHODS[call.name] : undefined;
  if (!known || (collection === null && known.kind !== 'aggregate')) {
    skipCalls(reader);
    return other(call.name, collection);
  }
  const parts = new Map<string, Slot>();
  const pipelines = known.kind === 'aggregate' ? stagesAsArguments(args, open, close) : null;
  if (pipelines) parts.set('pipeline', pipelines);
  else setArguments(reader, known, call, args, parts);
  const found: Found = {
    kind: known.kind,
    name: call.name,
    collection,
    parts,
    explain: false,
    limitPlace: null,
    ...(call.name === 'findOne' ? { implicitLimit: 1 } : {}),
  };
  if (known.kind === 'aggregate' && !parts.has('pipeline'))
    parts.set('pipeline', { value: new List([], open, open), start: open, end: open });
  return cursorCalls(reader, found);
}

/** aggregate({$match: …}, {$sort: …}): stages without brackets. Two documents could be one stage and options: by the first key of the second. */
function stagesAsArguments(args: Slot[], open: number, close: number): Slot | null {
  const isStage = ({ value }: Slot) => value instanceof Doc && value.entries[0]?.key.startsWith('$') === true;
  if (args.length === 0 || !args.every(isStage)) return null;
  return { value: new List(args, open - 1, close + 1), start: open - 1, end: close + 1 };
}

function setArguments(
  reader: Reader,
  { args: names, needed }: { args: readonly string[]; needed: number },
  call: { name: string; at: number },
  args: Slot[],
  parts: Map<string, Slot>,
): void {
  if (args.length < needed) reader.fail(`${call.name}(…) needs ${needed === 1 ? 'a value' : `${needed} values`}`, call.at);
  args.forEach((slot, index) => {
    const name = names[index];
    if (name === undefined) reader.fail(`${call.name}(…) takes at most ${names.length} values`, slot.start);
    else if (name === 'options') setOptions(reader, call.name, slot, parts);
    else if (slot.value !== null) parts.set(name, slot);
  });
}

function setOptions(reader: Reader, call: string, { value, start }: Slot, parts: Map<string, Slot>): void {
  if (!(value instanceof Doc)) reader.fail(`The options of ${call}(…) must be a document`, start);
  const family = call.startsWith('find') ? 'find' : call === 'countDocuments' ? 'count' : call;
  const known = COMMANDS[family as keyof typeof COMMANDS] ?? {};
  for (const entry of value.entries) setPart(reader, known, `options of ${call}(…)`, entry, parts);
}

function setPart(
  reader: Reader,
  known: Record<string, string | null>,
  where: string,
  entry: Slot & { key: string; keyAt: number },
  parts: Map<string, Slot>,
): void {
  const part = Object.hasOwn(known, entry.key) ? known[entry.key] : undefined;
  if (part === undefined) {
    const near = nearest(entry.key, Object.keys(known));
    reader.fail(`"${entry.key}" is not allowed in the ${where}${near ? `; did you mean "${near}"?` : ''}`, entry.keyAt);
  }
  if (part === null) return;
  if (parts.has(part)) reader.fail(`The ${part} is given twice`, entry.keyAt);
  parts.set(part, { value: entry.value, start: entry.start, end: entry.end });
}

/** What follows find(…) and aggregate(…). */
function cursorCalls(reader: Reader, found: Found): Found {
  const parts = found.parts as Map<string, Slot>;
  let end = reader.at;
  let { explain, kind, name } = found;
  while (reader.take('.')) {
    reader.skip();
    const at = reader.at;
    const call = reader.name() ?? '';
    reader.expect('(', `behind ${call || 'the name of the call'}`);
    const args = reader.arguments();
    if (call === 'explain') {
      explainMode(reader, args[0]);
      explain = true;
    } else if (kind === 'find' && (call === 'count' || call === 'size') && args.length === 0) {
      kind = 'count';
      name = 'count';
    } else {
      cursorCall(reader, kind, call, at, args, parts);
    }
    end = reader.at;
  }
  return { ...found, kind, name, explain, limitPlace: explain ? null : limitPlaceOf(reader, kind, parts, end) };
}

function cursorCall(
  reader: Reader,
  kind: Operation['kind'],
  call: string,
  at: number,
  args: Slot[],
  parts: Map<string, Slot>,
): void {
  const part = Object.hasOwn(CURSOR_CALLS, call) ? CURSOR_CALLS[call] : undefined;
  const fits = kind === 'find' || (part === null && kind === 'aggregate');
  if (part === undefined || !fits) {
    const near = kind === 'find' ? nearest(call, Object.keys(CURSOR_CALLS)) : undefined;
    reader.fail(`.${call}(…) is not supported behind ${kind}(…)${near ? `; did you mean .${near}(…)?` : ''}`, at);
  }
  if (part === null) return;
  const [slot] = args;
  if (!slot || args.length > 1) reader.fail(`.${call}(…) takes one value`, at);
  if (parts.has(part)) reader.fail(`The ${part} is given twice`, at);
  parts.set(part, slot);
}

/** Only the plan: the other modes run the query. */
function explainMode(reader: Reader, mode: Slot | undefined): void {
  if (mode === undefined || mode.value === 'queryPlanner') return;
  reader.fail('Only the plan can be asked for: explain() or explain("queryPlanner")', mode.start);
}

function limitPlaceOf(reader: Reader, kind: Operation['kind'], parts: ReadonlyMap<string, Slot>, end: number): LimitPlace | null {
  if (kind === 'find') return { own: parts.get('limit'), insertAt: end, before: '.limit(', after: ')' };
  const pipeline = parts.get('pipeline');
  return kind === 'aggregate' && pipeline ? pipelineLimit(reader, pipeline) : null;
}

/** Stages behind a $limit that give a row for a row. */
const ROW_FOR_ROW = new Set(['$project', '$addFields', '$set', '$unset', '$replaceRoot', '$replaceWith']);

/** The $limit that decides how many rows there are, or the place behind the last stage. */
function pipelineLimit(reader: Reader, { value, start, end }: Slot): LimitPlace | null {
  if (!(value instanceof List)) return null;
  const stageOf = (slot: Slot | undefined) => (slot?.value instanceof Doc ? slot.value.entries[0] : undefined);
  const last = value.items.at(-1);
  const deciding = stageOf(value.items.findLast((item) => !ROW_FOR_ROW.has(stageOf(item)?.key ?? '')));
  const own = deciding?.key === '$limit' ? deciding : undefined;
  const place = { before: ', {$limit: ', after: '}', insertAt: last?.end ?? start + 1 };
  if (last) return own ? { ...place, own } : place;
  const bare = start === end; // aggregate()
  const bracketed = !bare && reader.text.charAt(start) === '[';
  return { before: bracketed ? '{$limit: ' : '[{$limit: ', after: bracketed ? '}' : '}]', insertAt: bare ? start : start + 1 };
}

/** Passes whatever calls follow something that won't run anyway. */
function skipCalls(reader: Reader): void {
  while (reader.take('.')) {
    reader.name();
    if (reader.take('(')) reader.arguments();
  }
}

function other(name: string, collection: string | null): Found {
  return { kind: 'other', name, collection, parts: new Map(), explain: false, limitPlace: null };
}

// ---------------------------------------------------------------- commands in extended JSON

function commandForm(reader: Reader, slot: Slot): Found {
  const { value, start } = slot;
  const first = value instanceof Doc ? value.entries[0] : undefined;
  if (!(value instanceof Doc) || !first) reader.fail('A command begins with its name, as in {"find": "collection"}', start);
  if (first.key === 'explain') return explainCommand(reader, value);
  const known = Object.hasOwn(COMMANDS, first.key) ? COMMANDS[first.key as keyof typeof COMMANDS] : undefined;
  if (!known) return other(first.key, typeof first.value === 'string' ? first.value : null);
  const wholeDatabase = first.key === 'aggregate' && wholeNumber(first.value) === 1;
  if (typeof first.value !== 'string' && !wholeDatabase)
    reader.fail(`"${first.key}" needs the name of a collection`, first.start);
  const parts = new Map<string, Slot>();
  for (const entry of value.entries.slice(1)) setPart(reader, known, `command "${first.key}"`, entry, parts);
  if (first.key === 'aggregate' && !parts.has('pipeline')) reader.fail('"pipeline" is missing', start);
  if (first.key === 'distinct' && !parts.has('key')) reader.fail('"key" is missing', start);
  const kind = first.key as ReadKind;
  const pipeline = parts.get('pipeline');
  return {
    kind,
    name: first.key,
    collection: typeof first.value === 'string' ? first.value : null,
    parts,
    explain: false,
    limitPlace:
      kind === 'find'
        ? { own: parts.get('limit'), insertAt: value.entries.at(-1)?.end ?? first.end, before: ', "limit": ', after: '' }
        : kind === 'aggregate' && pipeline
          ? pipelineLimit(reader, pipeline)
          : null,
  };
}

function explainCommand(reader: Reader, value: Doc): Found {
  const [explain, ...options] = value.entries;
  for (const option of options) {
    if (option.key !== 'verbosity') reader.fail(`"${option.key}" is not allowed in the command "explain"`, option.keyAt);
    explainMode(reader, option);
  }
  if (!explain) return reader.fail('"explain" needs a command');
  const inner = commandForm(reader, explain);
  if (inner.explain) reader.fail('Only a query can be explained', explain.start);
  return { ...inner, explain: true, limitPlace: null };
}
