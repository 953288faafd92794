export interface TableColumn {
  name: string;
  /** Right-aligned when true. */
  numeric?: boolean;
}

const GAP = '  ';
const NARROWEST = 4;

/**
 * Rows as text in columns that fit the width: the widest columns give way first, and what was cut ends in "…".
 * Cells are inert: control characters, with which data could steer a terminal, are shown as escapes.
 * @param width in terminal cells; Infinity cuts nothing
 */
export function formatTable(columns: TableColumn[], rows: unknown[][], width: number): string {
  const cells = rows.map((row) => columns.map((_, i) => cellText(row[i])));
  const headers = columns.map(({ name }) => inert(name));
  const wanted = headers.map((header, i) =>
    cells.reduce((most, row) => Math.max(most, cellWidth(row[i] ?? '')), cellWidth(header)),
  );
  const widths = shrink(wanted, width - GAP.length * (columns.length - 1));
  const line = (texts: string[]) =>
    texts
      .map((text, i) => pad(cut(text, widths[i] ?? 0), widths[i] ?? 0, columns[i]?.numeric ?? false))
      .join(GAP)
      .trimEnd();
  const rule = widths.map((w) => '─'.repeat(w)).join(GAP);
  return [line(headers), rule, ...cells.map(line)].join('\n');
}

/** NULL is written out, so that it differs from the empty text. */
export function cellText(value: unknown): string {
  if (value === null || value === undefined) return 'NULL';
  return inert(typeof value === 'object' ? JSON.stringify(value) : String(value));
}

/** Line ends and tabs as \n and \t, other control characters, also the C1 ones and bidirectional overrides, as \u…. */
export function inert(text: string): string {
  const named: Record<string, string> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };
  // biome-ignore lint/suspicious/noControlCharactersInRegex: finding them is the point
  const steering = /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;
  return text.replace(steering, (char) => named[char] ?? `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

// East Asian Wide and emoji take two cells, combining marks none (Unicode UAX #11, to the precision a table needs).
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u;
const NONE = /\p{Mark}|\u200b|\u200d/u;

function charWidth(char: string): number {
  if (NONE.test(char)) return 0;
  return WIDE.test(char) ? 2 : 1;
}

function cellWidth(text: string): number {
  let width = 0;
  for (const char of text) width += charWidth(char);
  return width;
}

function cut(text: string, width: number): string {
  if (cellWidth(text) <= width) return text;
  let kept = '';
  let used = 0;
  for (const char of text) {
    used += charWidth(char);
    if (used > width - 1) break;
    kept += char;
  }
  return `${kept}…`;
}

function pad(text: string, width: number, right: boolean): string {
  const space = ' '.repeat(Math.max(0, width - cellWidth(text)));
  return right ? space + text : text + space;
}

/** Lowers the widest columns to a common ceiling until all fit. */
function shrink(wanted: number[], available: number): number[] {
  if (wanted.reduce((sum, w) => sum + w, 0) <= available) return wanted;
  let ceiling = Math.max(...wanted);
  const total = (limit: number) => wanted.reduce((sum, w) => sum + Math.min(w, limit), 0);
  while (ceiling > NARROWEST && total(ceiling) > available) ceiling -= 1;
  return wanted.map((w) => Math.min(w, ceiling));
}
