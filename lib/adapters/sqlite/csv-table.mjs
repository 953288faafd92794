/** One CSV file becomes one table. */
import { ColumnWatch, looksLikeData, toStored } from './column-types.mjs';
import { FileProblem, findDelimiter, readRecords, sampleRecords, scan } from './csv-file.mjs';

/** SQLITE_MAX_COLUMN. */
const MOST_COLUMNS = 2_000;
/** Values that are remembered to find out whether the first column is a key. */
const MOST_KEYS = 1_000_000;
const KEY_NAME = /(?:^|[\s_-])(?:id|code|key|uuid|guid|no|nr|number|sku|isbn)$|[a-z](?:Id|ID)$/i;
const LINES_TOLD = 5;

/**
 * @param taken lower-case names of the tables that are there
 * @returns {Promise<{name: string, rows: number, columns: {name: string, type: string}[], warnings: string[]}>}
 */
export async function importCsv(database, { file, fileName }, taken) {
  const { encoding, sample } = await scan(file);
  const delimiter = findDelimiter(sample, fileName);
  const form = { encoding, delimiter };
  const first = sampleRecords(sample, delimiter);
  const header = first.length === 0 ? false : hasHeader(first);
  const found = await survey(file, form, header);
  if (found.records === 0) throw new FileProblem('is empty');
  const warnings =
    encoding === 'windows-1252' ? ['It is not UTF-8, so it was read as Windows-1252 (Latin-1). Check the accents.'] : [];
  const columns = nameColumns(found, header, warnings);
  const name = uniqueName(tableName(fileName), taken, '_');
  const rows = await fill(database, name, columns, { file, form, header, key: found.key });
  if (found.ragged.count > 0) warnings.push(raggedWarning(found.ragged));
  if (rows === 0) warnings.push('It has a header and no rows.');
  return { name, rows, columns: columns.map(({ name: column, type }) => ({ name: column, type })), warnings };
}

/**
 * The first record holds names unless one of its values is data like those below it. Years may be names: a table turned on its side
 * has them.
 */
function hasHeader([first = [], ...rest]) {
  return !first.some((value, index) => {
    if (!looksLikeData(value)) return false;
    const isYear = /^\s*(?:19|20)\d\d\s*$/.test(value);
    const below = rest.map((record) => record[index] ?? '').filter((other) => other.trim() !== '');
    if (below.length === 0) return !isYear;
    return isYear ? below.every((other) => /^\s*(?:19|20)\d\d\s*$/.test(other)) : below.some(looksLikeData);
  });
}

/** Reads all records once: widths, types, whether the first column is a key. */
async function survey(file, form, header) {
  const found = { records: 0, names: [], watches: [], ragged: { count: 0, lines: [], width: 0 }, key: new Set() };
  await readRecords(file, form, (record, line) => {
    found.records += 1;
    if (found.records === 1) {
      found.ragged.width = record.length;
      if (header) {
        found.names = record;
        return;
      }
    }
    if (record.length !== found.ragged.width) note(found.ragged, record, line);
    // Empty fields at the end don't widen the table: some programs end each line with a delimiter.
    let { length } = record;
    while (length > found.watches.length && record[length - 1].trim() === '') length -= 1;
    if (length > MOST_COLUMNS) throw new FileProblem(`has more than ${MOST_COLUMNS} columns in line ${line}`);
    while (found.watches.length < length) found.watches.push(new ColumnWatch());
    for (let index = 0; index < length; index++) found.watches[index].see(record[index], line);
    if (found.key) watchKey(found, record[0] ?? '');
  });
  while (found.watches.length < Math.min(found.names.length, MOST_COLUMNS + 1)) found.watches.push(new ColumnWatch());
  if (found.watches.length > MOST_COLUMNS) throw new FileProblem(`has more than ${MOST_COLUMNS} columns`);
  return found;
}

function note(ragged, record, line) {
  if (record.slice(ragged.width).every((value) => value.trim() === '') && record.length > ragged.width) return;
  ragged.count += 1;
  if (ragged.lines.length < LINES_TOLD) ragged.lines.push(line);
}

function watchKey(found, value) {
  const { key } = found;
  if (value.trim() === '' || key.has(value) || key.size >= MOST_KEYS) found.key = null;
  else key.add(value);
}

function raggedWarning({ count, lines, width }) {
  const more = count > lines.length ? ` and ${count - lines.length} more` : '';
  const told = lines.length > 1 || more !== '' ? `Lines ${lines.join(', ')}${more} do` : `Line ${lines[0]} does`;
  return `${told} not have ${width} ${width === 1 ? 'field' : 'fields'} like the first line. Missing fields are empty; fields beyond it have columns of their own.`;
}

function nameColumns({ names, watches, key }, header, warnings) {
  const taken = new Set();
  const empty = [];
  const doubled = [];
  const columns = watches.map((watch, index) => {
    const given = clean(names[index] ?? '');
    const name = uniqueName(given || `column_${index + 1}`, taken, '_');
    if (given === '') empty.push(name);
    else if (name !== given) doubled.push(name);
    const complaint = watch.complaint(name);
    if (complaint !== null) warnings.push(complaint);
    return { name, type: watch.type(), key: false };
  });
  const [first] = columns;
  // Without a header there is no name that says so.
  if (first && header && key !== null && key.size > 0 && KEY_NAME.test(first.name) && ['INTEGER', 'TEXT'].includes(first.type))
    first.key = true;
  if (!header) warnings.push('Its first line looks like data and not like names, so the columns are named column_1 and so on.');
  else if (empty.length > 0) warnings.push(`Columns without a name are named ${list(empty)}.`);
  if (doubled.length > 0) warnings.push(`Names that occur twice were changed: ${list(doubled)}.`);
  return columns;
}

const list = (names) => (names.length > LINES_TOLD ? `${names.slice(0, LINES_TOLD).join(', ')} …` : names.join(', '));

async function fill(database, table, columns, { file, form, header }) {
  const declared = columns.map(({ name, type, key }) => `${quote(name)} ${type}${key ? ' PRIMARY KEY' : ''}`);
  database.exec(`CREATE TABLE ${quote(table)} (${declared.join(', ')})`);
  const insert = database.prepare(`INSERT INTO ${quote(table)} VALUES (${columns.map(() => '?').join(', ')})`);
  const types = columns.map(({ type }) => type);
  let records = 0;
  await readRecords(file, form, (record) => {
    records += 1;
    if (header && records === 1) return;
    insert.run(types.map((type, index) => toStored(record[index] ?? '', type)));
  });
  return header ? records - 1 : records;
}

/** "../2024 Sales (final).csv" → "t_2024_Sales_final". */
function tableName(fileName) {
  const base = (fileName.split(/[\\/]/).at(-1) ?? '').replace(/\.[a-z\d]+$/i, '');
  const words = base
    .normalize('NFC')
    .replace(/[^\p{L}\p{N}_]+/gu, '_')
    .replace(/^_+|_+$/g, '')
    .slice(0, 60);
  if (words === '') return 'data';
  return /^(?:\d|sqlite_)/i.test(words) ? `t_${words}` : words;
}

/** A column's name as it was written, but for control characters and white space. */
const clean = (name) =>
  name
    .normalize('NFC')
    .replace(/[\p{C}\s]+/gu, ' ')
    .trim()
    .slice(0, 120);

/** SQLite compares names without case, but only of ASCII letters; ours is stricter. */
function uniqueName(name, taken, separator) {
  let unique = name;
  for (let count = 2; taken.has(unique.toLowerCase()); count++) unique = `${name}${separator}${count}`;
  taken.add(unique.toLowerCase());
  return unique;
}

export const quote = (name) => `"${name.replaceAll('"', '""')}"`;
