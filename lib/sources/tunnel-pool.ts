import type { Lease, Pool, ResultStream, TextStream } from '../adapters/contract';
import { QuarryError } from '../kernel/errors';
import type { Tunnel } from './tunnel';

/**
 * A pool whose connections go through a tunnel: when it was the tunnel that broke, the error names it; and the tunnel is closed with the
 * pool.
 */
export function poolThroughTunnel(pool: Pool, tunnel: Tunnel): Pool {
  return {
    lease: (options) => namingTunnel(tunnel, async () => leaseThroughTunnel(await pool.lease(options), tunnel)),
    stats: () => pool.stats(),
    async drain(graceMs) {
      try {
        await pool.drain(graceMs);
      } finally {
        await tunnel.close();
      }
    },
  };
}

/** The same lease with its errors explained. By prototype: whatever else an engine's lease offers stays as it is. */
function leaseThroughTunnel(lease: Lease, tunnel: Tunnel): Lease {
  const explained = Object.create(lease) as Lease;
  const { execute, executeText, introspect, validate, explain, ping, replicaLag, release } = lease;
  explained.execute = (...input) => namingTunnel(tunnel, async () => streamed(await execute.apply(lease, input), tunnel));
  if (executeText) {
    explained.executeText = (...input) =>
      namingTunnel(tunnel, async () => {
        const stream = await executeText.apply(lease, input);
        return stream && packed(stream, tunnel);
      });
  }
  explained.introspect = (...input) => namingTunnel(tunnel, () => introspect.apply(lease, input));
  explained.validate = () => namingTunnel(tunnel, () => validate.apply(lease));
  explained.explain = (...input) => namingTunnel(tunnel, () => explain.apply(lease, input));
  if (ping) explained.ping = (...input) => namingTunnel(tunnel, () => ping.apply(lease, input));
  if (replicaLag) explained.replicaLag = (...input) => namingTunnel(tunnel, () => replicaLag.apply(lease, input));
  explained.release = (broken) => release.call(lease, broken);
  return explained;
}

const streamed = (stream: ResultStream, tunnel: Tunnel): ResultStream => ({
  columns: stream.columns,
  rows: watched(stream.rows, tunnel),
  outcome: () => stream.outcome(),
});

const packed = (stream: TextStream, tunnel: Tunnel): TextStream => ({
  columns: stream.columns,
  batches: watched(stream.batches, tunnel),
  outcome: () => stream.outcome(),
});

async function* watched<T>(batches: AsyncIterable<T>, tunnel: Tunnel): AsyncGenerator<T> {
  const before = tunnel.problem.count;
  try {
    yield* batches;
  } catch (error) {
    throw explainedBy(tunnel, before, error);
  }
}

async function namingTunnel<T>(tunnel: Tunnel, work: () => Promise<T>): Promise<T> {
  const before = tunnel.problem.count;
  try {
    return await work();
  } catch (error) {
    throw explainedBy(tunnel, before, error);
  }
}

/** The tunnel's own problem, when it had one meanwhile and the driver only saw that nobody answers any more. */
function explainedBy(tunnel: Tunnel, before: number, error: unknown): unknown {
  const unanswered = error instanceof QuarryError && error.code === 'source.unreachable';
  return unanswered && tunnel.problem.count > before ? tunnel.problem.error : error;
}
