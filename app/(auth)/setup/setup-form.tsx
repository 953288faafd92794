'use client';

import clsx from 'clsx';
import { type FormEvent, useState } from 'react';
import { setupSchema } from '@/lib/tenancy/schema';
import { type ApiError, createApi, toApiError } from '../../_ui/api';
import { Button } from '../../_ui/button';
import { Checkbox, Field, Input, PasswordInput } from '../../_ui/field';
import { Notice } from '../../_ui/notice';
import { signIn } from '../../_ui/session';
import { ratePassword } from './rate-password';

type Errors = Partial<Record<'name' | 'email' | 'password' | 'organization', string>>;

/** The first owner account and organisation; signed in right after. */
export function SetupForm() {
  const [errors, setErrors] = useState<Errors>({});
  const [error, setError] = useState<ApiError | null>(null);
  const [busy, setBusy] = useState(false);
  const [password, setPassword] = useState('');

  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const text = (name: string) => String(form.get(name) ?? '');
    const checked = setupSchema.safeParse({
      email: text('email'),
      password: text('password'),
      organization: text('organization'),
      samples: form.get('samples') === 'on',
      ...(text('name').trim() ? { name: text('name') } : {}),
    });
    setError(null);
    if (!checked.success) {
      setErrors(Object.fromEntries(checked.error.issues.map((issue) => [String(issue.path[0]), issue.message]).reverse()));
      return;
    }
    setErrors({});
    setBusy(true);
    try {
      await createApi(null).json('/api/setup', { method: 'POST', body: checked.data });
      await signIn(checked.data.email, checked.data.password);
      window.location.assign('/');
    } catch (cause) {
      setError(toApiError(cause));
      setBusy(false);
    }
  };

  return (
    <form onSubmit={submit} noValidate className="flex flex-col gap-5">
      <div>
        <h1 className="font-semibold text-2xl text-ink tracking-tight">Set up Quarry</h1>
        <p className="mt-1 text-ink-3 text-sm">You become the owner. Others can be added later.</p>
      </div>
      {error ? (
        <Notice tone="danger" live title={error.message}>
          {error.hints.join(' ')}
        </Notice>
      ) : null}
      <Field label="Your name" error={errors.name}>
        {(field) => <Input {...field} name="name" autoComplete="name" autoFocus maxLength={100} />}
      </Field>
      <Field label="E-mail" error={errors.email}>
        {(field) => <Input {...field} name="email" type="email" autoComplete="username" />}
      </Field>
      <Field
        label="Password"
        error={errors.password}
        hint={password === '' ? 'At least 10 characters. A few words are easy to keep.' : undefined}
      >
        {(field) => (
          <PasswordInput
            {...field}
            name="password"
            autoComplete="new-password"
            value={password}
            onChange={(event) => setPassword(event.target.value)}
          />
        )}
      </Field>
      <Strength password={password} />
      <Field label="Organisation" error={errors.organization} hint="A company, a team, or your own name.">
        {(field) => <Input {...field} name="organization" autoComplete="organization" maxLength={100} />}
      </Field>
      <Checkbox
        name="samples"
        defaultChecked
        label="Add the sample databases"
        hint="A storefront and a network inventory to try questions on."
      />
      <Button type="submit" look="primary" busy={busy}>
        Create account
      </Button>
    </form>
  );
}

const LEVELS: Record<ReturnType<typeof ratePassword>, { label: string; ink: string }> = {
  0: { label: 'Too short', ink: 'bg-danger' },
  1: { label: 'Weak', ink: 'bg-danger' },
  2: { label: 'Fair', ink: 'bg-warning' },
  3: { label: 'Good', ink: 'bg-success' },
  4: { label: 'Strong', ink: 'bg-success' },
};

function Strength({ password }: { password: string }) {
  if (password === '') return null;
  const level = ratePassword(password);
  const { label, ink } = LEVELS[level];
  return (
    <div className="-mt-3 flex items-center gap-2" role="status">
      <span className="flex flex-1 gap-1" aria-hidden="true">
        {[1, 2, 3, 4].map((step) => (
          <span
            key={step}
            className={clsx('h-1 flex-1 rounded-full transition-colors', step <= Math.max(level, 1) ? ink : 'bg-active')}
          />
        ))}
      </span>
      <span className="w-16 text-right text-ink-3 text-xs">{label}</span>
    </div>
  );
}
