'use client';

import { type ReactNode, type UIEvent, useCallback, useEffect, useRef } from 'react';

/** What an answer still grows by after its end: charts are drawn once it is there. */
const SETTLING_MS = 800;
const MARGIN_PX = 24;

interface Props {
  /** Questions so far. */
  count: number;
  /** One of them is being answered. */
  live: boolean;
  children: ReactNode;
}

/** The conversation's scroll. It follows the newest answer, never past its question, until somebody scrolls up. */
export function Thread({ count, live, children }: Props) {
  const scroller = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const following = useRef(true);
  const last = useRef({ top: 0, height: 0 });

  const follow = useCallback(() => {
    const box = scroller.current;
    const newest = content.current?.lastElementChild;
    if (!box || !newest || !following.current) return;
    const question = newest.getBoundingClientRect().top - box.getBoundingClientRect().top + box.scrollTop - MARGIN_PX;
    box.scrollTop = Math.min(box.scrollHeight - box.clientHeight, question);
  }, []);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new question brings the end into view.
  useEffect(() => {
    following.current = true;
    follow();
  }, [count, follow]);

  useEffect(() => {
    const node = content.current;
    if (!node) return;
    const observer = new ResizeObserver(follow);
    observer.observe(node);
    const timer = live ? undefined : setTimeout(() => observer.disconnect(), SETTLING_MS);
    return () => {
      clearTimeout(timer);
      observer.disconnect();
    };
  }, [live, follow]);

  const onScroll = ({ currentTarget: { scrollTop, scrollHeight } }: UIEvent<HTMLDivElement>) => {
    // Content that shrinks moves the scroll up too; only a person does so while the height stays.
    if (scrollTop < last.current.top - 2 && scrollHeight >= last.current.height) following.current = false;
    last.current = { top: scrollTop, height: scrollHeight };
  };

  return (
    <div ref={scroller} onScroll={onScroll} className="scroll-thin min-h-0 flex-1 overflow-y-auto px-3 md:px-6">
      <div ref={content} className="mx-auto flex max-w-[800px] flex-col gap-10 pt-6 pb-8">
        {children}
      </div>
    </div>
  );
}
