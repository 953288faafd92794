'use client';

import { useRouter } from 'next/navigation';
import { type FormEvent, useState } from 'react';
import { toast } from 'sonner';
import { ROLE_NAMES, ROLES } from '@/lib/access/permissions';
import type { Member } from '@/lib/tenancy';
import { addMemberSchema } from '@/lib/tenancy/schema';
import { type ApiError, toApiError } from '../../../_ui/api';
import { Button } from '../../../_ui/button';
import { Dialog } from '../../../_ui/dialog';
import { Field, Input, PasswordInput } from '../../../_ui/field';
import { Notice } from '../../../_ui/notice';
import { Select } from '../../../_ui/select';
import { useWorkspace } from '../../../_ui/workspace';

export function AddMember({ open, onClose }: { open: boolean; onClose(): void }) {
  return (
    <Dialog
      open={open}
      onOpenChange={(next) => !next && onClose()}
      title="Add member"
      description="Somebody who has no account yet gets one with the password that you give."
    >
      {open ? <Form onClose={onClose} /> : null}
    </Dialog>
  );
}

function Form({ onClose }: { onClose(): void }) {
  const { api, role: own } = useWorkspace();
  const router = useRouter();
  const [role, setRole] = useState<string>('analyst');
  const [errors, setErrors] = useState<Record<string, string>>({});
  const [error, setError] = useState<ApiError | null>(null);
  const [busy, setBusy] = useState(false);

  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const filled = Object.fromEntries([...form].filter(([, value]) => String(value).trim() !== ''));
    const checked = addMemberSchema.safeParse({ email: '', ...filled, role });
    setErrors({});
    setError(null);
    if (!checked.success) {
      setErrors(Object.fromEntries(checked.error.issues.map((issue) => [String(issue.path[0]), issue.message])));
      return;
    }
    setBusy(true);
    try {
      const member = await api.json<Member>('/api/members', { method: 'POST', body: checked.data });
      toast.success(`${member.name} is a member now`);
      router.refresh();
      onClose();
    } catch (cause) {
      setError(toApiError(cause));
      setBusy(false);
    }
  };

  return (
    <form onSubmit={submit} noValidate className="mt-4 flex flex-col gap-4">
      {error ? <Notice tone="danger" live title={error.message} /> : null}
      <Field label="E-mail" error={errors.email}>
        {(field) => <Input {...field} name="email" type="email" autoComplete="off" />}
      </Field>
      <Field label="Name" aside="optional" error={errors.name}>
        {(field) => <Input {...field} name="name" autoComplete="off" maxLength={100} />}
      </Field>
      <Field label="Role" hint={ROLES[role as keyof typeof ROLES]?.about}>
        {(field) => (
          <Select
            {...field}
            value={role}
            onValueChange={setRole}
            options={ROLE_NAMES.filter((name) => own === 'owner' || name !== 'owner').map((name) => ({
              value: name,
              label: ROLES[name].label,
              hint: ROLES[name].about,
            }))}
          />
        )}
      </Field>
      <Field
        label="First password"
        aside="for a new account"
        error={errors.password}
        hint="At least 10 characters. Hand it over by a safe way."
      >
        {(field) => <PasswordInput {...field} name="password" autoComplete="new-password" />}
      </Field>
      <div className="mt-1 flex justify-end gap-2">
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" look="primary" busy={busy}>
          Add member
        </Button>
      </div>
    </form>
  );
}
