import { publicRoute } from '@/lib/access';
import { settings } from '@/lib/kernel/settings';
import { quarryVersion } from '@/lib/kernel/version';

/** Live: touches no dependency. */
export const GET = publicRoute({ reason: 'Supervisors ask whether the process lives before anybody signs in.' }, () => {
  const { maxResultRows, maxResultBytes, queryTimeoutMs, maxTablesInContext } = settings();
  return {
    status: 'ok',
    version: quarryVersion(),
    limits: { maxResultRows, maxResultBytes, queryTimeoutMs, maxTablesInContext },
  };
});
