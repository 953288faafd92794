import clsx from 'clsx';
import { Fragment } from 'react';

type Kind = 'keyword' | 'string' | 'number' | 'comment' | 'plain';

const KEYWORDS = new Set(
  `all and any array as asc between by case cast coalesce cross current_date current_timestamp date desc distinct else end except exists
  extract false filter first following from full group having ilike in inner intersect interval is join last lateral left like limit natural not
  null nulls offset on or order outer over partition preceding range recursive right row rows select set some then true unbounded union
  unnest using values when where window with within`.split(/\s+/),
);

const TOKEN =
  /(--[^\n]*|\/\*[\s\S]*?\*\/)|('(?:[^']|'')*')|("(?:[^"]|"")*"|`[^`]*`|\[[^\]\n]*\])|(\b\d+(?:\.\d+)?\b)|([\p{L}_][\p{L}\p{N}_$]*)/gu;

const INKS: Record<Kind, string> = {
  keyword: 'text-accent-ink',
  string: 'text-success-ink',
  number: 'text-warning-ink',
  comment: 'text-ink-3 italic',
  plain: '',
};

/** The query's text in pieces. For the eye only: nothing depends on reading it right. */
export function splitQuery(text: string): { kind: Kind; text: string }[] {
  const pieces: { kind: Kind; text: string }[] = [];
  let end = 0;
  for (const match of text.matchAll(TOKEN)) {
    if (match.index > end) pieces.push({ kind: 'plain', text: text.slice(end, match.index) });
    const [whole, comment, string, , number, word] = match;
    const kind: Kind = comment
      ? 'comment'
      : string
        ? 'string'
        : number
          ? 'number'
          : word && KEYWORDS.has(word.toLowerCase())
            ? 'keyword'
            : 'plain';
    pieces.push({ kind, text: whole });
    end = match.index + whole.length;
  }
  if (end < text.length) pieces.push({ kind: 'plain', text: text.slice(end) });
  return pieces;
}

/** A query, coloured; on one line when folded. */
export function QueryText({ text, inline, className }: { text: string; inline?: boolean; className?: string }) {
  const shown = inline ? text.replace(/\s+/g, ' ').trim() : text;
  const pieces = splitQuery(shown).map(({ kind, text: piece }, index) =>
    kind === 'plain' ? (
      // biome-ignore lint/suspicious/noArrayIndexKey: the pieces of a text are known by their place only.
      <Fragment key={index}>{piece}</Fragment>
    ) : (
      // biome-ignore lint/suspicious/noArrayIndexKey: the pieces of a text are known by their place only.
      <span key={index} className={INKS[kind]}>
        {piece}
      </span>
    ),
  );
  if (inline) return <code className={clsx('block truncate font-mono text-[12px] text-ink-2', className)}>{pieces}</code>;
  return (
    <pre
      className={clsx(
        'scroll-thin overflow-auto whitespace-pre-wrap break-words rounded-md bg-sunken p-3 font-mono text-[12px] text-ink leading-5',
        className,
      )}
    >
      <code>{pieces}</code>
    </pre>
  );
}
