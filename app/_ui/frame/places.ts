import { Database, type LucideIcon, MessageSquareText, Settings } from 'lucide-react';

export interface Place {
  path: string;
  label: string;
  icon: LucideIcon;
}

/** The places of a workspace, in the rail's order. Only what exists is listed. */
export const PLACES: Place[] = [
  { path: '/ask', label: 'Ask', icon: MessageSquareText },
  { path: '/sources', label: 'Sources', icon: Database },
  { path: '/settings', label: 'Settings', icon: Settings },
];
