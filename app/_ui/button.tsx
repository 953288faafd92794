import clsx from 'clsx';
import { Slot } from 'radix-ui';
import type { ComponentProps, ReactNode } from 'react';

type Look = 'primary' | 'secondary' | 'ghost' | 'danger';
type Size = 'md' | 'sm' | 'icon' | 'icon-sm';

const LOOKS: Record<Look, string> = {
  primary: 'bg-accent text-on-accent hover:bg-accent-hover disabled:bg-active disabled:text-ink-3',
  secondary: 'border border-line-2 bg-raised text-ink hover:bg-hover disabled:text-ink-3 disabled:bg-transparent',
  ghost: 'text-ink-2 hover:bg-hover hover:text-ink disabled:text-ink-3 data-[state=open]:bg-hover',
  danger: 'bg-danger-solid text-white hover:brightness-95 disabled:opacity-60',
};

const SIZES: Record<Size, string> = {
  md: 'control px-3 gap-2',
  sm: 'h-7 px-2 gap-1.5 pointer-coarse:h-9',
  icon: 'control aspect-square',
  'icon-sm': 'h-7 w-7 pointer-coarse:h-9 pointer-coarse:w-9',
};

/** The classes of a button, for links that look like one. */
export function buttonClass(look: Look = 'secondary', size: Size = 'md', className?: string): string {
  return clsx(
    'inline-flex shrink-0 select-none items-center justify-center whitespace-nowrap rounded-md text-sm font-medium transition-colors duration-120 disabled:cursor-not-allowed [&_svg]:shrink-0',
    LOOKS[look],
    SIZES[size],
    className,
  );
}

interface ButtonProps extends ComponentProps<'button'> {
  look?: Look;
  size?: Size;
  /** Renders the only child (a link) with the looks of a button. */
  asChild?: boolean;
  /** Shows that the action runs and refuses a second press; the width stays. */
  busy?: boolean;
}

export function Button({ look = 'secondary', size = 'md', asChild, busy, className, children, disabled, ...rest }: ButtonProps) {
  if (asChild) {
    return (
      <Slot.Root className={buttonClass(look, size, className)} {...rest}>
        {children}
      </Slot.Root>
    );
  }
  return (
    <button
      type="button"
      className={buttonClass(look, size, clsx('relative', className))}
      disabled={disabled || busy}
      aria-busy={busy || undefined}
      {...rest}
    >
      <Content busy={busy}>{children}</Content>
    </button>
  );
}

function Content({ busy, children }: { busy?: boolean; children: ReactNode }) {
  if (!busy) return children;
  return (
    <>
      <span className="inline-flex items-center gap-2 opacity-0">{children}</span>
      <span className="absolute inset-0 grid place-items-center">
        <Dots />
      </span>
    </>
  );
}

/** Three quiet dots: something runs. */
export function Dots({ className }: { className?: string }) {
  return (
    <span className={clsx('inline-flex items-center gap-1', className)} aria-hidden="true">
      {[0, 1, 2].map((i) => (
        <span key={i} className="size-1 animate-pulse-dot rounded-full bg-current" style={{ animationDelay: `${i * 160}ms` }} />
      ))}
    </span>
  );
}
