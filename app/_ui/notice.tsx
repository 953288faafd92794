import clsx from 'clsx';
import { AlertTriangle, CheckCircle2, Info, OctagonAlert } from 'lucide-react';
import type { ReactNode } from 'react';

type Tone = 'danger' | 'warning' | 'info' | 'success';

const TONES: Record<Tone, { box: string; icon: typeof Info; ink: string }> = {
  danger: { box: 'bg-danger-soft', icon: OctagonAlert, ink: 'text-danger-ink' },
  warning: { box: 'bg-warning-soft', icon: AlertTriangle, ink: 'text-warning-ink' },
  info: { box: 'bg-info-soft', icon: Info, ink: 'text-info-ink' },
  success: { box: 'bg-success-soft', icon: CheckCircle2, ink: 'text-success-ink' },
};

interface NoticeProps {
  tone?: Tone;
  title?: string;
  children?: ReactNode;
  action?: ReactNode;
  className?: string;
  /** Announce at once to screen readers. */
  live?: boolean;
}

/** What happened, why, what to do; in place, not in a toast. */
export function Notice({ tone = 'info', title, children, action, className, live }: NoticeProps) {
  const { box, icon: Icon, ink } = TONES[tone];
  return (
    <div
      role={live ? 'alert' : undefined}
      className={clsx('flex items-start gap-3 rounded-lg px-3 py-3 text-sm', box, className)}
    >
      <Icon className={clsx('mt-0.5 size-4 shrink-0', ink)} aria-hidden="true" />
      <div className="min-w-0 flex-1 break-words">
        {title ? <p className={clsx('font-medium', ink)}>{title}</p> : null}
        {children ? <div className="text-ink-2">{children}</div> : null}
      </div>
      {action ? <div className="shrink-0">{action}</div> : null}
    </div>
  );
}

interface EmptyProps {
  icon?: ReactNode;
  title: string;
  children?: ReactNode;
  action?: ReactNode;
  className?: string;
}

/** A page with nothing on it yet says what belongs here and how to start. */
export function Empty({ icon, title, children, action, className }: EmptyProps) {
  return (
    <div className={clsx('flex flex-col items-center justify-center px-6 py-16 text-center', className)}>
      {icon ? (
        <div className="mb-4 grid size-12 place-items-center rounded-xl border border-line bg-raised text-ink-3 [&_svg]:size-5">
          {icon}
        </div>
      ) : null}
      <h2 className="font-semibold text-lg text-ink">{title}</h2>
      {children ? <div className="mt-1 max-w-[420px] text-balance text-ink-3 text-sm">{children}</div> : null}
      {action ? <div className="mt-5 flex flex-wrap justify-center gap-2">{action}</div> : null}
    </div>
  );
}
