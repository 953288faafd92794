import type { SampleDatabase, SampleValue } from './definition';
import { dayBefore, momentBefore, money } from './moments';
import { networkTables } from './network-tables';
import { at, Draw, weighted } from './random';

type Rows = SampleValue[][];

const SITES: readonly (readonly [
  name: string,
  city: string,
  country: string,
  region: string,
  kind: string,
  latitude: number,
  longitude: number,
])[] = [
  ['Frankfurt DC', 'Frankfurt', 'Germany', 'Europe', 'data centre', 50.1109, 8.6821],
  ['Ashburn DC', 'Ashburn', 'United States', 'North America', 'data centre', 39.0438, -77.4874],
  ['Berlin HQ', 'Berlin', 'Germany', 'Europe', 'headquarters', 52.52, 13.405],
  ['London Office', 'London', 'United Kingdom', 'Europe', 'office', 51.5072, -0.1276],
  ['Madrid Office', 'Madrid', 'Spain', 'Europe', 'office', 40.4168, -3.7038],
  ['Chicago Office', 'Chicago', 'United States', 'North America', 'office', 41.8781, -87.6298],
  ['Toronto Office', 'Toronto', 'Canada', 'North America', 'office', 43.6532, -79.3832],
  ['Singapore Hub', 'Singapore', 'Singapore', 'Asia Pacific', 'data centre', 1.3521, 103.8198],
  ['Sydney Office', 'Sydney', 'Australia', 'Asia Pacific', 'office', -33.8688, 151.2093],
  ['Rotterdam Warehouse', 'Rotterdam', 'Netherlands', 'Europe', 'warehouse', 51.9244, 4.4777],
];

/** Vendor and model, type of device, operating system, list price in whole euros. */
const MODELS: readonly (readonly [vendor: string, model: string, kind: string, system: string, price: number])[] = [
  ['Cisco', 'ASR 1001-X', 'router', 'IOS XE 17.9', 14_500],
  ['Juniper', 'MX204', 'router', 'Junos 22.4', 21_900],
  ['Cisco', 'Catalyst 9300', 'switch', 'IOS XE 17.9', 6_800],
  ['Arista', '7050X3', 'switch', 'EOS 4.30', 11_200],
  ['Aruba', 'CX 6300', 'switch', 'AOS-CX 10.12', 4_950],
  ['Fortinet', 'FortiGate 200F', 'firewall', 'FortiOS 7.4', 5_400],
  ['Palo Alto', 'PA-3410', 'firewall', 'PAN-OS 11.0', 16_750],
  ['Aruba', 'AP-635', 'access point', 'AOS 8.11', 890],
  ['Ubiquiti', 'U6 Enterprise', 'access point', 'UniFi 6.6', 279],
];

const PREFIX: Record<string, string> = { router: 'rtr', switch: 'sw', firewall: 'fw', 'access point': 'ap' };
const SPEED_NAMES: Record<number, string> = { 1000: 'Gig', 10000: 'TenGig', 40000: 'FortyGig', 100000: 'HundredGig' };
const CAUSES = [
  'fibre cut',
  'power failure',
  'software bug',
  'hardware fault',
  'misconfiguration',
  'overload',
  'provider maintenance',
];
const TITLES: Record<string, readonly string[]> = {
  router: ['BGP session down', 'High CPU load', 'Routing loop', 'Packet loss on uplink'],
  switch: ['Spanning-tree change', 'Port flapping', 'Fan failure', 'Uplink saturated'],
  firewall: ['VPN tunnel down', 'Session table full', 'Policy push failed', 'High-availability failover'],
  'access point': ['Clients can not connect', 'Radio interference', 'Access point unreachable'],
};

function sites(): Rows {
  const draw = new Draw('network.sites');
  return SITES.map(([name, city, country, region, kind, latitude, longitude], index) => {
    const opened = dayBefore(draw.between(2300, 4600));
    return [index + 1, name, city, country, region, kind, latitude, longitude, opened];
  });
}

interface Device {
  id: number;
  site: number;
  kind: string;
  hostname: string;
  installedDaysAgo: number;
}

function devices(): { rows: Rows; devices: Device[] } {
  const draw = new Draw('network.devices');
  const status = weighted([
    ['active', 82],
    ['maintenance', 7],
    ['failed', 4],
    ['retired', 7],
  ] as const);
  const made: Device[] = [];
  const rows: Rows = [];
  SITES.forEach(([, city, , , siteKind], siteIndex) => {
    const wanted = siteKind === 'data centre' ? [0, 1, 3, 3, 6] : siteKind === 'headquarters' ? [0, 2, 2, 6, 7, 7] : [0, 4, 5, 8];
    const used: Record<string, number> = {};
    for (const modelIndex of siteKind === 'warehouse' ? [4, 5, 8, 8] : wanted) {
      const [vendor, model, kind, system, price] = at(MODELS, modelIndex);
      const number = (used[kind] ?? 0) + 1;
      used[kind] = number;
      const id = rows.length + 1;
      const hostname = `${city.slice(0, 3).toLowerCase()}-${PREFIX[kind]}-${String(number).padStart(2, '0')}`;
      const installedDaysAgo = draw.between(400, 2200);
      const state = draw.weighted(status);
      const silent = state === 'retired' ? draw.between(40, 300) : state === 'failed' ? draw.between(1, 6) : 0;
      made.push({ id, site: siteIndex + 1, kind, hostname, installedDaysAgo });
      rows.push([
        id,
        siteIndex + 1,
        hostname,
        kind,
        vendor,
        model,
        `10.${siteIndex + 1}.0.${id}`,
        `SN${String(100_000 + id * 7919).padStart(8, '0')}`,
        system,
        state,
        money(price * 100 - draw.between(0, 20) * price),
        state === 'active' ? draw.between(40, 960) / 10 : null,
        dayBefore(installedDaysAgo),
        momentBefore(silent, draw.between(0, 86_399)),
      ]);
    }
  });
  return { rows, devices: made };
}

interface Port {
  id: number;
  device: Device;
  speed: number;
}

function interfaces(all: readonly Device[]): { rows: Rows; ports: Port[] } {
  const draw = new Draw('network.interfaces');
  const ports: Port[] = [];
  const rows: Rows = [];
  for (const device of all) {
    const count = device.kind === 'access point' ? 1 : device.kind === 'switch' ? 3 : 2;
    for (let number = 0; number < count; number++) {
      const id = rows.length + 1;
      const speed =
        device.kind === 'access point'
          ? 1000
          : number === 0
            ? draw.pick([10_000, 10_000, 40_000, 100_000])
            : draw.pick([1000, 10_000]);
      const enabled = draw.chance(0.92);
      const name = device.kind === 'access point' ? 'eth0' : `${SPEED_NAMES[speed] ?? 'Ethernet'}0/${number}`;
      const mac = ['02', '1a', device.id.toString(16), number.toString(16), (id * 37 + 11).toString(16).slice(-2), 'c4'];
      ports.push({ id, device, speed });
      rows.push([
        id,
        device.id,
        name,
        mac.map((part) => part.padStart(2, '0')).join(':'),
        device.kind === 'switch' && number > 0 ? null : `10.${device.site}.${number + 1}.${device.id}`,
        device.kind === 'switch' ? draw.pick([10, 20, 30, 40]) : null,
        speed,
        draw.chance(0.2) ? 9000 : 1500,
        enabled,
        enabled && draw.chance(0.94) ? 'up' : 'down',
      ]);
    }
  }
  return { rows, ports };
}

/** Every site hangs on one of the data centres through its router; switches hang on the router of their site. */
function links(ports: readonly Port[]): Rows {
  const draw = new Draw('network.links');
  const rows: Rows = [];
  const firstPort = (site: number, kind: string, skip = 0) =>
    ports.filter((port) => port.device.site === site && port.device.kind === kind)[skip];
  const add = (from: Port | undefined, to: Port | undefined, kind: string) => {
    if (!from || !to) return;
    const wide = kind !== 'copper';
    const far = wide && Math.abs(from.device.site - to.device.site) > 0;
    const bandwidth = far ? draw.pick([1000, 2000, 5000, 10_000]) : Math.min(from.speed, to.speed);
    rows.push([
      rows.length + 1,
      from.id,
      to.id,
      kind,
      far ? draw.pick(['Lumen', 'Colt', 'Telia', 'NTT', 'Zayo']) : null,
      bandwidth,
      (far ? draw.between(60, 1800) : draw.between(1, 9)) / 10,
      far ? money(draw.between(45, 900) * 1000 + bandwidth * 20) : null,
      draw.weighted(
        weighted([
          ['active', 88],
          ['degraded', 8],
          ['down', 4],
        ] as const),
      ),
      dayBefore(Math.min(from.device.installedDaysAgo, to.device.installedDaysAgo) - draw.between(1, 40)),
    ]);
  };
  SITES.forEach(([, , , region], index) => {
    const site = index + 1;
    const hub = region === 'North America' ? 2 : region === 'Asia Pacific' ? 8 : 1;
    if (site !== hub) add(firstPort(site, 'router') ?? firstPort(site, 'firewall'), firstPort(hub, 'router', site % 2), 'fibre');
    add(firstPort(site, 'switch'), firstPort(site, 'router', 1) ?? firstPort(site, 'firewall', 1), 'copper');
    if (site % 3 === 0) add(firstPort(site, 'firewall'), firstPort(hub, 'firewall'), 'internet VPN');
  });
  add(firstPort(1, 'router'), firstPort(2, 'router'), 'fibre');
  add(firstPort(1, 'router', 1), firstPort(8, 'router'), 'fibre');
  return rows;
}

function incidents(all: readonly Device[]): Rows {
  const draw = new Draw('network.incidents');
  const severity = weighted([
    ['critical', 12],
    ['major', 28],
    ['minor', 60],
  ] as const);
  const skewed = weighted(all.map((device, index) => [device, device.kind === 'router' ? 6 : 1 + (index % 4)] as const));
  const opened = Array.from({ length: 60 }, () => draw.between(0, 364)).sort((a, b) => b - a);
  return opened.map((daysAgo, index) => {
    const device = draw.weighted(skewed);
    const level = draw.weighted(severity);
    const start = draw.between(0, 80_000);
    const resolved = daysAgo > 3 || draw.chance(0.4);
    const minutes =
      level === 'critical' ? draw.between(20, 400) : level === 'major' ? draw.between(10, 240) : draw.between(2, 90);
    return [
      index + 1,
      device.id,
      at(TITLES[device.kind] ?? ['Device unreachable'], draw.between(0, (TITLES[device.kind]?.length ?? 1) - 1)),
      level,
      resolved ? 'resolved' : draw.pick(['open', 'investigating']),
      draw.pick(['monitoring', 'monitoring', 'monitoring', 'help desk', 'provider']),
      momentBefore(daysAgo, start),
      resolved ? momentBefore(daysAgo, start + minutes * 60) : null,
      resolved ? minutes : null,
      resolved && draw.chance(0.8) ? draw.pick(CAUSES) : null,
      level === 'minor' && draw.chance(0.5) ? 0 : draw.between(1, 220),
    ];
  });
}

/** A company's network: sites, the devices in them, their interfaces, the links between interfaces, and incidents on devices. */
export const network: SampleDatabase = {
  name: 'network',
  label: 'Network',
  version: 1,
  tables: networkTables,
  generate() {
    const made = devices();
    const ports = interfaces(made.devices);
    return {
      sites: sites(),
      devices: made.rows,
      interfaces: ports.rows,
      links: links(ports.ports),
      incidents: incidents(made.devices),
    };
  },
};
