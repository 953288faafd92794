import clsx from 'clsx';

/** Quarry's mark: three cut blocks, stepped like a quarry face; also a Q. */
export function Mark({ className }: { className?: string }) {
  return (
    <svg viewBox="0 0 24 24" className={clsx('size-6', className)} aria-hidden="true">
      <rect x="2" y="2" width="20" height="20" rx="6" fill="var(--color-accent)" />
      <path d="M6.5 12a5.5 5.5 0 1 1 5.5 5.5H6.5z" fill="none" stroke="#fff" strokeWidth="2" strokeLinejoin="round" />
      <path d="M12.5 12.5h5v5h-5z" fill="#fff" />
    </svg>
  );
}

const HUES = [274, 195, 58, 340, 150, 95, 230, 18];

function hueOf(text: string): number {
  let sum = 7;
  for (const char of text) sum = (sum * 27 + (char.codePointAt(0) ?? 0)) % 9973;
  return HUES[sum % HUES.length] ?? 274;
}

/** The first letters of a name on a tile whose colour stays with the name. */
export function Monogram({ name, round, className }: { name: string; round?: boolean; className?: string }) {
  const words = name.trim().split(/\s+/u);
  const letters = (words.length > 1 ? [words[0], words.at(-1)] : [words[0]]).map((word) => [...(word ?? '?')][0] ?? '?').join('');
  const hue = hueOf(name);
  return (
    <span
      aria-hidden="true"
      className={clsx(
        'inline-grid size-7 shrink-0 select-none place-items-center font-semibold text-[11px] uppercase leading-none',
        round ? 'rounded-full' : 'rounded-md',
        className,
      )}
      style={{
        background: `light-dark(oklch(0.93 0.035 ${hue}), oklch(0.33 0.055 ${hue}))`,
        color: `light-dark(oklch(0.4 0.11 ${hue}), oklch(0.87 0.075 ${hue}))`,
      }}
    >
      {letters}
    </span>
  );
}

/** A database, drawn by its kind: stacked discs for a server, a page for a file; the hue stays with the engine. */
export function SourceMark({
  engine,
  transport,
  className,
}: {
  engine: string;
  transport?: 'network' | 'file';
  className?: string;
}) {
  const hue = hueOf(engine);
  const stroke = `light-dark(oklch(0.47 0.12 ${hue}), oklch(0.82 0.1 ${hue}))`;
  const fill = `light-dark(oklch(0.93 0.04 ${hue}), oklch(0.34 0.06 ${hue}))`;
  return (
    <svg viewBox="0 0 20 20" className={clsx('size-5 shrink-0', className)} aria-hidden="true" fill="none" strokeWidth="1.4">
      {transport === 'file' ? (
        <g stroke={stroke} strokeLinejoin="round" strokeLinecap="round">
          <path d="M4.5 2.8h7.2l3.8 3.8v10.6h-11z" fill={fill} />
          <path d="M11.5 2.8v4h4M7.5 10.5h5M7.5 13.5h5" />
        </g>
      ) : (
        <g stroke={stroke}>
          <path d="M3.7 5v10c0 1.3 2.8 2.4 6.3 2.4s6.3-1.1 6.3-2.4V5" fill={fill} />
          <ellipse cx="10" cy="5" rx="6.3" ry="2.4" fill={fill} />
          <path d="M3.7 8.4c0 1.3 2.8 2.4 6.3 2.4s6.3-1.1 6.3-2.4M3.7 11.8c0 1.3 2.8 2.4 6.3 2.4s6.3-1.1 6.3-2.4" />
        </g>
      )}
    </svg>
  );
}
