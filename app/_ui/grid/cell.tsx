import type { JsonCell } from '@/lib/query/schema';
import { formatCount, formatInstant, formatNumber } from '../figures';
import { type GridColumn, isNumeric, isTemporal, padFraction, rawText } from './values';

/** How many characters of a text a cell holds in the document; the rest is in the cell's window. */
const SHOWN = 200;

/** The text that a value takes in the grid. NULL is drawn, not written. */
export function displayText(value: JsonCell, column: GridColumn): string {
  const { type, fractionDigits = 0 } = column;
  if (value === null) return '';
  if (typeof value === 'boolean') return value ? 'true' : 'false';
  if (typeof value === 'number')
    return type === 'year' ? String(value) : formatNumber(padFraction(String(value), fractionDigits));
  if (typeof value === 'object') return JSON.stringify(value).slice(0, SHOWN);
  if (type === 'binary') return formatCount(base64Bytes(value), 'byte');
  if (isNumeric(type)) return formatNumber(padFraction(value, fractionDigits));
  if (isTemporal(type)) return formatInstant(value);
  return value.length > SHOWN ? `${value.slice(0, SHOWN)}…` : value;
}

function base64Bytes(text: string): number {
  return Math.floor((text.length * 3) / 4) - (text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0);
}

/** One value, always inert text. */
export function CellValue({ value, column }: { value: JsonCell; column: GridColumn }) {
  if (value === null) {
    return (
      <span className="select-none text-faint" title="NULL">
        <span aria-hidden="true">–</span>
        <span className="sr-only">null</span>
      </span>
    );
  }
  if (value === '') return <span title="Empty text" />;
  const text = displayText(value, column);
  if (typeof value === 'object') return <span className="font-mono text-[12px] text-ink-2">{text}</span>;
  if (column.type === 'binary') return <span className="text-ink-3">{text}</span>;
  return text.replace(/\r?\n/g, ' ↵ ');
}

/** The whole value for the cell's window: JSON laid out, everything else as it is stored. */
export function wholeText(value: JsonCell): string {
  return value !== null && typeof value === 'object' ? JSON.stringify(value, null, 2) : rawText(value);
}
