import type { Adapter } from '../contract';
import { dialect } from './dialect';
import { openPool } from './driver';
import { manifest, type SqliteConfig } from './manifest';

export const sqlite: Adapter<SqliteConfig> = { manifest, dialect, open: openPool };
