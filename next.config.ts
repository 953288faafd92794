import type { NextConfig } from 'next';

/** Packages with native code, WebAssembly or files of their own: loaded by Node from node_modules, not bundled. */
const EXTERNAL = [
  'libpg-query',
  'better-sqlite3',
  'pg',
  'mysql2',
  'mongodb',
  'pg-copy-streams',
  '@node-rs/argon2',
  'pino',
  '@prisma/client',
  '@prisma/adapter-pg',
  '@prisma/driver-adapter-utils',
  '@prisma/schema-engine-wasm',
  'sql-parser-cst',
  'ioredis',
  'ssh2',
  'bullmq',
  // plain packages, but large: parsing and minifying them again for each layer took five sixths of the build
  'gpt-tokenizer',
  'ai',
  '@ai-sdk/openai',
  '@ai-sdk/openai-compatible',
  '@ai-sdk/provider',
  'chrono-node',
  'next-auth',
];

const SECURITY_HEADERS = [
  { key: 'x-content-type-options', value: 'nosniff' },
  { key: 'x-frame-options', value: 'DENY' },
  { key: 'referrer-policy', value: 'same-origin' },
  { key: 'cross-origin-opener-policy', value: 'same-origin' },
  { key: 'permissions-policy', value: 'camera=(), microphone=(), geolocation=(), payment=(), usb=()' },
];

/** Answers of the API are data: nothing in them may load or run anything. Pages get theirs, with a nonce, from proxy.ts. */
const API_POLICY = { key: 'content-security-policy', value: "default-src 'none'; frame-ancestors 'none'" };

const config: NextConfig = {
  serverExternalPackages: EXTERNAL,
  poweredByHeader: false,
  typedRoutes: false,
  // `npm run check` is where types are judged; a start shouldn't take the time again.
  typescript: { ignoreBuildErrors: true },
  headers: async () => [
    { source: '/:path*', headers: SECURITY_HEADERS },
    { source: '/api/:path*', headers: [API_POLICY, { key: 'cache-control', value: 'no-store' }] },
  ],
};

export default config;
