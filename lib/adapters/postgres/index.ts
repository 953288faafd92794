/** PostgreSQL, and what speaks its protocol and catalogue. Promises: reading in read-only transactions only, one statement at a time, exact values. */
import type { Adapter } from '../contract';
import { dialect } from './dialect';
import { openPool } from './driver';
import { manifest, type PostgresConfig } from './manifest';

export const postgres: Adapter<PostgresConfig> = { manifest, dialect, open: openPool };
