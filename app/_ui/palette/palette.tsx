'use client';

import dynamic from 'next/dynamic';
import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from 'react';
import { Shortcuts } from './shortcuts';

/** Loaded when it is opened for the first time. */
const PaletteDialog = dynamic(() => import('./palette-dialog').then((module) => module.PaletteDialog), { ssr: false });

interface PaletteValue {
  isOpen: boolean;
  setOpen(open: boolean): void;
  open(): void;
  openShortcuts(): void;
}

const PaletteContext = createContext<PaletteValue | null>(null);

export function usePalette(): PaletteValue {
  const value = useContext(PaletteContext);
  if (!value) throw new Error('usePalette stands outside of the frame.');
  return value;
}

const typing = (target: EventTarget | null) =>
  target instanceof HTMLElement && (target.isContentEditable || /^(?:INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

/** Listens for ⌘K (Ctrl+K) everywhere and `?` where nobody is typing. */
export function PaletteProvider({ children }: { children: ReactNode }) {
  const [isOpen, setOpen] = useState(false);
  const [shortcuts, setShortcuts] = useState(false);
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() === 'k' && (event.metaKey || event.ctrlKey) && !event.shiftKey && !event.altKey) {
        event.preventDefault();
        setOpen((value) => !value);
      } else if (event.key === '?' && !typing(event.target)) {
        event.preventDefault();
        setShortcuts(true);
      }
    };
    window.addEventListener('keydown', listen);
    return () => window.removeEventListener('keydown', listen);
  }, []);
  const value = useMemo(
    () => ({ isOpen, setOpen, open: () => setOpen(true), openShortcuts: () => setShortcuts(true) }),
    [isOpen],
  );
  return (
    <PaletteContext.Provider value={value}>
      {children}
      <Shortcuts open={shortcuts} onOpenChange={setShortcuts} />
    </PaletteContext.Provider>
  );
}

/** Finds pages, sources and conversations, and asks. */
export function Palette() {
  const { isOpen, setOpen } = usePalette();
  const [wanted, setWanted] = useState(false);
  if (isOpen && !wanted) setWanted(true);
  return wanted ? <PaletteDialog open={isOpen} onOpenChange={setOpen} /> : null;
}
