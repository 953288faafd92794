import { isIP } from 'node:net';
import type { FormField } from './contract';

/** The four TLS modes as a form offers them, and the certificates that go with them. [A8] */
const TLS_FIELDS: FormField[] = [
  {
    name: 'tls.mode',
    label: 'TLS',
    kind: 'select',
    required: false,
    options: [
      { value: 'disable', label: 'Off' },
      { value: 'require', label: 'Required, certificate not checked' },
      { value: 'verify-ca', label: 'Required, certificate checked' },
      { value: 'verify-full', label: 'Required, certificate and host name checked' },
    ],
    help: 'Left empty: used when the server offers it.',
  },
  { name: 'tls.ca', label: 'CA certificate', kind: 'textarea', required: false, placeholder: '-----BEGIN CERTIFICATE-----' },
  { name: 'tls.cert', label: 'Client certificate', kind: 'textarea', required: false },
  { name: 'tls.key', label: 'Client key', kind: 'textarea', required: false, secret: true },
];

/** The form of an engine with a server, a database and a login. @param port its usual one */
export const serverFields = (port: number): FormField[] => [
  { name: 'host', label: 'Host', kind: 'text', required: true, placeholder: 'db.example.com' },
  { name: 'port', label: 'Port', kind: 'number', required: false, placeholder: String(port) },
  { name: 'database', label: 'Database', kind: 'text', required: true },
  { name: 'username', label: 'User', kind: 'text', required: true, help: 'A login that may only read is best.' },
  { name: 'password', label: 'Password', kind: 'password', required: false, secret: true },
  ...TLS_FIELDS,
];

/** "db.example.com:5432"; IPv6 in brackets (RFC 3986). */
export const hostAndPort = (host: string, port: number): string => (isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`);
