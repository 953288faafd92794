/** MySQL and MariaDB. Promises: reading in read-only transactions only, one prepared statement at a time that gives rows, exact values. */
import type { Adapter } from '../contract';
import { dialect } from './dialect';
import { openPool } from './driver';
import { type MysqlConfig, manifest } from './manifest';

export const mysql: Adapter<MysqlConfig> = { manifest, dialect, open: openPool };
