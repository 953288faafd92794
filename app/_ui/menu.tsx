'use client';

import clsx from 'clsx';
import { Check } from 'lucide-react';
import { DropdownMenu as Radix } from 'radix-ui';
import type { ComponentProps, ReactNode } from 'react';

/** A menu on a button. Arrows move, letters jump, Escape closes and gives focus back. */
export function Menu(props: ComponentProps<typeof Radix.Root>) {
  // Not modal: the page behind stays readable to screen readers, and nothing shifts by a scrollbar's width.
  return <Radix.Root modal={false} {...props} />;
}
export const MenuTrigger = Radix.Trigger;

const itemClass =
  'flex select-none items-center gap-2 rounded-sm px-2 py-1.5 text-sm text-ink outline-none data-[disabled]:text-ink-3 data-[highlighted]:bg-active [&>svg]:size-4 [&>svg]:shrink-0 [&>svg]:text-ink-3';

export function MenuContent({ className, children, ...rest }: ComponentProps<typeof Radix.Content>) {
  return (
    <Radix.Portal>
      <Radix.Content
        sideOffset={4}
        collisionPadding={8}
        className={clsx(
          'z-50 min-w-48 max-w-[min(360px,calc(100vw-16px))] animate-fade rounded-lg bg-float p-1 shadow-float',
          'max-h-[min(480px,var(--radix-dropdown-menu-content-available-height))] overflow-y-auto',
          className,
        )}
        {...rest}
      >
        {children}
      </Radix.Content>
    </Radix.Portal>
  );
}

export function MenuItem({ danger, className, ...rest }: ComponentProps<typeof Radix.Item> & { danger?: boolean }) {
  return <Radix.Item className={clsx(itemClass, danger && 'text-danger-ink [&>svg]:text-danger-ink', className)} {...rest} />;
}

export function MenuCheck({ checked, children, onSelect }: { checked: boolean; children: ReactNode; onSelect(): void }) {
  return (
    <Radix.Item className={itemClass} onSelect={onSelect} role="menuitemradio" aria-checked={checked}>
      <span className="flex min-w-0 flex-1 items-center gap-2">{children}</span>
      <Check className={clsx(!checked && 'invisible', 'text-accent-ink!')} aria-hidden="true" />
    </Radix.Item>
  );
}

export function MenuLabel({ children }: { children: ReactNode }) {
  return <Radix.Label className="px-2 pt-1.5 pb-1 text-xs text-ink-3">{children}</Radix.Label>;
}

export function MenuSeparator() {
  return <Radix.Separator className="-mx-1 my-1 h-px bg-line" />;
}
