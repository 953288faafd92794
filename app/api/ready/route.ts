import { publicRoute } from '@/lib/access';
import { checkReadiness } from '@/lib/monitoring';

/** Ready: each dependency is asked. 503 tells a load balancer to wait; degraded still serves. */
export const GET = publicRoute({ reason: 'Supervisors ask whether to send traffic before anybody signs in.' }, async () => {
  const readiness = await checkReadiness();
  return Response.json(readiness, { status: readiness.status === 'unavailable' ? 503 : 200 });
});
