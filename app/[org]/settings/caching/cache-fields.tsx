'use client';

import { CACHE_KINDS, type CacheKind } from '@/lib/sources/schema';
import { Checkbox, Field, Input } from '../../../_ui/field';
import { type CacheValues, type InheritedRules, secondsError } from './cache-values';

const TEXTS: Record<CacheKind, { label: string; hint: string }> = {
  query: {
    label: 'Results of queries',
    hint: 'An equal query is answered without the database, to people with the same access only.',
  },
  answer: {
    label: 'Answers to questions',
    hint: 'An equal question needs no model again. Its figures are never older than results of queries.',
  },
  schema: { label: 'Schemas', hint: 'Tables and columns are not read from the source for each question.' },
};

interface Props {
  values: CacheValues;
  inherited: InheritedRules;
  onChange(values: CacheValues): void;
}

/** A switch and a time for each kind of thing that is reused. */
export function CacheFields({ values, inherited, onChange }: Props) {
  return (
    <div className="divide-y rounded-lg border bg-raised">
      {CACHE_KINDS.map((kind) => {
        const value = values[kind];
        const above = inherited[kind];
        const change = (part: Partial<typeof value>) => onChange({ ...values, [kind]: { ...value, ...part } });
        return (
          <div key={kind} className="grid gap-x-6 gap-y-3 px-3 py-3 sm:grid-cols-[minmax(0,1fr)_220px] md:px-4">
            <Checkbox
              label={TEXTS[kind].label}
              hint={above.offBy ? `Turned off for the ${above.offBy}.` : TEXTS[kind].hint}
              checked={above.enabled && value.enabled}
              disabled={!above.enabled}
              onChange={(event) => change({ enabled: event.target.checked })}
            />
            <Field label="Reused for" aside="seconds" error={secondsError(value.seconds)}>
              {(field) => (
                <Input
                  {...field}
                  aria-label={`${TEXTS[kind].label}: reused for, in seconds`}
                  inputMode="numeric"
                  placeholder={String(above.ttlS)}
                  value={value.seconds}
                  disabled={!above.enabled || !value.enabled}
                  onChange={(event) => change({ seconds: event.target.value })}
                />
              )}
            </Field>
          </div>
        );
      })}
    </div>
  );
}
