import { commandForm } from './command-form';
import type { Operation } from './operation';
import { Reader } from './reader';
import { shellForm } from './shell-form';
import { Doc, List, type Slot } from './values';

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

function checkPart(reader: Reader, name: string, { value, start }: Slot): void {
  const kind = KINDS[name];
  const fits =
    kind === undefined ||
    (kind === 'document' && value instanceof Doc) ||
    (kind === 'list' && value instanceof List) ||
    (kind === 'text' && typeof value === 'string');
  if (!fits) reader.fail(`The ${name} must be a ${kind}${kind === 'list' ? ' in square brackets' : ''}`, start);
}
