'use client';

import clsx from 'clsx';
import { Check, ChevronDown } from 'lucide-react';
import { Select as Radix } from 'radix-ui';
import type { ReactNode } from 'react';
import { inputClass } from './field';

export interface Option {
  value: string;
  label: string;
  hint?: string;
  icon?: ReactNode;
}

interface SelectProps {
  value: string;
  onValueChange(value: string): void;
  options: Option[];
  id?: string;
  'aria-label'?: string;
  'aria-describedby'?: string;
  disabled?: boolean;
  className?: string;
  placeholder?: string;
}

export function Select({ value, onValueChange, options, id, disabled, className, placeholder, ...aria }: SelectProps) {
  return (
    <Radix.Root value={value} onValueChange={onValueChange} disabled={disabled}>
      <Radix.Trigger
        id={id}
        {...aria}
        className={clsx(inputClass, 'control flex items-center justify-between gap-2 text-left', className)}
      >
        <span className="truncate">
          <Radix.Value placeholder={placeholder} />
        </span>
        <ChevronDown className="size-4 shrink-0 text-ink-3" aria-hidden="true" />
      </Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          position="popper"
          sideOffset={4}
          className="z-50 max-h-80 min-w-[var(--radix-select-trigger-width)] max-w-[min(420px,calc(100vw-16px))] animate-fade overflow-hidden rounded-lg bg-float p-1 shadow-float"
        >
          <Radix.Viewport>
            {options.map((option) => (
              <Radix.Item
                key={option.value}
                value={option.value}
                className="flex select-none items-center gap-2 rounded-sm py-1.5 pr-2 pl-2 text-sm outline-none data-[highlighted]:bg-active"
              >
                {option.icon}
                <span className="min-w-0 flex-1">
                  <Radix.ItemText>{option.label}</Radix.ItemText>
                  {option.hint ? <span className="block text-xs text-ink-3">{option.hint}</span> : null}
                </span>
                <Radix.ItemIndicator>
                  <Check className="size-4 text-accent-ink" aria-hidden="true" />
                </Radix.ItemIndicator>
              </Radix.Item>
            ))}
          </Radix.Viewport>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
