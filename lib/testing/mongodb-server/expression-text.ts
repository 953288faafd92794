/** String operators. Positions are in code points (CP) or UTF-8 bytes. */

import { compareText } from './compare';
import { textOf } from './expression-types';
import type { Operator } from './expressions';
import { compileRegex } from './regex';
import { doc, FarDate, int, isNumber, located, type Maybe, Regex, Sym, toDouble, typeName, type Value } from './values';

const absent = (value: Maybe): value is null | undefined => value === null || value === undefined;

function text(value: Maybe, name: string): string {
  if (typeof value === 'string') return value;
  if (value instanceof Sym) return value.text;
  throw located(16702, `${name} only supports strings, not ${typeName(value)}`);
}

/** $toLower and its kin take null as empty, and numbers and dates as their text. */
function loose(value: Maybe): string {
  if (absent(value)) return '';
  if (typeof value === 'string' || isNumber(value) || value instanceof Date || value instanceof FarDate) return textOf(value);
  throw located(16007, `can't convert from BSON type ${typeName(value)} to String`);
}

const number = (value: Maybe, name: string): number => {
  if (isNumber(value)) return toDouble(value);
  throw located(34450, `${name}: the position must be a number`);
};

function trim(values: Record<string, Maybe>, start: boolean, end: boolean): Maybe {
  if (absent(values.input)) return null;
  const input = [...text(values.input, '$trim')];
  const chars = new Set(
    values.chars === undefined
      ? ' \t\n\r\v\f\0\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a'
      : text(values.chars, '$trim'),
  );
  let from = 0;
  let to = input.length;
  while (start && from < to && chars.has(input[from] ?? '')) from++;
  while (end && to > from && chars.has(input[to - 1] ?? '')) to--;
  return input.slice(from, to).join('');
}

function substringBytes(value: Maybe, start: Maybe, length: Maybe): Maybe {
  const bytes = Buffer.from(loose(value));
  const from = number(start, '$substrBytes');
  const count = number(length, '$substrBytes');
  if (from < 0) throw located(50752, '$substrBytes: starting index must be non-negative');
  return bytes.subarray(from, count < 0 ? undefined : from + count).toString();
}

function indexOf(value: Maybe, part: Maybe, start: Maybe, end: Maybe, split: (input: string) => string[] | Buffer): Maybe {
  if (absent(value)) return null;
  const input = split(text(value, '$indexOf'));
  const wanted = split(text(part, '$indexOf'));
  const from = start === undefined ? 0 : number(start, '$indexOf');
  const to = Math.min(end === undefined ? input.length : number(end, '$indexOf'), input.length);
  for (let at = from; at + wanted.length <= to; at++) {
    let same = true;
    for (let offset = 0; offset < wanted.length && same; offset++) same = input[at + offset] === wanted[offset];
    if (same) return int(at);
  }
  return int(-1);
}

/** Matches of a pattern as $regexFind gives them. */
function* matches(values: Record<string, Maybe>, name: string): Generator<Value> {
  if (absent(values.input) || absent(values.regex)) return;
  const input = text(values.input, name);
  const regex = values.regex;
  const flags = typeof values.options === 'string' ? values.options : regex instanceof Regex ? regex.flags : '';
  const pattern = compileRegex(regex instanceof Regex ? regex.pattern : text(regex, name), flags, true);
  for (const match of input.matchAll(pattern)) {
    yield doc({
      match: match[0],
      idx: int([...input.slice(0, match.index)].length),
      captures: match.slice(1).map((capture) => capture ?? null),
    });
  }
}

const regexArguments = { named: ['input', 'regex', 'options'], required: ['input', 'regex'] };

function replace(values: Record<string, Maybe>, all: boolean): Maybe {
  if (absent(values.input) || absent(values.find) || absent(values.replacement)) return null;
  const input = text(values.input, '$replaceOne');
  const find = text(values.find, '$replaceOne');
  const by = text(values.replacement, '$replaceOne');
  return all ? input.split(find).join(by) : input.replace(find, () => by);
}

export const TEXT_OPERATORS: Record<string, Operator> = {
  $concat: {
    args: [0, Infinity],
    run: (...values) => (values.some(absent) ? null : values.map((value) => text(value, '$concat')).join('')),
  },
  $toLower: { args: [1, 1], run: (value) => loose(value).replace(/[A-Z]/g, (letter) => letter.toLowerCase()) },
  $toUpper: { args: [1, 1], run: (value) => loose(value).replace(/[a-z]/g, (letter) => letter.toUpperCase()) },
  $strcasecmp: {
    args: [2, 2],
    run: (left, right) => int(Math.sign(compareText(loose(left).toUpperCase(), loose(right).toUpperCase()))),
  },
  $strLenCP: { args: [1, 1], run: (value) => int([...text(value, '$strLenCP')].length) },
  $strLenBytes: { args: [1, 1], run: (value) => int(Buffer.byteLength(text(value, '$strLenBytes'))) },
  $substrCP: {
    args: [3, 3],
    run: (value, start, length) => {
      const from = number(start, '$substrCP');
      return [...loose(value)].slice(from, from + number(length, '$substrCP')).join('');
    },
  },
  $substr: { args: [3, 3], run: substringBytes },
  $substrBytes: { args: [3, 3], run: substringBytes },
  $indexOfCP: { args: [2, 4], run: (value, part, start, end) => indexOf(value, part, start, end, (input) => [...input]) },
  $indexOfBytes: {
    args: [2, 4],
    run: (value, part, start, end) => indexOf(value, part, start, end, (input) => Buffer.from(input)),
  },
  $split: {
    args: [2, 2],
    run: (value, by) => {
      if (absent(value) || absent(by)) return null;
      if (by === '') throw located(40087, '$split requires a non-empty separator');
      return text(value, '$split').split(text(by, '$split'));
    },
  },
  $trim: { named: ['input', 'chars'], required: ['input'], run: (values) => trim(values, true, true) },
  $ltrim: { named: ['input', 'chars'], required: ['input'], run: (values) => trim(values, true, false) },
  $rtrim: { named: ['input', 'chars'], required: ['input'], run: (values) => trim(values, false, true) },
  $replaceOne: {
    named: ['input', 'find', 'replacement'],
    required: ['input', 'find', 'replacement'],
    run: (values) => replace(values, false),
  },
  $replaceAll: {
    named: ['input', 'find', 'replacement'],
    required: ['input', 'find', 'replacement'],
    run: (values) => replace(values, true),
  },
  $regexMatch: { ...regexArguments, run: (values) => !matches(values, '$regexMatch').next().done },
  $regexFind: {
    ...regexArguments,
    run: (values) => {
      const first = matches(values, '$regexFind').next();
      return first.done ? null : first.value;
    },
  },
  $regexFindAll: { ...regexArguments, run: (values) => [...matches(values, '$regexFindAll')] },
};
