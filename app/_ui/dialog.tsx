'use client';

import clsx from 'clsx';
import { X } from 'lucide-react';
import { Dialog as Radix } from 'radix-ui';
import type { ReactNode } from 'react';
import { Button } from './button';
import { useReturnFocus } from './return-focus';

interface DialogProps {
  open: boolean;
  onOpenChange(open: boolean): void;
  title: string;
  description?: ReactNode;
  children?: ReactNode;
  className?: string;
}

const overlayClass = 'fixed inset-0 z-40 animate-fade bg-[oklch(0.2_0.02_265/0.36)] dark:bg-[oklch(0_0_0/0.5)]';

/** A question or a small form in the middle; on a phone it sits at the bottom, where the thumb is. */
export function Dialog({ open, onOpenChange, title, description, children, className }: DialogProps) {
  const returnFocus = useReturnFocus(open);
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <Radix.Overlay className={overlayClass} />
        <Radix.Content
          onCloseAutoFocus={returnFocus}
          {...(description ? {} : { 'aria-describedby': undefined })}
          className={clsx(
            'fixed inset-x-0 bottom-0 z-50 max-h-[90dvh] animate-rise overflow-y-auto rounded-t-xl bg-float p-5 pb-[max(20px,env(safe-area-inset-bottom))] shadow-float outline-none',
            'md:inset-auto md:top-[18vh] md:left-1/2 md:max-h-[70vh] md:w-[440px] md:-translate-x-1/2 md:rounded-xl md:pb-5',
            className,
          )}
        >
          <Radix.Title className="pr-8 font-semibold text-lg text-ink">{title}</Radix.Title>
          {description ? <Radix.Description className="mt-1 text-sm text-ink-2">{description}</Radix.Description> : null}
          <Radix.Close asChild>
            <Button look="ghost" size="icon-sm" aria-label="Close" className="absolute! top-4 right-4">
              <X className="size-4" />
            </Button>
          </Radix.Close>
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

interface SheetProps extends DialogProps {
  side?: 'left' | 'right';
}

/** The list on a phone, from the left; the details of one row, from the right. */
export function Sheet({ open, onOpenChange, title, children, side = 'left' }: SheetProps) {
  const returnFocus = useReturnFocus(open);
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <Radix.Overlay className={overlayClass} />
        <Radix.Content
          onCloseAutoFocus={returnFocus}
          aria-describedby={undefined}
          className={clsx(
            'fixed inset-y-0 z-50 flex flex-col shadow-float outline-none',
            side === 'left'
              ? 'left-0 w-[min(320px,88vw)] animate-slide-left bg-side'
              : 'right-0 w-[min(440px,100vw)] animate-fade bg-work',
          )}
        >
          <Radix.Title className="sr-only">{title}</Radix.Title>
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

interface ConfirmProps {
  open: boolean;
  onOpenChange(open: boolean): void;
  title: string;
  description: ReactNode;
  /** The verb on the button that does it. */
  action: string;
  busy?: boolean;
  onConfirm(): void;
}

/** Asks once before something that can't be taken back. */
export function Confirm({ open, onOpenChange, title, description, action, busy, onConfirm }: ConfirmProps) {
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title={title} description={description}>
      <div className="mt-5 flex justify-end gap-2">
        <Button onClick={() => onOpenChange(false)}>Cancel</Button>
        <Button look="danger" busy={busy} onClick={onConfirm}>
          {action}
        </Button>
      </div>
    </Dialog>
  );
}
