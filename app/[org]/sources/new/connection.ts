import type { FormField } from '@/lib/adapters/contract';
import type { SourceType } from '@/lib/sources';

/** What is typed into the form, by the names of the engine's fields ("host", "tls.mode"). */
export type FieldValues = Record<string, string>;

/** The engine that a connection string means, by its scheme. */
export function typeOfUri(uri: string, types: readonly SourceType[]): SourceType | null {
  const scheme = /^([a-z][a-z\d+.-]*):/i.exec(uri.trim())?.[1]?.toLowerCase();
  return types.find((type) => scheme !== undefined && type.uriSchemes.includes(scheme)) ?? null;
}

/** Takes a connection string apart for the form. What it can't read stays empty; the server reads the string itself. */
export function fieldsOfUri(uri: string): FieldValues {
  const match = /^[a-z][a-z\d+.-]*:\/\/(?:([^:@/]*)(?::([^@/]*))?@)?(\[[^\]]+\]|[^:/?#]*)(?::(\d+))?(?:\/([^?#]*))?/i.exec(
    uri.trim(),
  );
  if (!match) return {};
  const [, username, password, host, port, database] = match;
  const found = { username, password, host: host?.replace(/^\[|\]$/g, ''), port, database };
  return Object.fromEntries(Object.entries(found).flatMap(([name, value]) => (value ? [[name, decode(value)]] : [])));
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** A name for the source when none was typed: the database's, or the file's. */
export function suggestName(values: FieldValues): string {
  const base =
    values.database ??
    values.file
      ?.split(/[\\/]/)
      .at(-1)
      ?.replace(/\.[a-z\d]+$/i, '') ??
    '';
  const words = base.replace(/[_-]+/g, ' ').trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** The form as POST /api/data-sources takes it: empty fields left out, "tls.mode" nested, numbers as numbers. */
export function connectionOf(fields: readonly FormField[], values: FieldValues): Record<string, unknown> {
  const connection: Record<string, unknown> = {};
  for (const field of fields) {
    const text = values[field.name] ?? '';
    if (text === '') continue;
    const value = field.kind === 'number' ? Number(text) : text;
    const [outer = '', inner] = field.name.split('.');
    if (inner === undefined) connection[outer] = value;
    else connection[outer] = { ...(connection[outer] as Record<string, unknown> | undefined), [inner]: value };
  }
  return connection;
}

/** Fields by the part of their name before the dot ("tls.mode" → "tls", "host" → ""), groups and fields in the given order. */
export function groupFields(fields: readonly FormField[]): { group: string; fields: FormField[] }[] {
  const groups = new Map<string, FormField[]>();
  for (const field of fields) {
    const group = field.name.includes('.') ? (field.name.split('.')[0] ?? '') : '';
    groups.set(group, [...(groups.get(group) ?? []), field]);
  }
  return [...groups].map(([group, inside]) => ({ group, fields: inside }));
}

/**
 * What changed in the form of a stored connection, as PATCH /api/data-sources/:id takes it; null when nothing did. A secret left empty
 * stays as it is; any other field that was emptied is sent empty where the server allows it.
 */
export function changesOf(
  fields: readonly FormField[],
  stored: FieldValues,
  values: FieldValues,
): Record<string, unknown> | null {
  const changed = fields.filter((field) => {
    const now = values[field.name] ?? '';
    return field.secret ? now !== '' : now !== (stored[field.name] ?? '');
  });
  const connection: Record<string, unknown> = {};
  for (const field of changed) {
    const text = values[field.name] ?? '';
    const [outer = '', inner] = field.name.split('.');
    if (text === '' && inner === undefined) continue;
    const value = field.kind === 'number' && text !== '' ? Number(text) : text;
    if (inner === undefined) connection[outer] = value;
    else connection[outer] = { ...(connection[outer] as Record<string, unknown> | undefined), [inner]: value };
  }
  return Object.keys(connection).length > 0 ? connection : null;
}
