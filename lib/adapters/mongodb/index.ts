/** MongoDB 4.4 and later. Promises: reading commands only, stages and operators that are known to read, bound values that stay values, exact values of BSON. */
import type { Adapter } from '../contract';
import { dialect } from './dialect';
import { openPool } from './driver';
import { type MongoConfig, manifest } from './manifest';

export const mongodb: Adapter<MongoConfig> = { manifest, dialect, open: openPool };
