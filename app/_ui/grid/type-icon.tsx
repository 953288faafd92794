import {
  Binary,
  Braces,
  Brackets,
  Calendar,
  CalendarClock,
  CircleDashed,
  Clock,
  Fingerprint,
  Hash,
  List,
  type LucideIcon,
  MapPin,
  Network,
  Timer,
  ToggleLeft,
  Type,
} from 'lucide-react';

const ICONS: Record<string, LucideIcon> = {
  boolean: ToggleLeft,
  integer: Hash,
  bigint: Hash,
  decimal: Hash,
  double: Hash,
  year: Calendar,
  text: Type,
  date: Calendar,
  time: Clock,
  timetz: Clock,
  timestamp: CalendarClock,
  timestamptz: CalendarClock,
  interval: Timer,
  uuid: Fingerprint,
  objectid: Fingerprint,
  json: Braces,
  array: Brackets,
  binary: Binary,
  bit: Binary,
  enum: List,
  inet: Network,
  geometry: MapPin,
};

/** The kind of a column at a glance. The name of the type stands beside it or in a tooltip. */
export function TypeIcon({ type, className }: { type: string; className?: string }) {
  const Icon = ICONS[type] ?? CircleDashed;
  return <Icon className={className ?? 'size-3.5 shrink-0 text-ink-3'} strokeWidth={1.75} aria-hidden="true" />;
}
