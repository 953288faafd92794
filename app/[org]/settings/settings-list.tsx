'use client';

import { Cpu, DatabaseZap, KeyRound, ListChecks, type LucideIcon, Users } from 'lucide-react';
import Link from 'next/link';
import { usePathname } from 'next/navigation';
import type { Permission } from '@/lib/access/permissions';
import { moveWithArrows } from '../../_ui/frame/arrow-list';
import { ListHeader } from '../../_ui/frame/place';
import { useWorkspace } from '../../_ui/workspace';

const SECTIONS: { path: string; label: string; icon: LucideIcon; permission: Permission }[] = [
  { path: '/settings/members', label: 'Members', icon: Users, permission: 'organization.read' },
  { path: '/settings/tokens', label: 'Access tokens', icon: KeyRound, permission: 'token.manage' },
  { path: '/settings/models', label: 'Models', icon: Cpu, permission: 'model.manage' },
  { path: '/settings/jobs', label: 'Jobs', icon: ListChecks, permission: 'job.read' },
  { path: '/settings/caching', label: 'Caching', icon: DatabaseZap, permission: 'organization.manage' },
];

export function SettingsList() {
  const { path, can } = useWorkspace();
  const pathname = usePathname();
  return (
    <>
      <ListHeader title="Settings" />
      <ul className="space-y-px px-2" onKeyDown={moveWithArrows}>
        {SECTIONS.filter((section) => can(section.permission)).map(({ path: rest, label, icon: Icon }) => (
          <li key={rest}>
            <Link
              href={path(rest)}
              data-item
              aria-current={pathname === path(rest) ? 'page' : undefined}
              className="flex h-9 items-center gap-2 rounded-md px-2 text-ink-2 hover:bg-hover hover:text-ink aria-[current=page]:bg-active aria-[current=page]:font-medium aria-[current=page]:text-ink pointer-coarse:h-11"
            >
              <Icon className="size-4 shrink-0 text-ink-3" strokeWidth={1.75} aria-hidden="true" />
              {label}
            </Link>
          </li>
        ))}
      </ul>
    </>
  );
}
