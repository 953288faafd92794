'use client';

import clsx from 'clsx';
import { ArrowUp, Square } from 'lucide-react';
import { type KeyboardEvent, type ReactNode, type RefObject, useLayoutEffect, useState } from 'react';
import { Hint } from '../../_ui/tooltip';

const MAX_HEIGHT_PX = 240;

interface QuestionBoxProps {
  value: string;
  onChange(text: string): void;
  onSend(): void;
  onStop(): void;
  running: boolean;
  disabled?: boolean;
  placeholder: string;
  /** Questions asked before in this conversation, oldest first; Up brings them back. */
  past: string[];
  /** The chips under the text: source, environment. */
  chips: ReactNode;
  boxRef: RefObject<HTMLTextAreaElement | null>;
}

/** Enter sends, Shift+Enter breaks the line, Up from an empty box recalls, Escape stops. */
export function QuestionBox({
  value,
  onChange,
  onSend,
  onStop,
  running,
  disabled,
  placeholder,
  past,
  chips,
  boxRef,
}: QuestionBoxProps) {
  const [recalled, setRecalled] = useState<number | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: measured again with every text.
  useLayoutEffect(() => {
    const box = boxRef.current;
    if (!box) return;
    box.style.height = 'auto';
    box.style.height = `${Math.min(MAX_HEIGHT_PX, box.scrollHeight)}px`;
  }, [boxRef, value]);

  const recall = (event: KeyboardEvent, step: -1 | 1) => {
    if (past.length === 0 || (value !== '' && recalled === null)) return;
    const next = (recalled ?? past.length) + step;
    const text = past[next];
    event.preventDefault();
    setRecalled(text === undefined ? null : next);
    if (text !== undefined) onChange(text);
    else if (step === 1) onChange('');
  };

  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    // While an input method composes a character, Enter belongs to it.
    if (event.nativeEvent.isComposing) return;
    if (event.key === 'Enter' && !event.shiftKey) {
      event.preventDefault();
      setRecalled(null);
      if (value.trim() && !running && !disabled) onSend();
    } else if (event.key === 'ArrowUp') recall(event, -1);
    else if (event.key === 'ArrowDown' && recalled !== null) recall(event, 1);
    else if (event.key === 'Escape' && running) {
      event.preventDefault();
      onStop();
    }
  };

  return (
    <div
      className={clsx(
        'rounded-xl border border-line-2 bg-raised shadow-box transition-colors duration-120 focus-within:border-accent',
        disabled && 'opacity-60',
      )}
    >
      <textarea
        ref={boxRef}
        value={value}
        rows={1}
        disabled={disabled}
        aria-label="Question"
        placeholder={placeholder}
        onChange={(event) => {
          setRecalled(null);
          onChange(event.target.value);
        }}
        onKeyDown={onKeyDown}
        className="scroll-thin block w-full resize-none bg-transparent px-4 pt-3 pb-1 text-base text-ink outline-none focus-visible:outline-none"
      />
      <div className="flex items-center gap-2 px-2 pb-2">
        <div className="@container flex min-w-0 flex-1 items-center gap-2">{chips}</div>
        {running ? (
          <Hint text="Stop" keys={['Esc']}>
            <button
              type="button"
              aria-label="Stop"
              onClick={onStop}
              className="grid size-8 place-items-center rounded-lg bg-ink text-work transition-colors hover:bg-ink-2 pointer-coarse:size-10"
            >
              <Square className="size-3 fill-current" aria-hidden="true" />
            </button>
          </Hint>
        ) : (
          <Hint text="Ask" keys={['↵']}>
            <button
              type="button"
              aria-label="Ask"
              disabled={disabled || value.trim() === ''}
              onClick={onSend}
              className="grid size-8 place-items-center rounded-lg bg-accent text-on-accent transition-colors hover:bg-accent-hover disabled:cursor-not-allowed disabled:bg-active disabled:text-ink-3 pointer-coarse:size-10"
            >
              <ArrowUp className="size-4" strokeWidth={2.25} aria-hidden="true" />
            </button>
          </Hint>
        )}
      </div>
    </div>
  );
}
