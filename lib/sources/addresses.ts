import { BlockList, isIP } from 'node:net';

/** Why an IP address must not be connected to; null when nothing speaks against it. */
export type AddressKind =
  | 'metadata'
  | 'link-local'
  | 'unspecified'
  | 'multicast'
  | 'reserved'
  | 'loopback'
  | 'private'
  | 'public';

const list = (...subnets: string[]): BlockList => {
  const blocks = new BlockList();
  for (const subnet of subnets) {
    const [address = '', prefix = ''] = subnet.split('/');
    blocks.addSubnet(address, Number(prefix), address.includes(':') ? 'ipv6' : 'ipv4');
  }
  return blocks;
};

/** In order: the first that fits is the kind. Sources: IANA special-purpose registries; cloud providers' metadata addresses. */
const KINDS: readonly [AddressKind, BlockList][] = [
  // AWS, Azure, GCP and most others; Azure's wire server; Alibaba; Oracle; AWS over IPv6.
  [
    'metadata',
    list('169.254.169.254/32', '169.254.170.2/32', '168.63.129.16/32', '100.100.100.200/32', '192.0.0.192/32', 'fd00:ec2::/32'),
  ],
  ['link-local', list('169.254.0.0/16', 'fe80::/10')],
  ['unspecified', list('0.0.0.0/8', '::/128')],
  ['multicast', list('224.0.0.0/4', 'ff00::/8')],
  ['reserved', list('240.0.0.0/4')],
  ['loopback', list('127.0.0.0/8', '::1/128')],
  [
    'private',
    list(
      '10.0.0.0/8',
      '172.16.0.0/12',
      '192.168.0.0/16',
      '100.64.0.0/10',
      '192.0.0.0/24',
      '198.18.0.0/15',
      'fc00::/7',
      'fec0::/10',
    ),
  ],
];

/** The kind of an IP address; one that wraps an IPv4 address (mapped, NAT64, 6to4) is judged by the address inside. */
export function addressKind(address: string): AddressKind {
  const plain = address.replace(/%.*$/, '');
  const inner = embeddedIpv4(plain);
  if (inner) return addressKind(inner);
  const family = isIP(plain) === 6 ? 'ipv6' : 'ipv4';
  return KINDS.find(([, blocks]) => blocks.check(plain, family))?.[0] ?? 'public';
}

/** The same address in one spelling, for comparing. */
export function canonicalAddress(address: string): string {
  const plain = address.replace(/%.*$/, '').toLowerCase();
  return (
    embeddedIpv4(plain) ??
    (isIP(plain) === 6
      ? groups(plain)
          .map((group) => group.toString(16))
          .join(':')
      : plain)
  );
}

function embeddedIpv4(address: string): string | null {
  if (isIP(address) !== 6) return null;
  const parts = groups(address);
  const [a, b, c] = parts;
  const leadingZeros = parts.slice(0, 5).every((group) => group === 0);
  const tail = dotted(parts[6] ?? 0, parts[7] ?? 0);
  if (leadingZeros && parts[5] === 0xffff) return tail;
  // IPv4-compatible (deprecated), but not :: and ::1.
  if (leadingZeros && parts[5] === 0 && (parts[6] !== 0 || (parts[7] ?? 0) > 1)) return tail;
  if (a === 0x64 && b === 0xff9b) return tail;
  if (a === 0x2002) return dotted(b ?? 0, c ?? 0);
  return null;
}

const dotted = (high: number, low: number) => [high >> 8, high & 255, low >> 8, low & 255].join('.');

/** The eight 16-bit groups of a valid IPv6 address. */
function groups(address: string): number[] {
  const withHex = address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, ...bytes: string[]) => {
    const [a = 0, b = 0, c = 0, d = 0] = bytes.slice(0, 4).map(Number);
    return `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
  });
  const [head = '', tail] = withHex.split('::');
  const left = head ? head.split(':') : [];
  const right = tail ? tail.split(':') : [];
  const missing = tail === undefined ? 0 : 8 - left.length - right.length;
  return [...left, ...Array<string>(missing).fill('0'), ...right].map((group) => Number.parseInt(group, 16));
}
