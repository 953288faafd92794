import { pipelineLimit } from './limit-place';
import { type Found, other, type ReadKind } from './operation';
import { COMMANDS, explainMode, setPart } from './parts';
import type { Reader } from './reader';
import { Doc, type Slot, wholeNumber } from './values';

/** A command in extended JSON: {"find": "orders", …}. */
export function commandForm(reader: Reader, slot: Slot): Found {
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
