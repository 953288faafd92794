'use client';

import clsx from 'clsx';
import { ToggleGroup } from 'radix-ui';
import type { ReactNode } from 'react';

interface SegmentedProps<T extends string> {
  value: T;
  onValueChange: (value: NoInfer<T>) => void;
  options: { value: NoInfer<T>; label: string; icon?: ReactNode; iconOnly?: boolean }[];
  'aria-label': string;
  className?: string;
}

/** Two to four ways to see the same thing. Arrows move between them. */
export function Segmented<T extends string>({ value, onValueChange, options, className, ...aria }: SegmentedProps<T>) {
  return (
    <ToggleGroup.Root
      type="single"
      value={value}
      onValueChange={(next) => {
        const option = options.find((o) => o.value === next);
        if (option) onValueChange(option.value);
      }}
      {...aria}
      className={clsx('inline-flex h-7 items-center rounded-md bg-hover p-0.5 pointer-coarse:h-9', className)}
    >
      {options.map((option) => (
        <ToggleGroup.Item
          key={option.value}
          value={option.value}
          aria-label={option.label}
          className="inline-flex h-full items-center gap-1.5 rounded-[5px] px-2 font-medium text-ink-3 text-xs transition-colors duration-120 hover:text-ink data-[state=on]:bg-raised data-[state=on]:text-ink data-[state=on]:shadow-[0_0_0_1px_var(--color-line-2)] [&_svg]:size-3.5"
        >
          {option.icon}
          {option.iconOnly ? null : option.label}
        </ToggleGroup.Item>
      ))}
    </ToggleGroup.Root>
  );
}
