import { route } from '@/lib/access';
import { testSource } from '@/lib/sources';
import { testSourceSchema } from '@/lib/sources/schema';

export const POST = route({ permission: 'source.manage', body: testSourceSchema }, (ctx, { body }) => testSource(ctx, body));
