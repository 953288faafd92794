/** Databases, collections and their documents, kept as BSON; decoded when something looks inside. */
import { randomBytes } from 'node:crypto';
import { decode, encode, leadingId } from './codec';
import { keyOf } from './compare';
import { compileMatch, type Test } from './match';
import { valuesAt } from './paths';
import { type Doc, doc, int, isDoc, located, Oid, ServerError, type Value } from './values';

/** One document on its way: as bytes, decoded, or both. */
export class Item {
  constructor(
    private bytes: Buffer | null,
    private decoded: Doc | null,
  ) {}

  get raw(): Buffer {
    this.bytes ??= encode(this.decoded ?? new Map());
    return this.bytes;
  }
  get value(): Doc {
    this.decoded ??= decode(this.bytes ?? Buffer.alloc(0));
    return this.decoded;
  }
  /** Without the decoded half, so that reading a large collection doesn't fill the memory. */
  fresh(): Item {
    return new Item(this.raw, null);
  }
}

export const MAX_DOCUMENT = 16 * 1024 * 1024;
/** In a collection of more documents, decoded ones aren't kept. */
export const KEEP_DECODED = 100_000;

export interface Index {
  name: string;
  key: Doc;
  unique: boolean;
  spec: Doc;
}

export class Collection {
  /** Grows only; replaced when documents are changed or removed, so that cursors keep what they began with. */
  items: Item[] = [];
  bytes = 0;
  readonly indexes: Index[] = [makeIndex(doc({ key: doc({ _id: int(1) }), name: '_id_' }))];
  readonly uuid = randomBytes(16);
  private ids: Map<string, Item> | null = new Map();
  private version = 0;
  private readonly lookups = new Map<string, { version: number; map: Map<string, Item[]> }>();
  private readonly uniques = new Map<string, { version: number; keys: Set<string> }>();
  private validator: Test | null = null;

  constructor(
    readonly name: string,
    public options: Doc,
  ) {
    this.setOptions(options);
  }

  setOptions(options: Doc): void {
    this.options = options;
    const validator = options.get('validator');
    this.validator = isDoc(validator) ? compileMatch(validator, { root: null, vars: null }) : null;
  }

  get isView(): boolean {
    return this.options.has('viewOn');
  }

  /** Documents to read: decoded ones are kept for small collections only. */
  item(at: number): Item | undefined {
    const item = this.items[at];
    return this.items.length > KEEP_DECODED ? item?.fresh() : item;
  }

  byId(id: Value): Item | undefined {
    if (!this.ids) this.ids = new Map(this.items.map((item) => [keyOf(item.fresh().value.get('_id')), item]));
    return this.ids.get(keyOf(id));
  }

  /** Documents by the values at a path (arrays opened; missing as null), for joins. Made when it is first asked for. */
  lookup(path: string): Map<string, Item[]> {
    const known = this.lookups.get(path);
    if (known?.version === this.version) return known.map;
    const map = new Map<string, Item[]>();
    const parts = path.split('.');
    for (const item of this.items) {
      const found = valuesAt(item.value, parts);
      for (const key of new Set(found.length > 0 ? found.map(keyOf) : ['z'])) {
        const list = map.get(key);
        if (list) list.push(item);
        else map.set(key, [item]);
      }
    }
    this.lookups.set(path, { version: this.version, map });
    return map;
  }

  /** @param raw a document with `_id`; without one it gets an object id at its front */
  insert(raw: Buffer): void {
    if (raw.length > MAX_DOCUMENT)
      throw new ServerError(
        10334,
        'BSONObjectTooLarge',
        `BSONObj size: ${raw.length} is invalid. Size must be between 0 and 16793600(16MB)`,
      );
    let id = leadingId(raw);
    let item = new Item(raw, null);
    if (id === undefined) {
      const value = item.value;
      id = value.get('_id') ?? new Oid(randomBytes(12).toString('hex'));
      item = new Item(null, new Map([['_id', id], ...[...value].filter(([key]) => key !== '_id')]));
    }
    if (Array.isArray(id)) throw located(53, "can't use an array for _id");
    this.validate(item);
    if (this.byId(id)) throw this.duplicate('_id_', doc({ _id: id }));
    this.checkUnique(item, null);
    this.ids?.set(keyOf(id), item);
    this.items.push(item);
    this.bytes += item.raw.length;
    this.changed(item);
  }

  /** Many documents made here, without a look at `_id`s. */
  seed(items: Item[]): void {
    this.items = this.items.concat(items);
    this.ids = null;
    this.bytes = this.items.reduce((sum, item) => sum + item.raw.length, 0);
    this.version += 1;
  }

  replace(old: Item, value: Doc): void {
    const item = new Item(null, value);
    if (item.raw.length > MAX_DOCUMENT)
      throw new ServerError(17419, 'Location17419', 'Resulting document after update is larger than 16777216');
    if (keyOf(old.value.get('_id')) !== keyOf(value.get('_id')))
      throw new ServerError(
        66,
        'ImmutableField',
        "Performing an update on the path '_id' would modify the immutable field '_id'",
      );
    this.validate(item);
    this.checkUnique(item, old);
    const at = this.items.indexOf(old);
    this.items = this.items.slice();
    if (at >= 0) this.items[at] = item;
    this.ids?.set(keyOf(value.get('_id')), item);
    this.bytes += item.raw.length - old.raw.length;
    this.version += 1;
  }

  remove(gone: ReadonlySet<Item>): void {
    if (gone.size === 0) return;
    this.items = this.items.filter((item) => !gone.has(item));
    for (const item of gone) {
      this.ids?.delete(keyOf(item.value.get('_id')));
      this.bytes -= item.raw.length;
    }
    this.version += 1;
  }

  private changed(item: Item): void {
    const before = this.version;
    this.version += 1;
    for (const [name, known] of this.uniques) {
      const index = this.indexes.find((one) => one.name === name);
      const key = index && uniqueKey(index, item.value);
      if (known.version !== before) continue;
      if (key) known.keys.add(key);
      known.version = this.version;
    }
  }

  private validate(item: Item): void {
    if (this.validator && this.options.get('validationAction') !== 'warn' && !this.validator(item.value))
      throw new ServerError(121, 'DocumentValidationFailure', 'Document failed validation');
  }

  private checkUnique(item: Item, old: Item | null): void {
    for (const index of this.indexes) {
      if (!index.unique || index.name === '_id_') continue;
      const key = uniqueKey(index, item.value);
      if (key === null || (old && uniqueKey(index, old.value) === key)) continue;
      if (this.uniqueKeys(index).has(key)) throw this.duplicate(index.name, index.key);
    }
  }

  private uniqueKeys(index: Index): Set<string> {
    const known = this.uniques.get(index.name);
    if (known?.version === this.version) return known.keys;
    const keys = new Set<string>();
    for (const item of this.items) {
      const key = uniqueKey(index, item.value);
      if (key === null) continue;
      if (keys.has(key)) throw this.duplicate(index.name, index.key);
      keys.add(key);
    }
    this.uniques.set(index.name, { version: this.version, keys });
    return keys;
  }

  addIndex(spec: Doc): boolean {
    const index = makeIndex(spec);
    if (this.indexes.some((one) => one.name === index.name)) return false;
    if (index.unique) this.uniqueKeys(index);
    this.indexes.push(index);
    return true;
  }

  private duplicate(index: string, keyValue: Doc): ServerError {
    const shown = [...keyValue].map(([key]) => key).join(', ');
    return new ServerError(
      11000,
      'DuplicateKey',
      `E11000 duplicate key error collection: ${this.name} index: ${index} dup key: { ${shown} }`,
      {
        keyPattern: new Map([...keyValue].map(([key]) => [key, int(1)])),
        keyValue,
      },
    );
  }
}

function makeIndex(spec: Doc): Index {
  const key = spec.get('key');
  if (!isDoc(key)) throw new ServerError(9, 'FailedToParse', "The 'key' field is a required property of an index specification");
  const made = [...key]
    .map(
      ([path, order]) => `${path}_${typeof order === 'string' ? order : String((order as { value?: number })?.value ?? order)}`,
    )
    .join('_');
  const name = spec.get('name');
  return { name: typeof name === 'string' ? name : made, key, unique: spec.get('unique') === true, spec };
}

/** Null when a sparse or partial index doesn't hold the document. */
function uniqueKey(index: Index, value: Doc): string | null {
  const keys = [...index.key.keys()].map((path) => valuesAt(value, path.split('.')));
  if (index.spec.get('sparse') === true && keys.every((found) => found.length === 0)) return null;
  const partial = index.spec.get('partialFilterExpression');
  if (isDoc(partial) && !compileMatch(partial, { root: null, vars: null })(value)) return null;
  return JSON.stringify(keys.map((found) => found.map(keyOf)));
}

export class Store {
  readonly databases = new Map<string, Map<string, Collection>>();

  find(database: string, name: string): Collection | undefined {
    return this.databases.get(database)?.get(name);
  }

  /** The collection, made with its database when it isn't there. */
  ensure(database: string, name: string, options: Doc = new Map()): Collection {
    if (name === '' || name.includes('\0') || name.startsWith('system.'))
      throw new ServerError(73, 'InvalidNamespace', `Invalid namespace specified '${database}.${name}'`);
    let collections = this.databases.get(database);
    if (!collections) {
      collections = new Map();
      this.databases.set(database, collections);
    }
    let collection = collections.get(name);
    if (!collection) {
      collection = new Collection(name, options);
      collections.set(name, collection);
    }
    return collection;
  }

  drop(database: string, name: string): boolean {
    const collections = this.databases.get(database);
    const gone = collections?.delete(name) ?? false;
    if (collections?.size === 0) this.databases.delete(database);
    return gone;
  }
}
