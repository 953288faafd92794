import clsx from 'clsx';

/** Keys as they are printed on the keyboard. */
export function Kbd({ keys, className }: { keys: string[]; className?: string }) {
  return (
    <span className={clsx('inline-flex gap-0.5', className)}>
      {keys.map((key) => (
        <kbd
          key={key}
          className="inline-grid h-[18px] min-w-[18px] place-items-center rounded-sm border border-line-2 bg-sunken px-1 font-sans text-[11px] text-ink-3"
        >
          {key}
        </kbd>
      ))}
    </span>
  );
}
