'use client';

import { MoreHorizontal, Plus, UserCheck, UserX, X } from 'lucide-react';
import { useRouter } from 'next/navigation';
import { useState } from 'react';
import { toast } from 'sonner';
import { ROLE_NAMES, ROLES, type RoleName } from '@/lib/access/permissions';
import type { Member } from '@/lib/tenancy';
import { toApiError } from '../../../_ui/api';
import { Button } from '../../../_ui/button';
import { Chip } from '../../../_ui/chip';
import { Confirm } from '../../../_ui/dialog';
import { Monogram } from '../../../_ui/mark';
import { Menu, MenuContent, MenuItem, MenuTrigger } from '../../../_ui/menu';
import { RelativeTime } from '../../../_ui/relative-time';
import { Select } from '../../../_ui/select';
import { useWorkspace } from '../../../_ui/workspace';
import { Section } from '../section';
import { AddMember } from './add-member';

interface Props {
  members: Member[];
  /** Id of the person who looks. */
  self: string;
}

export function MembersView({ members, self }: Props) {
  const { can, api } = useWorkspace();
  const router = useRouter();
  const [adding, setAdding] = useState(false);
  const [removing, setRemoving] = useState<Member | null>(null);
  const [busy, setBusy] = useState(false);

  const change = async (member: Member, body: { role?: string; active?: boolean }) => {
    try {
      await api.json(`/api/members/${member.id}`, { method: 'PATCH', body });
      router.refresh();
    } catch (cause) {
      toast.error(`${member.name} was not changed`, { description: toApiError(cause).message });
    }
  };
  const remove = async () => {
    if (!removing) return;
    setBusy(true);
    try {
      await api.json(`/api/members/${removing.id}`, { method: 'DELETE' });
      setRemoving(null);
      router.refresh();
    } catch (cause) {
      toast.error(`${removing.name} was not removed`, { description: toApiError(cause).message });
    }
    setBusy(false);
  };

  return (
    <Section
      title="Members"
      about="Who is in this organisation, and what they may do. A change acts on the member’s next request."
      action={
        can('member.manage') ? (
          <Button look="primary" size="sm" onClick={() => setAdding(true)}>
            <Plus className="size-4" aria-hidden="true" />
            Add member
          </Button>
        ) : null
      }
    >
      <ul className="divide-y rounded-lg border bg-raised">
        {members.map((member) => (
          <MemberRow
            key={member.id}
            member={member}
            self={member.userId === self}
            onChange={(body) => change(member, body)}
            onRemove={() => setRemoving(member)}
          />
        ))}
      </ul>
      <AddMember open={adding} onClose={() => setAdding(false)} />
      <Confirm
        open={removing !== null}
        onOpenChange={(open) => !open && setRemoving(null)}
        title={`Remove ${removing?.name ?? ''}?`}
        description="The person leaves this organisation and their access tokens end. The account and what they wrote stay."
        action="Remove"
        busy={busy}
        onConfirm={remove}
      />
    </Section>
  );
}

interface RowProps {
  member: Member;
  self: boolean;
  onChange(body: { role?: string; active?: boolean }): void;
  onRemove(): void;
}

function MemberRow({ member, self, onChange, onRemove }: RowProps) {
  const { can, role } = useWorkspace();
  // Only owners make and change owners; the server says the same.
  const reachable = can('member.manage') && (role === 'owner' || member.role !== 'owner');
  const roles = ROLE_NAMES.filter((name) => role === 'owner' || name !== 'owner');
  return (
    <li className="flex items-center gap-3 px-3 py-2.5 md:px-4">
      <Monogram name={member.name} round className={member.active ? undefined : 'opacity-50 grayscale'} />
      <div className="min-w-0 flex-1">
        <p className="flex items-center gap-2">
          <span className="truncate font-medium text-ink" title={member.name}>
            {member.name}
          </span>
          {self ? <Chip>You</Chip> : null}
          {member.active ? null : <Chip tone="warning">Deactivated</Chip>}
        </p>
        <p className="truncate text-ink-3 text-xs">{member.email}</p>
      </div>
      <span className="hidden w-28 shrink-0 text-right text-ink-3 text-xs md:block">
        {member.lastSignInAt ? <RelativeTime at={member.lastSignInAt} /> : 'Never signed in'}
      </span>
      {reachable ? (
        <Select
          aria-label={`Role of ${member.name}`}
          className="w-28! shrink-0"
          value={member.role}
          onValueChange={(next) => onChange({ role: next })}
          options={roles.map((name) => ({ value: name, label: ROLES[name].label, hint: ROLES[name].about }))}
        />
      ) : (
        <span className="w-28 shrink-0 px-3 text-ink-2 text-sm">{ROLES[member.role as RoleName]?.label ?? member.role}</span>
      )}
      {reachable && !self ? (
        <Menu>
          <MenuTrigger asChild>
            <Button look="ghost" size="icon-sm" aria-label={`More for ${member.name}`}>
              <MoreHorizontal className="size-4" aria-hidden="true" />
            </Button>
          </MenuTrigger>
          <MenuContent align="end">
            <MenuItem onSelect={() => onChange({ active: !member.active })}>
              {member.active ? <UserX aria-hidden="true" /> : <UserCheck aria-hidden="true" />}
              {member.active ? 'Deactivate' : 'Activate again'}
            </MenuItem>
            <MenuItem danger onSelect={onRemove}>
              <X aria-hidden="true" />
              Remove
            </MenuItem>
          </MenuContent>
        </Menu>
      ) : (
        <span className="hidden w-7 md:block" />
      )}
    </li>
  );
}
