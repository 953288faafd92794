'use client';

import { Tooltip as Radix } from 'radix-ui';
import type { ReactNode } from 'react';
import { Kbd } from './kbd';

interface HintProps {
  text: ReactNode;
  /** Keys that do the same, shown behind the text. */
  keys?: string[];
  side?: 'top' | 'right' | 'bottom' | 'left';
  children: ReactNode;
}

/** A tooltip for a control that has its own accessible name; it only adds to it. */
export function Hint({ text, keys, side = 'top', children }: HintProps) {
  return (
    <Radix.Root>
      <Radix.Trigger asChild>{children}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          side={side}
          sideOffset={6}
          collisionPadding={8}
          className="z-50 flex max-w-72 animate-fade items-center gap-2 rounded-md bg-float px-2 py-1 text-xs text-ink shadow-float"
        >
          {text}
          {keys ? <Kbd keys={keys} /> : null}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
