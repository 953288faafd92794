import type { CatalogueColumn, ColumnType } from '../contract';
import { BsonType, endOfKey, endOfValue } from './bson-values';
import { SeenTypes } from './result-shape';

/** Deeper fields, and documents with more keys than this (which are lists by another name), are left as JSON. */
const MAX_DEPTH = 6;
const MAX_KEYS = 200;
const MAX_FIELDS = 1_000;

interface Field {
  name: string;
  /** Of the field itself, and of the elements when it is an array. */
  types: SeenTypes;
  elements: SeenTypes;
  /** Documents that have it, whatever its value. */
  documents: number;
  lastDocument: number;
  nulls: number;
  repeated: boolean;
  children: Map<string, Field>;
}

/** JSON schema's names that are not BSON's, and BSON's names, with our types. */
const SCHEMA_TYPES: Record<string, ColumnType> = {
  double: 'double',
  string: 'text',
  object: 'json',
  array: 'array',
  binData: 'binary',
  objectId: 'objectid',
  bool: 'boolean',
  boolean: 'boolean',
  date: 'timestamptz',
  int: 'integer',
  long: 'bigint',
  decimal: 'decimal',
  number: 'double',
};

/** Collects the fields of documents by their dotted paths, with types, shares, and whether an array is on the way. */
export class FieldSampler {
  private readonly root = new Map<string, Field>();
  private documents = 0;
  private fields = 0;

  add(bytes: Buffer, start: number): void {
    this.documents += 1;
    this.walk(bytes, start, this.root, '', 1, false);
  }

  /**
   * @param schema the JSON schema of the collection's validator, which knows fields that no sampled document has
   * @param key the field that every document has
   */
  columns(schema: Record<string, unknown> | undefined, key: string | undefined): CatalogueColumn[] {
    const columns: CatalogueColumn[] = [];
    this.list(this.root, schema, columns, key);
    return columns;
  }

  private walk(bytes: Buffer, start: number, fields: Map<string, Field>, prefix: string, depth: number, repeated: boolean): void {
    const end = start + bytes.readInt32LE(start) - 1;
    for (let at = start + 4; at < end; ) {
      const type = bytes[at] as number;
      const keyEnd = endOfKey(bytes, at + 1);
      const place = keyEnd + 1;
      const field = this.field(fields, bytes.toString('utf8', at + 1, keyEnd), prefix, repeated);
      if (field) this.note(bytes, type, place, field, depth);
      at = endOfValue(bytes, type, place);
    }
  }

  private field(fields: Map<string, Field>, key: string, prefix: string, repeated: boolean): Field | null {
    const known = fields.get(key);
    if (known) return known;
    // A key with a point or a dollar in it has no path.
    if (fields.size >= MAX_KEYS || this.fields >= MAX_FIELDS || key === '' || key.includes('.') || key.startsWith('$'))
      return null;
    this.fields += 1;
    const field: Field = {
      name: prefix + key,
      types: new SeenTypes(),
      elements: new SeenTypes(),
      documents: 0,
      lastDocument: 0,
      nulls: 0,
      repeated,
      children: new Map(),
    };
    fields.set(key, field);
    return field;
  }

  private note(bytes: Buffer, type: number, place: number, field: Field, depth: number): void {
    if (field.lastDocument !== this.documents) field.documents += 1;
    field.lastDocument = this.documents;
    if (type === BsonType.null || type === BsonType.undefined) field.nulls += 1;
    field.types.add(bytes, type, place);
    if (type === BsonType.object) this.inner(bytes, place, field, depth, field.repeated);
    if (type === BsonType.array) this.elements(bytes, place, field, depth);
  }

  private elements(bytes: Buffer, start: number, field: Field, depth: number): void {
    const end = start + bytes.readInt32LE(start) - 1;
    for (let at = start + 4; at < end; ) {
      const type = bytes[at] as number;
      const place = endOfKey(bytes, at + 1) + 1;
      field.elements.add(bytes, type, place);
      if (type === BsonType.object) this.inner(bytes, place, field, depth, true);
      at = endOfValue(bytes, type, place);
    }
  }

  private inner(bytes: Buffer, place: number, field: Field, depth: number, repeated: boolean): void {
    if (depth < MAX_DEPTH) this.walk(bytes, place, field.children, `${field.name}.`, depth + 1, repeated);
  }

  private list(
    fields: ReadonlyMap<string, Field>,
    schema: Record<string, unknown> | undefined,
    columns: CatalogueColumn[],
    key: string | undefined,
  ): void {
    const properties = recordOf(schema?.properties);
    const required = new Set(Array.isArray(schema?.required) ? schema.required.map(String) : []);
    for (const [name, field] of fields) {
      const rules = recordOf(properties?.[name]);
      columns.push(this.column(field, rules, required.has(name) || name === key));
      // So many different keys are data, not structure.
      if (field.children.size < MAX_KEYS) this.list(field.children, itemRules(rules), columns, undefined);
    }
    for (const [name, rules] of Object.entries(properties ?? {})) {
      if (fields.has(name) || ([...fields.values()].length === 0 && fields !== this.root)) continue;
      columns.push(declaredColumn(name, recordOf(rules), required.has(name) || name === key));
    }
  }

  private column(field: Field, rules: Record<string, unknown> | undefined, isRequired: boolean): CatalogueColumn {
    const { type, nativeType } = field.types.column();
    const isArray = type === 'array' && field.elements.total > 0;
    const declared = field.types.total === 0 ? declaredType(rules) : undefined;
    const share = this.documents === 0 ? 0 : field.documents / this.documents;
    const types = field.types.list;
    return {
      name: field.name,
      type: declared?.type ?? type,
      nativeType: declared?.nativeType ?? (isArray ? `array of ${field.elements.column().nativeType}` : nativeType),
      nullable: !(isRequired && field.nulls === 0),
      ...fromRules(rules),
      share,
      ...(types.length > 1
        ? { types: types.map((one) => ({ type: one.type, nativeType: one.nativeType, share: one.count / field.types.total })) }
        : {}),
      ...(field.repeated ? { repeated: true } : {}),
    };
  }
}

/** A field that only the validator knows. */
function declaredColumn(name: string, rules: Record<string, unknown> | undefined, isRequired: boolean): CatalogueColumn {
  return {
    name,
    ...(declaredType(rules) ?? { type: 'unknown', nativeType: 'unknown' }),
    nullable: !isRequired,
    ...fromRules(rules),
    share: 0,
  };
}

function declaredType(rules: Record<string, unknown> | undefined): { type: ColumnType; nativeType: string } | undefined {
  const named = rules?.bsonType ?? rules?.type;
  const names = (Array.isArray(named) ? named : [named]).filter(
    (name): name is string => typeof name === 'string' && name !== 'null',
  );
  if (names.length === 0) return undefined;
  const [only] = names;
  return {
    type: names.length === 1 && only !== undefined ? (SCHEMA_TYPES[only] ?? 'unknown') : 'mixed',
    nativeType: names.join(' | '),
  };
}

function fromRules(rules: Record<string, unknown> | undefined): { comment?: string; enumValues?: string[] } {
  const labels = Array.isArray(rules?.enum) ? rules.enum.filter((label): label is string => typeof label === 'string') : [];
  return {
    ...(typeof rules?.description === 'string' && rules.description !== '' ? { comment: rules.description } : {}),
    ...(labels.length > 0 ? { enumValues: labels } : {}),
  };
}

/** The rules of what is inside: of a document its own, of an array those of its items. */
function itemRules(rules: Record<string, unknown> | undefined): Record<string, unknown> | undefined {
  return rules?.properties ? rules : recordOf(rules?.items);
}

function recordOf(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
}
