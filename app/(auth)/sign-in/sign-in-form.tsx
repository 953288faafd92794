'use client';

import { type FormEvent, useState } from 'react';
import { type ApiError, toApiError } from '../../_ui/api';
import { Button } from '../../_ui/button';
import { Field, Input, PasswordInput } from '../../_ui/field';
import { Notice } from '../../_ui/notice';
import { signIn } from '../../_ui/session';

/** @param back where to go after signing in; ended: the session ended in the middle of work */
export function SignInForm({ back, ended }: { back: string; ended: boolean }) {
  const [error, setError] = useState<ApiError | null>(null);
  const [busy, setBusy] = useState(false);

  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    setBusy(true);
    setError(null);
    try {
      await signIn(String(form.get('email')), String(form.get('password')));
      window.location.assign(back);
    } catch (cause) {
      setError(toApiError(cause));
      setBusy(false);
    }
  };

  return (
    <form onSubmit={submit} className="flex flex-col gap-5">
      <h1 className="font-semibold text-2xl text-ink tracking-tight">Sign in</h1>
      {ended && !error ? (
        <Notice tone="info">Your session ended. Sign in to go on where you were; what you typed is kept.</Notice>
      ) : null}
      {error ? (
        <Notice tone={error.code === 'rate.limited' ? 'warning' : 'danger'} live>
          {error.message}
        </Notice>
      ) : null}
      <Field label="E-mail">
        {(field) => <Input {...field} name="email" type="email" autoComplete="username" required autoFocus />}
      </Field>
      <Field label="Password">
        {(field) => <PasswordInput {...field} name="password" autoComplete="current-password" required />}
      </Field>
      <Button type="submit" look="primary" busy={busy}>
        Sign in
      </Button>
    </form>
  );
}
