import { route } from '@/lib/access';
import { uploadFiles } from '@/lib/sources';

/** multipart/form-data with one SQLite file, or CSV files; the body is streamed, so it isn't read by the door. */
export const POST = route({ permission: 'source.manage', status: 201 }, (ctx, { request }) => uploadFiles(ctx, request));
