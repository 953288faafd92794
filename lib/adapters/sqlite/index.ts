import type { Adapter } from '../contract';
import { dialect } from './dialect';
import { openPool } from './driver';
import { manifest, type SqliteConfig } from './manifest';
import { receiveUpload } from './receive-upload';
import { listUploads, removeUpload, uploadOf } from './upload-folder';

export const sqlite: Adapter<SqliteConfig> = {
  manifest,
  dialect,
  open: openPool,
  uploads: { receive: receiveUpload, uploadOf, list: listUploads, remove: removeUpload },
};
