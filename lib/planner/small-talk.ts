/** Greetings, and questions about the schema itself: both need no database. */
import type { CatalogueIndex, IndexedTable } from './catalogue-index';
import { linkMentions } from './link';
import type { PlanOutcome, ValueIndex } from './schema';
import { tokenise } from './words';

const GREETING =
  /^(hi|hello|hey|hiya|howdy|greetings|good (morning|afternoon|evening|day)|yo|hallo|salut|moin)\b[\s!.,]*(there|quarry|everyone|all)?[\s!.?]*$/i;
const THANKS =
  /^(thanks?( you)?( very much| so much| a lot)?|thx|cheers|great|cool|nice|perfect|ok(ay)?|got it|awesome|well done)[\s!.,]*(thanks?( you)?)?[\s!.]*$/i;
const BYE = /^(bye|goodbye|see you|good night|ciao)\b[^a-z]*$/i;
const ABOUT =
  /^(who|what) are you\b|^what can (you|i) (do|ask)|^(help|help me)[\s!.?]*$|^how (do|does) (you|this) work|^what (questions )?can i ask/i;

const list = (items: readonly string[], most: number): string =>
  items.length > most ? `${items.slice(0, most).join(', ')} and ${items.length - most} more` : items.join(', ');

/** @returns an outcome for small talk, else null */
export function smallTalk(question: string, index: CatalogueIndex, suggestions: () => string[]): PlanOutcome | null {
  const text = question.trim();
  if (GREETING.test(text))
    return {
      kind: 'chat',
      text: `Hello. Ask me something about this database, for example: ${suggestions()[0] ?? 'how many rows a table has'}`,
    };
  if (THANKS.test(text)) return { kind: 'chat', text: 'You are welcome.' };
  if (BYE.test(text)) return { kind: 'chat', text: 'Goodbye.' };
  if (!ABOUT.test(text)) return null;
  const names = list(
    index.tables.filter((table) => !table.junction).map((table) => table.display),
    8,
  );
  const examples = suggestions().slice(0, 3);
  return { kind: 'chat', text: `I answer questions about this database: ${names}. Try: ${examples.join(' ')}` };
}

const TABLES = /\b(tables?|collections?|schema|data sets?|entities)\b/i;
const COLUMNS = /\b(columns?|fields?|attributes)\b/i;

function describe(table: IndexedTable): string {
  const columns = table.columns.map((column) => column.ref.column);
  return `${table.key} has ${columns.length} ${columns.length === 1 ? 'column' : 'columns'}: ${list(columns, 30)}.`;
}

/** "which tables hold orders?", "what columns does customers have?", "describe the table orders". */
export function schemaQuestion(question: string, index: CatalogueIndex, values: ValueIndex): PlanOutcome | null {
  const text = question.trim();
  const aboutTables = /^(which|what|list|show|how many|are there|name|give)\b/i.test(text) && TABLES.test(text);
  const aboutColumns = /^(which|what|list|show|how many|name|give)\b/i.test(text) && COLUMNS.test(text);
  const described =
    /^(describe|explain|show)\b.*\b(table|schema|structure|collection)\b/i.test(text) || /^describe\b/i.test(text);
  if (!aboutTables && !aboutColumns && !described) return null;
  // a restaurant's tables are data
  if (
    index.tables.some((table) =>
      [...table.words, ...table.columns.flatMap((column) => column.words)].some((word) =>
        ['tabl', 'column', 'field', 'schema'].includes(word),
      ),
    )
  )
    return null;
  const mentions = linkMentions(tokenise(text), index, values, new Set());
  const named = new Map<string, IndexedTable>();
  for (const mention of mentions) {
    const best = Math.max(mention.tables[0]?.score ?? 0, mention.columns[0]?.score ?? 0);
    if (best < 0.7) continue;
    for (const { table, score } of mention.tables) if (score >= 0.7) named.set(table.key, table);
    if (aboutTables)
      for (const { column, score } of mention.columns)
        if (score >= best - 0.1) {
          const table = index.byKey.get(column.ref.table);
          if (table) named.set(table.key, table);
        }
  }
  const found = [...named.values()];
  const asks = tokenise(text).filter(
    (token) =>
      token.kind === 'word' &&
      !TABLES.test(token.lower) &&
      !COLUMNS.test(token.lower) &&
      !/^(describe|schema|structure|exist|available|hold|holds|have|has|contain|contains|store|stores)$/.test(token.lower),
  );
  if (found.length === 0 && asks.length > 0 && !described) return null;
  if (found.length === 0) {
    const names = index.tables.map((table) => table.key);
    return {
      kind: 'schema',
      text: `There ${names.length === 1 ? 'is 1 table' : `are ${names.length} tables`}: ${list(names, 30)}.`,
      tables: names,
    };
  }
  const tables = found.map((table) => table.key);
  if (aboutTables && !aboutColumns && !described) {
    return { kind: 'schema', text: found.slice(0, 6).map(describe).join(' '), tables };
  }
  return { kind: 'schema', text: found.slice(0, 3).map(describe).join(' '), tables: tables.slice(0, 3) };
}
