'use client';

import clsx from 'clsx';
import { ChevronRight } from 'lucide-react';
import type { FormField } from '@/lib/adapters/contract';
import { Field, Input, PasswordInput, Textarea } from '../../../_ui/field';
import { Select } from '../../../_ui/select';
import { type FieldValues, groupFields } from './connection';

interface Props {
  fields: FormField[];
  values: FieldValues;
  /** Names of secret fields that hold something already; typing replaces it. */
  stored?: readonly string[];
  /** What a stored connection holds already. A choice made there can be changed, not taken back. */
  before?: FieldValues;
  onChange(name: string, value: string): void;
}

/** What belongs together, by the part of a field's name before the dot. */
const GROUPS: Record<string, string> = {
  options: 'Login and replica set',
  tls: 'Encryption (TLS)',
  ssh: 'SSH tunnel',
  replica: 'Read replica',
};

/** The engine's own fields, in its own order; what few need folds away. */
export function ConnectionFields({ fields, values, stored = [], before = {}, onChange }: Props) {
  const one = (field: FormField) => (
    <One
      key={field.name}
      field={field}
      value={values[field.name] ?? ''}
      stored={stored.includes(field.name)}
      chosen={(before[field.name] ?? '') !== ''}
      onChange={onChange}
    />
  );
  return (
    <div className="flex flex-col gap-4">
      {groupFields(fields).map(({ group, fields: inside }) =>
        group === '' ? (
          <div key={group} className="grid gap-4 md:grid-cols-2">
            {inside.map(one)}
          </div>
        ) : (
          <details key={group} className="group rounded-lg border" open={inside.some((field) => values[field.name]) || undefined}>
            <summary className="flex h-10 list-none items-center gap-2 rounded-lg px-3 text-ink-2 text-sm hover:text-ink">
              <ChevronRight
                className="size-4 text-ink-3 transition-transform duration-120 group-open:rotate-90"
                aria-hidden="true"
              />
              {GROUPS[group] ?? group}
            </summary>
            <div className="grid gap-4 border-t p-3 md:grid-cols-2">{inside.map(one)}</div>
          </details>
        ),
      )}
    </div>
  );
}

/** Stands for "not chosen": the select knows no empty value. */
const UNSET = '-';

interface OneProps {
  field: FormField;
  value: string;
  stored: boolean;
  chosen: boolean;
  onChange(name: string, value: string): void;
}

function One({ field, value, stored, chosen, onChange }: OneProps) {
  const set = (next: string) => onChange(field.name, next);
  const wide = field.kind === 'textarea' || field.kind === 'select' || field.name === 'file';
  return (
    <Field
      label={field.label}
      aside={stored ? 'stored' : field.required ? undefined : 'optional'}
      hint={field.help}
      className={clsx(wide && 'md:col-span-full')}
    >
      {(control) => {
        const placeholder = stored ? 'Stays as it is' : field.placeholder;
        const shared = { ...control, value, placeholder, autoComplete: 'off', spellCheck: false };
        if (field.kind === 'select') {
          const options = [...(chosen ? [] : [{ value: UNSET, label: 'Automatic' }]), ...(field.options ?? [])];
          return (
            <Select
              {...control}
              value={value || UNSET}
              onValueChange={(next) => set(next === UNSET ? '' : next)}
              options={options}
            />
          );
        }
        if (field.kind === 'textarea') {
          return (
            <Textarea {...shared} rows={3} className="font-mono text-[12px]" onChange={(event) => set(event.target.value)} />
          );
        }
        if (field.kind === 'password') {
          return <PasswordInput {...shared} autoComplete="new-password" onChange={(event) => set(event.target.value)} />;
        }
        const numeric = field.kind === 'number' ? ({ inputMode: 'numeric', pattern: '[0-9]*' } as const) : {};
        return <Input {...shared} {...numeric} autoCapitalize="none" onChange={(event) => set(event.target.value)} />;
      }}
    </Field>
  );
}
