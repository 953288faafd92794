import type { FormField } from '../adapters/contract';
import { listAdapters } from '../adapters/registry';

/** What the add form needs to know of an engine; it goes to the browser. */
export interface SourceType {
  type: string;
  /** "PostgreSQL". */
  label: string;
  /** Reached over the network, or a file. */
  transport: 'network' | 'file';
  defaultPort: number | null;
  /** Schemes of connection URIs that mean this engine, without the colon. */
  uriSchemes: string[];
  fields: FormField[];
  /** Whether files can be uploaded, and become a database of this engine. */
  uploads: boolean;
  /** Whether reads can go to a copy of the server. */
  replicas: boolean;
  /** What this engine can't do, and why: one sentence each. */
  notOffered: string[];
}

/** The way through an SSH server is the same for every engine with a server. [A11] */
const SSH_FIELDS: FormField[] = [
  {
    name: 'ssh.host',
    label: 'SSH host',
    kind: 'text',
    required: false,
    placeholder: 'bastion.example.com',
    help: 'Connect through this server. The database host above is then looked up there.',
  },
  { name: 'ssh.port', label: 'SSH port', kind: 'number', required: false, placeholder: '22' },
  { name: 'ssh.username', label: 'SSH user', kind: 'text', required: false },
  { name: 'ssh.password', label: 'SSH password', kind: 'password', required: false, secret: true },
  {
    name: 'ssh.privateKey',
    label: 'SSH private key',
    kind: 'textarea',
    required: false,
    secret: true,
    placeholder: '-----BEGIN OPENSSH PRIVATE KEY-----',
    help: 'Instead of a password.',
  },
  { name: 'ssh.passphrase', label: 'Passphrase of the key', kind: 'password', required: false, secret: true },
  {
    name: 'ssh.hostKeySha256',
    label: 'Host key fingerprint',
    kind: 'text',
    required: false,
    placeholder: 'SHA256:…',
    help: 'As ssh-keygen -lf prints it. Left empty: the key seen when the source is saved is stored, and no other is taken later.',
  },
];

/** The engines that can be connected, in the order in which the page offers them. */
export function listSourceTypes(): SourceType[] {
  return listAdapters().map(({ manifest, uploads }) => ({
    type: manifest.type,
    label: manifest.label,
    transport: manifest.capabilities.transport,
    defaultPort: manifest.defaultPort ?? null,
    uriSchemes: manifest.uriSchemes,
    fields: [...manifest.formFields, ...(manifest.capabilities.transport === 'network' ? SSH_FIELDS : [])],
    uploads: uploads !== undefined,
    replicas: manifest.capabilities.notOffered.replicas === undefined,
    notOffered: Object.values(manifest.capabilities.notOffered),
  }));
}
