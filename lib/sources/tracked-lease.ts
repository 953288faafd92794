import type { Lease } from '../adapters/contract';

/** A lease that tells the registry, once, when it is given back. */
export function trackLease(lease: Lease, onRelease: () => void): Lease {
  let released = false;
  return {
    backendId: lease.backendId,
    execute: (statement, options) => lease.execute(statement, options),
    executeText: lease.executeText
      ? (statement, options) => lease.executeText?.(statement, options) ?? Promise.resolve(null)
      : undefined,
    introspect: (signal) => lease.introspect(signal),
    validate: () => lease.validate(),
    ping: lease.ping ? async (signal) => lease.ping?.(signal) : undefined,
    replicaLag: lease.replicaLag ? async (signal) => lease.replicaLag?.(signal) ?? null : undefined,
    explain: (statement, options) => lease.explain(statement, options),
    release: (broken) => {
      if (released) return;
      released = true;
      try {
        lease.release(broken);
      } finally {
        onRelease();
      }
    },
  };
}
