import clsx from 'clsx';
import type { ReactNode } from 'react';

type Tone = 'neutral' | 'accent' | 'success' | 'warning' | 'danger';

const TONES: Record<Tone, string> = {
  neutral: 'bg-hover text-ink-2',
  accent: 'bg-accent-soft text-accent-ink',
  success: 'bg-success-soft text-success-ink',
  warning: 'bg-warning-soft text-warning-ink',
  danger: 'bg-danger-soft text-danger-ink',
};

export function Chip({ tone = 'neutral', className, children }: { tone?: Tone; className?: string; children: ReactNode }) {
  return (
    <span
      className={clsx(
        'inline-flex h-5 max-w-full items-center gap-1 truncate whitespace-nowrap rounded-sm px-1.5 font-medium text-xs',
        TONES[tone],
        className,
      )}
    >
      {children}
    </span>
  );
}

export type EnvironmentKind = 'development' | 'staging' | 'production' | (string & {});

/** The colour that stands for an environment on the frame and on its chip. */
export function environmentTone(kind: EnvironmentKind): Tone {
  if (kind === 'production') return 'danger';
  if (kind === 'staging') return 'warning';
  return 'neutral';
}

export function EnvironmentChip({ name, kind, className }: { name: string; kind: EnvironmentKind; className?: string }) {
  const tone = environmentTone(kind);
  return (
    <Chip tone={tone} className={className}>
      <span
        aria-hidden="true"
        className={clsx('size-1.5 rounded-full', {
          'bg-danger': tone === 'danger',
          'bg-warning': tone === 'warning',
          'bg-ink-3': tone === 'neutral',
        })}
      />
      <span className="truncate">{name}</span>
    </Chip>
  );
}
