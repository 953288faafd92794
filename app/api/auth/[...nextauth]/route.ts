import { authRoute } from '@/lib/access';

export const GET = authRoute;
export const POST = authRoute;
