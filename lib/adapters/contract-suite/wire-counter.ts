import { connect, createServer, type Socket } from 'node:net';

/** What went through. */
export interface WireCount {
  /** Times the client spoke after the server had: questions that had to wait for an answer. */
  roundTrips: number;
  /** Bytes from the server. */
  received: number;
}

/** Stands between an adapter and its server and counts, whatever the protocol is. */
export async function countWire(
  host: string,
  port: number,
): Promise<{ port: number; count: WireCount; reset(): void; close(): Promise<void> }> {
  const count: WireCount = { roundTrips: 0, received: 0 };
  const sockets = new Set<Socket>();
  const proxy = createServer((client) => {
    const server = connect(port, host);
    let serverSpoke = true;
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
    client.on('data', () => {
      if (serverSpoke) count.roundTrips += 1;
      serverSpoke = false;
    });
    server.on('data', (chunk) => {
      serverSpoke = true;
      count.received += chunk.length;
    });
    client.pipe(server);
    server.pipe(client);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  return {
    port: (proxy.address() as { port: number }).port,
    count,
    reset: () => Object.assign(count, { roundTrips: 0, received: 0 }),
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        proxy.close(() => resolve());
      }),
  };
}
