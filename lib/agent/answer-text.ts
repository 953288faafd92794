/** The spoken answer: a sentence whose every figure comes from the rows [C21]. No model writes it. */

interface ResultShape {
  columns: readonly { name: string; type: string }[];
  rows: readonly (readonly unknown[])[];
  rowCount: number;
  truncated: null | { by: 'rows' | 'bytes'; limit: number };
}

const NUMERIC = new Set(['integer', 'bigint', 'decimal', 'double']);

/**
 * @param reading what was understood, in words ("orders per country"); used only when its figures hold
 * @param allowed texts whose numbers may be repeated (the question, the query)
 */
export function describeAnswer(reading: string, result: ResultShape, allowed: string[]): string {
  const holds = figuresHold(reading, result, allowed);
  const lead = holds ? capitalise(reading.trim().replace(/[.:]\s*$/, '')) : '';
  const { columns, rows, rowCount } = result;
  if (rowCount === 0) return lead ? `${lead}: no rows match.` : 'No rows match.';
  const [first] = rows;
  if (rowCount === 1 && first) {
    const [value] = first;
    if (columns.length === 1) {
      if (value === null) return `${lead || capitalise(words(columns[0]?.name ?? 'value'))}: there is no value.`;
      return `${lead || capitalise(words(columns[0]?.name ?? 'value'))}: ${formatFigure(value, columns[0]?.type)}.`;
    }
    const parts = columns.slice(0, 5).map((column, index) => `${words(column.name)} ${formatFigure(first[index], column.type)}`);
    return `${lead ? `${lead}: ` : ''}${parts.join(', ')}${columns.length > 5 ? ', …' : ''}.`;
  }
  const count = result.truncated?.by === 'rows' ? `the first ${formatFigure(rowCount)} rows` : `${formatFigure(rowCount)} rows`;
  const span = result.truncated ? '' : describeSpan(result);
  return `${lead ? `${lead}: ${count}` : capitalise(count)}.${span}`;
}

/** Highest and lowest, when the result is one label and one figure. */
function describeSpan({ columns, rows }: ResultShape): string {
  if (columns.length !== 2) return '';
  const figure = columns.findIndex((column) => NUMERIC.has(column.type) && !/(?:^|_)id$/i.test(column.name));
  if (figure === -1) return '';
  const label = 1 - figure;
  if (NUMERIC.has(columns[label]?.type ?? '')) return '';
  // Exact texts that a double can't hold are ordered as doubles here: only the choice of row uses it, never the printed figure.
  const known = rows.filter((row) => row[figure] !== null && row[label] !== null && !Number.isNaN(Number(row[figure])));
  if (known.length < 2) return '';
  const sorted = [...known].sort((a, b) => Number(b[figure]) - Number(a[figure]));
  const [high] = sorted;
  const low = sorted.at(-1);
  const labels = known.map((row) => String(row[label]));
  const labelOf = (value: unknown) => shortDate(String(value), labels, columns[label]?.name === 'quarter');
  const tie = (row: readonly unknown[] | undefined) =>
    sorted.filter((other) => Number(other[figure]) === Number(row?.[figure])).length > 1;
  if (!high || !low || Number(high[figure]) === Number(low[figure]) || tie(high)) return '';
  const type = columns[figure]?.type;
  const lowest = tie(low) ? '' : `, lowest ${labelOf(low[label])} with ${formatFigure(low[figure], type)}`;
  return ` Highest is ${labelOf(high[label])} with ${formatFigure(high[figure], type)}${lowest}.`;
}

/**
 * A period's first moment as people name it: the day when all are midnight, the month when all are the first of one, the quarter
 * when that is what was grouped by.
 */
function shortDate(text: string, all: readonly string[], quarters: boolean): string {
  const dates = all.map((other) => /^(\d{4}-\d\d)-(\d\d)(?:T00:00:00(?:\.0+)?(?:Z|[+-]00:00)?)?$/.exec(other));
  if (!dates.every((match) => match !== null)) return text;
  if (!dates.every((match) => match[2] === '01')) return text.slice(0, 10);
  if (!quarters) return text.slice(0, 7);
  return `Q${Math.ceil(Number(text.slice(5, 7)) / 3)} ${text.slice(0, 4)}`;
}

/** Digits grouped with a thin space, never through a float when the value is text. Years and text stay as they are. */
export function formatFigure(value: unknown, type?: string): string {
  if (value === null || value === undefined) return 'no value';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
  if (type !== undefined && !NUMERIC.has(type) && typeof value !== 'number') return text;
  const match = /^(-?)(\d+)(\.\d+)?$/.exec(text);
  if (!match) return text;
  const [, sign = '', whole = '', fraction = ''] = match;
  return `${sign}${whole.length > 4 ? whole.replace(/\B(?=(\d{3})+$)/g, '\u202f') : whole}${fraction}`;
}

/** Every number in the text is in the rows, is their count, or was said by the person or the query. */
export function figuresHold(text: string, result: Pick<ResultShape, 'rows' | 'rowCount'>, allowed: string[]): boolean {
  const wanted = numbersIn(text);
  if (wanted.length === 0) return true;
  const known = new Set([String(result.rowCount), ...allowed.flatMap(numbersIn)]);
  for (const row of result.rows)
    for (const value of row) if (value !== null) for (const number of numbersIn(String(value))) known.add(number);
  return wanted.every((number) => known.has(number));
}

function numbersIn(text: string): string[] {
  const plain = text.replace(/(\d)[\u202f\u2009,](?=\d{3}\b)/g, '$1');
  return [...plain.matchAll(/\d+(?:\.\d+)?/g)].map((match) => canonical(match[0]));
}

const canonical = (number: string) =>
  number
    .replace(/^0+(?=\d)/, '')
    .replace(/(\.\d*?)0+$/, '$1')
    .replace(/\.$/, '');
const capitalise = (text: string) => (text ? text[0]?.toUpperCase() + text.slice(1) : text);
const words = (name: string) =>
  name
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .replaceAll('_', ' ')
    .toLowerCase();
