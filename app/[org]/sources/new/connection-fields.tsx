'use client';

import clsx from 'clsx';
import { ChevronRight } from 'lucide-react';
import type { FormField } from '@/lib/adapters/contract';
import { Field, Input, PasswordInput, Textarea } from '../../../_ui/field';
import { Select } from '../../../_ui/select';
import type { FieldValues } from './connection';

interface Props {
  fields: FormField[];
  values: FieldValues;
  onChange(name: string, value: string): void;
}

/** The engine's own fields, in its own order; encryption folds away. */
export function ConnectionFields({ fields, values, onChange }: Props) {
  const plain = fields.filter((field) => !field.name.includes('.'));
  const folded = fields.filter((field) => field.name.includes('.'));
  return (
    <div className="flex flex-col gap-4">
      <div className="grid gap-4 md:grid-cols-2">
        {plain.map((field) => (
          <One key={field.name} field={field} value={values[field.name] ?? ''} onChange={onChange} />
        ))}
      </div>
      {folded.length > 0 ? (
        <details className="group rounded-lg border">
          <summary className="flex h-10 list-none items-center gap-2 rounded-lg px-3 text-ink-2 text-sm hover:text-ink">
            <ChevronRight
              className="size-4 text-ink-3 transition-transform duration-120 group-open:rotate-90"
              aria-hidden="true"
            />
            Encryption (TLS)
          </summary>
          <div className="grid gap-4 border-t p-3">
            {folded.map((field) => (
              <One key={field.name} field={field} value={values[field.name] ?? ''} onChange={onChange} />
            ))}
          </div>
        </details>
      ) : null}
    </div>
  );
}

/** Stands for "not chosen": the select knows no empty value. */
const UNSET = '-';

function One({ field, value, onChange }: { field: FormField; value: string; onChange(name: string, value: string): void }) {
  const set = (next: string) => onChange(field.name, next);
  const wide = field.kind === 'textarea' || field.name === 'file';
  return (
    <Field
      label={field.label}
      aside={field.required ? undefined : 'optional'}
      hint={field.help}
      className={clsx(wide && 'md:col-span-full')}
    >
      {(control) => {
        const shared = { ...control, value, placeholder: field.placeholder, autoComplete: 'off', spellCheck: false };
        if (field.kind === 'select') {
          const options = [{ value: UNSET, label: 'Automatic' }, ...(field.options ?? [])];
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
