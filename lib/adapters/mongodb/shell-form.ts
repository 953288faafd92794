import { commandForm } from './command-form';
import { shellLimit } from './limit-place';
import { nearest } from './nearest';
import { type Found, type Operation, other } from './operation';
import { COMMANDS, explainMode, setPart } from './parts';
import type { Reader } from './reader';
import { Doc, List, type Slot } from './values';

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

/** A query in the shell's style: db.orders.find({…}).sort({…}). */
export function shellForm(reader: Reader): Found {
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
  return { ...found, kind, name, explain, limitPlace: explain ? null : shellLimit(reader, kind, parts, end) };
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

/** Passes whatever calls follow something that won't run anyway. */
function skipCalls(reader: Reader): void {
  while (reader.take('.')) {
    reader.name();
    if (reader.take('(')) reader.arguments();
  }
}
