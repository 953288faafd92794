import type { Cell, Column } from '../adapters/contract';
import { exactNumber } from './format';

/** Spreadsheets refuse longer texts in a cell. */
export const MAX_TEXT = 32_767;
const CUT = '… [cut: longer than a cell can be]';
export const DAY_MS = 86_400_000;
/** Day 0 of the serial dates; right from 1 March 1900, because the format counts a 29 February 1900 that was not. */
export const EPOCH = Date.UTC(1899, 11, 30);
export const FIRST_DAY = 61;
/** Indexes into the cellXfs of the workbook's styles. */
export const STYLE = { date: 1, timestamp: 2, header: 3 } as const;

export type WriteCell = (cell: Cell) => string;

/** An absent cell is written too: cells have no address of their own, their place is their order. */
export const EMPTY = '<c/>';

/** How the cells of a column are written. */
export function cellWriter({ type }: Column): WriteCell {
  switch (type) {
    case 'integer':
    case 'bigint':
    case 'decimal':
    case 'year':
      return (cell) => (typeof cell === 'string' ? numberCell(exactNumber(cell)) : anyCell(cell));
    case 'date':
      return (cell) => (typeof cell === 'string' ? dateCell(cell, STYLE.date) : anyCell(cell));
    case 'timestamp':
      return (cell) => (typeof cell === 'string' ? dateCell(cell, STYLE.timestamp) : anyCell(cell));
    default:
      return anyCell;
  }
}

export function anyCell(cell: Cell): string {
  if (cell === null) return EMPTY;
  if (typeof cell === 'string') return textCell(cell);
  if (typeof cell === 'boolean') return `<c t="b"><v>${cell ? 1 : 0}</v></c>`;
  if (typeof cell === 'number') return Number.isFinite(cell) ? numberCell(cell) : textCell(String(cell));
  if (!Array.isArray(cell) && typeof cell.exact === 'string') return numberCell(exactNumber(cell.exact));
  return textCell(JSON.stringify(cell));
}

export function numberCell(value: number | string): string {
  return typeof value === 'number' ? `<c><v>${value}</v></c>` : textCell(value);
}

/** Milliseconds are what a serial date keeps; with more digits the text stays, which keeps all. */
const PLAIN_DATE = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d:\d\d(?:\.\d{1,3})?)?$/;

export function dateCell(text: string, style: number): string {
  if (!PLAIN_DATE.test(text)) return textCell(text);
  const serial = (Date.parse(text.includes('T') ? `${text}Z` : text) - EPOCH) / DAY_MS;
  return serial >= FIRST_DAY ? `<c s="${style}"><v>${serial}</v></c>` : textCell(text);
}

export function textCell(text: string, style?: number): string {
  const whole = text.length > MAX_TEXT ? text.slice(0, MAX_TEXT - CUT.length) + CUT : text;
  return `<c t="inlineStr"${style === undefined ? '' : ` s="${style}"`}><is><t xml:space="preserve">${escapeXml(whole)}</t></is></c>`;
}

const SPECIAL = /[&<>\ufffe\uffff]|(?![\t\n])\p{Cc}|\p{Cs}|_x[0-9a-fA-F]{4}_/gu;

/** XML's own characters, and what XML can't hold as _xHHHH_ (ECMA-376 part 1, 22.9.2.19, ST_Xstring). */
function escapeXml(text: string): string {
  return text.replace(SPECIAL, (found) => {
    if (found === '&') return '&amp;';
    if (found === '<') return '&lt;';
    if (found === '>') return '&gt;';
    if (found.length > 1) return `_x005F_${found.slice(1)}`;
    return `_x${found.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}_`;
  });
}
