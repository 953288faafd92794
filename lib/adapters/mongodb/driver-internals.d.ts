/** Parts of the MongoDB driver that it exports to itself only; see connection.ts for why they are used. Checked by the tests on every version. */
declare module 'mongodb/lib/cmap/connect.js' {
  export interface DriverConnection {
    readonly socket: import('node:net').Socket;
    readonly hello: import('mongodb').Document | null;
    readonly closed: boolean;
    command(
      namespace: { db: string },
      command: Readonly<Record<string, unknown>>,
      options: Readonly<Record<string, unknown>>,
      responseType: typeof import('mongodb/lib/cmap/wire_protocol/responses.js').MongoDBResponse,
    ): Promise<import('mongodb/lib/cmap/wire_protocol/responses.js').MongoDBResponse>;
    on(event: 'close', listener: () => void): void;
    destroy(): void;
  }
  /** @throws MongoError */
  export function connect(options: Readonly<Record<string, unknown>>): Promise<DriverConnection>;
}

declare module 'mongodb/lib/cmap/wire_protocol/responses.js' {
  export class MongoDBResponse {
    toBytes(): Uint8Array;
  }
}

declare module 'mongodb/lib/mongo_client_auth_providers.js' {
  export class MongoClientAuthProviders {}
}
