import { nearest } from './nearest';
import { isRead, isWrite, type Operation } from './operation';
import {
  EXPRESSIONS,
  FILTERS,
  FORBIDDEN,
  isSystemCollection,
  type PartKind,
  PROJECTIONS,
  STAGES,
  UPDATE_STAGES,
  UPDATES,
  VARIABLES,
  VOLATILE,
} from './operators';
import { Doc, List, Param, type Slot, type Value, wholeNumber } from './values';

/** Where a bound value stands: in an expression a text that begins with `$` would be a field, in a filter it's a text. */
export type ParamPlace = 'filter' | 'expression' | 'number';

export interface Survey {
  /** Collections reached, in the order in which they are met. */
  collections: ReadonlySet<string>;
  operators: ReadonlySet<string>;
  params: ReadonlyMap<Param, ParamPlace>;
  refusal?: string;
  deterministic: boolean;
}

/** Walks a query once and collects; everything that isn't known is refused. */
export function surveyOf(operation: Operation): Survey {
  const walker = new Walker();
  const { collection, kind, parts } = operation;
  if (collection !== null) walker.collection(collection);
  if (isRead(kind)) for (const [name, slot] of parts) walker.part(name, slot.value);
  if (isWrite(kind)) walker.write(parts);
  if (kind === 'aggregate' && collection === null) walker.startsWithDocuments(parts.get('pipeline')?.value);
  if (operation.params.some((param) => !walker.params.has(param)))
    walker.refuse('A parameter stands where only a constant can: give it to a comparison, an expression or a limit.');
  return walker;
}

class Walker implements Survey {
  readonly collections = new Set<string>();
  readonly operators = new Set<string>();
  readonly params = new Map<Param, ParamPlace>();
  refusal: string | undefined;
  deterministic = true;

  refuse(sentence: string): void {
    this.refusal ??= sentence;
  }

  collection(name: string): void {
    if (name === '' || name.includes('\0') || name.startsWith('$') || name.includes('.$'))
      this.refuse(`"${name.replaceAll('\0', '')}" is not the name of a collection.`);
    else if (isSystemCollection(name)) this.refuse(`The collection "${name}" is the server's own and is not read.`);
    this.collections.add(name);
  }

  /** A part of a command by its name. */
  part(name: string, value: Value): void {
    if (name === 'filter') this.filter(value);
    else if (name === 'pipeline') this.pipeline(value);
    else if (name === 'projection') this.projection(value);
    else if (name === 'sort') this.sort(value);
    else if (name === 'limit' || name === 'skip') this.number(value, name);
    else if (name === 'let') this.expression(value);
    else this.constant(value);
  }

  write(parts: ReadonlyMap<string, Slot>): void {
    const filter = parts.get('filter');
    if (filter) this.filter(filter.value);
    const update = parts.get('update')?.value;
    if (update instanceof List) {
      for (const { value } of update.items) {
        const name = value instanceof Doc ? (value.entries[0]?.key ?? '') : '';
        if (UPDATE_STAGES.has(name)) this.stage(value);
        else this.unknown(name, 'stage of an update', UPDATE_STAGES);
      }
    } else if (update instanceof Doc) {
      for (const { key, value } of update.entries) {
        if (!UPDATES.has(key)) this.unknown(key, 'operator of an update', UPDATES);
        this.stored(value);
      }
    } else if (update !== undefined) {
      this.refuse('The update must be a document with operators such as $set, or a pipeline.');
    }
    for (const name of ['document', 'documents', 'replacement']) {
      const slot = parts.get(name);
      if (slot) this.stored(slot.value);
    }
  }

  /** db.aggregate([…]) reads no collection: its rows must be written in it. */
  startsWithDocuments(pipeline: Value | undefined): void {
    const first = pipeline instanceof List ? pipeline.items[0]?.value : undefined;
    if (first instanceof Doc && first.entries[0]?.key === '$documents') return;
    this.refuse('db.aggregate([…]) must begin with $documents; name a collection, as in db.orders.aggregate([…]).');
  }

  private pipeline(value: Value): void {
    if (!(value instanceof List)) {
      this.refuse('A pipeline must be a list of stages.');
      return;
    }
    for (const item of value.items) this.stage(item.value);
  }

  private stage(value: Value): void {
    const [entry, ...rest] = value instanceof Doc ? value.entries : [];
    if (!entry || rest.length > 0) {
      const stages = rest.length > 0 ? ` (this one has ${[entry, ...rest].map((one) => one?.key).join(', ')})` : '';
      this.refuse(`Each stage must be a document with one key, such as {$match: {…}}${stages}.`);
      return;
    }
    const kinds = Object.hasOwn(STAGES, entry.key) ? STAGES[entry.key] : undefined;
    if (!kinds) {
      this.unknown(entry.key, 'stage', Object.keys(STAGES));
      return;
    }
    this.note(entry.key);
    const options = kinds.find((kind) => typeof kind === 'object');
    const plain = kinds.find((kind) => typeof kind === 'string');
    if (plain !== undefined && !(options !== undefined && entry.value instanceof Doc)) this.kind(plain, entry.value, entry.key);
    else if (options !== undefined) this.kind(options, entry.value, entry.key);
  }

  private kind(kind: PartKind, value: Value, where: string): void {
    if (typeof kind === 'object') {
      this.options(kind, value, where);
      return;
    }
    switch (kind) {
      case 'filter':
        this.filter(value);
        return;
      case 'expression':
        this.expression(value);
        return;
      case 'number':
        this.number(value, where);
        return;
      case 'name':
        if (typeof value === 'string') this.variable(value);
        else this.refuse(`${where} needs a name as text.`);
        return;
      case 'collection':
        this.otherCollection(value, where);
        return;
      case 'pipeline':
        this.pipeline(value);
        return;
      case 'pipelines':
        if (!(value instanceof Doc)) {
          this.refuse(`${where} needs a document of pipelines.`);
          return;
        }
        for (const entry of value.entries) this.pipeline(entry.value);
        return;
      case 'sort':
        this.sort(value);
        return;
      default:
        this.constant(value);
    }
  }

  private options(known: Readonly<Record<string, PartKind>>, value: Value, where: string): void {
    if (!(value instanceof Doc)) {
      this.refuse(`${where} needs a document.`);
      return;
    }
    for (const entry of value.entries) {
      const kind = Object.hasOwn(known, entry.key) ? known[entry.key] : undefined;
      if (kind === undefined) this.unknown(entry.key, `option of ${where}`, Object.keys(known));
      else this.kind(kind, entry.value, `${where}.${entry.key}`);
    }
  }

  private otherCollection(value: Value, where: string): void {
    if (typeof value === 'string') this.collection(value);
    else if (value instanceof Doc) this.refuse(`${where} names another database. A source reads its own database only.`);
    else this.refuse(`${where} needs the name of a collection as text; a parameter cannot name one.`);
  }

  private filter(value: Value): void {
    if (value instanceof Param) {
      this.take(value, 'filter');
      return;
    }
    if (value instanceof List) {
      for (const item of value.items) this.filter(item.value);
      return;
    }
    if (!(value instanceof Doc)) return;
    for (const { key, value: inner } of value.entries) {
      if (key.startsWith('$') && !isReference(key)) this.known(key, 'query operator', FILTERS);
      if (key === '$expr') this.expression(inner);
      else if (key === '$jsonSchema') this.constant(inner);
      else this.filter(inner);
    }
  }

  private expression(value: Value): void {
    if (value instanceof Param) {
      this.take(value, 'expression');
      return;
    }
    if (typeof value === 'string') {
      this.variable(value);
      return;
    }
    if (value instanceof List) {
      for (const item of value.items) this.expression(item.value);
      return;
    }
    if (!(value instanceof Doc)) return;
    for (const { key, value: inner } of value.entries) {
      if (key.startsWith('$')) this.known(key, 'expression', EXPRESSIONS);
      if (key === '$literal') this.literal(inner);
      else this.expression(inner);
    }
  }

  /** find's projection: an expression, but for $elemMatch, which holds a filter, and `field.$`. */
  private projection(value: Value): void {
    if (!(value instanceof Doc)) {
      this.refuse('A projection must be a document.');
      return;
    }
    for (const { value: inner } of value.entries) {
      const match = inner instanceof Doc ? inner.get('$elemMatch') : undefined;
      if (match) this.filter(match.value);
      else if (inner instanceof Doc && inner.entries.some(({ key }) => PROJECTIONS.has(key))) this.constantList(inner);
      else this.expression(inner);
    }
  }

  /** {$slice: 3}, {$meta: 'textScore'} */
  private constantList(value: Doc): void {
    for (const { key, value: inner } of value.entries) {
      this.known(key, 'operator of a projection', PROJECTIONS);
      this.constant(inner);
    }
  }

  private sort(value: Value): void {
    if (!(value instanceof Doc)) {
      this.refuse('A sort must be a document such as {name: 1}.');
      return;
    }
    for (const { key, value: inner } of value.entries) {
      const meta = inner instanceof Doc && inner.entries.length === 1 && inner.get('$meta') !== undefined;
      const direction = wholeNumber(inner);
      if (key.startsWith('$') || (!meta && direction !== 1 && direction !== -1))
        this.refuse(`The sort by "${key}" must be 1 (ascending) or -1 (descending).`);
    }
  }

  private number(value: Value, where: string): void {
    if (value instanceof Param) {
      this.take(value, 'number');
      return;
    }
    const number = wholeNumber(value);
    if (number === undefined || number < 0) this.refuse(`${where} needs a whole number that is not negative.`);
  }

  private constant(value: Value): void {
    if (value instanceof Param) {
      this.refuse('A parameter stands where only a constant can.');
      return;
    }
    if (value instanceof List) for (const item of value.items) this.constant(item.value);
    if (!(value instanceof Doc)) return;
    for (const { key, value: inner } of value.entries) {
      if (key.startsWith('$')) this.unknown(key, 'constant', []);
      this.constant(inner);
    }
  }

  /** Behind $literal nothing means anything, but for a parameter. */
  private literal(value: Value): void {
    if (value instanceof Param) this.take(value, 'filter');
    else if (value instanceof List) for (const item of value.items) this.literal(item.value);
    else if (value instanceof Doc) for (const entry of value.entries) this.literal(entry.value);
  }

  /** Values to be stored; operators of an update such as $each may stand in them. */
  private stored(value: Value): void {
    if (value instanceof Param) this.take(value, 'filter');
    else if (value instanceof List) for (const item of value.items) this.stored(item.value);
    else if (value instanceof Doc) {
      for (const { key, value: inner } of value.entries) {
        if (Object.hasOwn(FORBIDDEN, key)) this.unknown(key, 'value', []);
        this.stored(inner);
      }
    }
  }

  private variable(text: string): void {
    if (!text.startsWith('$$')) return;
    const name = text.slice(2).split('.')[0] ?? '';
    if (/^\p{Lu}/u.test(name) && !VARIABLES.has(name))
      this.unknown(
        `$$${name}`,
        'variable',
        [...VARIABLES].map((known) => `$$${known}`),
      );
    if (name === 'NOW' || name === 'CLUSTER_TIME') this.deterministic = false;
  }

  private known(name: string, what: string, known: ReadonlySet<string>): void {
    if (known.has(name)) this.note(name);
    else this.unknown(name, what, known);
  }

  private note(name: string): void {
    this.operators.add(name);
    if (VOLATILE.has(name)) this.deterministic = false;
  }

  private unknown(name: string, what: string, known: Iterable<string>): void {
    const reason = Object.hasOwn(FORBIDDEN, name) ? FORBIDDEN[name] : undefined;
    if (reason) {
      this.refuse(`${name} is not allowed: ${reason}.`);
      return;
    }
    const near = nearest(name, known);
    this.refuse(`"${name}" is not a ${what} that Quarry runs.${near ? ` Did you mean ${near}?` : ''}`);
  }

  private take(param: Param, place: ParamPlace): void {
    this.params.set(param, place);
  }
}

/** The keys of a reference (DBRef), which are data: {$ref, $id, $db}. */
const isReference = (key: string): boolean => key === '$ref' || key === '$id';
