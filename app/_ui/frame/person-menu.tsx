'use client';

import { Keyboard, KeyRound, LogOut, Monitor, Moon, Sun } from 'lucide-react';
import { useRouter } from 'next/navigation';
import { useState } from 'react';
import { toast } from 'sonner';
import { toApiError } from '../api';
import { Monogram } from '../mark';
import { Menu, MenuContent, MenuItem, MenuSeparator, MenuTrigger } from '../menu';
import { usePalette } from '../palette/palette';
import { useTheme } from '../providers';
import { Segmented } from '../segmented';
import { signOut } from '../session';
import type { Theme } from '../theme';
import { useWorkspace } from '../workspace';

const THEME_OPTIONS: { value: Theme; label: string; icon: React.ReactNode; iconOnly: true }[] = [
  { value: 'system', label: 'Follow the system', icon: <Monitor aria-hidden="true" />, iconOnly: true },
  { value: 'light', label: 'Light', icon: <Sun aria-hidden="true" />, iconOnly: true },
  { value: 'dark', label: 'Dark', icon: <Moon aria-hidden="true" />, iconOnly: true },
];

/** Who is signed in, the theme, sign out. */
export function PersonMenu({ label }: { label?: boolean }) {
  const { person, path, can } = useWorkspace();
  const router = useRouter();
  const { openShortcuts } = usePalette();
  const [leaving, setLeaving] = useState(false);

  const leave = async () => {
    setLeaving(true);
    try {
      await signOut();
      window.location.assign('/sign-in');
    } catch (error) {
      setLeaving(false);
      toast.error('Still signed in', { description: toApiError(error).message });
    }
  };

  return (
    <Menu>
      <MenuTrigger
        aria-label={`${person.name || person.email}: account and theme`}
        className={
          label
            ? 'flex h-14 flex-col items-center justify-center gap-0.5 font-medium text-[11px] text-ink-3'
            : 'grid size-9 place-items-center rounded-full hover:bg-hover'
        }
      >
        <Monogram name={person.name || person.email} round className={label ? 'size-5! text-[9px]!' : undefined} />
        {label ? 'You' : null}
      </MenuTrigger>
      <MenuContent side={label ? 'top' : 'right'} align="end" className="w-60">
        <div className="px-2 pt-1.5 pb-2">
          <p className="truncate font-medium text-ink">{person.name || person.email}</p>
          {person.name ? <p className="truncate text-ink-3 text-xs">{person.email}</p> : null}
        </div>
        <MenuSeparator />
        <ThemeRow />
        <MenuSeparator />
        {can('token.manage') ? (
          <MenuItem onSelect={() => router.push(path('/settings/tokens'))}>
            <KeyRound aria-hidden="true" />
            Access tokens
          </MenuItem>
        ) : null}
        <MenuItem className="max-md:hidden" onSelect={openShortcuts}>
          <Keyboard aria-hidden="true" />
          Keyboard shortcuts
        </MenuItem>
        <MenuItem disabled={leaving} onSelect={leave}>
          <LogOut aria-hidden="true" />
          Sign out
        </MenuItem>
      </MenuContent>
    </Menu>
  );
}

function ThemeRow() {
  const { theme, setTheme } = useTheme();
  return (
    <div className="flex items-center justify-between px-2 py-1">
      <span className="text-ink-2 text-sm">Theme</span>
      <Segmented aria-label="Theme" value={theme} onValueChange={setTheme} options={THEME_OPTIONS} />
    </div>
  );
}
