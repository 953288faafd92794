/** Questions of an operator over the network sample with SQL written and checked by hand. */
import type { GoldenQuestion } from './golden.fixture';

export const NETWORK: readonly GoldenQuestion[] = [
  { ask: 'how many devices are there?', sql: 'SELECT COUNT(*) FROM devices' },
  { ask: 'devices per vendor', sql: 'SELECT vendor, COUNT(*) FROM devices GROUP BY vendor' },
  {
    ask: 'how many devices at each site',
    sql: 'SELECT s.name, COUNT(*) FROM devices d JOIN sites s ON s.id = d.site_id GROUP BY s.id',
  },
  { ask: 'which devices are failed?', sql: "SELECT hostname FROM devices WHERE status = 'failed'" },
  { ask: 'list all routers', sql: "SELECT hostname, device_type FROM devices WHERE device_type = 'router'" },
  {
    ask: 'how many switches are in Frankfurt?',
    sql: "SELECT COUNT(*) FROM devices d JOIN sites s ON s.id = d.site_id WHERE d.device_type = 'switch' AND s.city = 'Frankfurt'",
  },
  {
    ask: 'Cisco devices in Germany',
    sql: "SELECT d.hostname FROM devices d JOIN sites s ON s.id = d.site_id WHERE d.vendor = 'Cisco' AND s.country = 'Germany'",
  },
  { ask: 'open incidents', sql: "SELECT title, status FROM incidents WHERE status = 'open'" },
  {
    ask: 'how many critical incidents were opened in 2026',
    sql: "SELECT COUNT(*) FROM incidents WHERE severity = 'critical' AND opened_at >= '2026-01-01' AND opened_at < '2027-01-01'",
  },
  { ask: 'incidents by severity', sql: 'SELECT severity, COUNT(*) FROM incidents GROUP BY severity' },
  { ask: 'incidents per month', sql: "SELECT strftime('%Y-%m', opened_at) m, COUNT(*) FROM incidents GROUP BY m" },
  { ask: 'average downtime per severity', sql: 'SELECT severity, AVG(downtime_minutes) FROM incidents GROUP BY severity' },
  {
    ask: 'total downtime minutes per site',
    sql: 'SELECT s.name, SUM(i.downtime_minutes) FROM incidents i JOIN devices d ON d.id = i.device_id JOIN sites s ON s.id = d.site_id GROUP BY s.id',
  },
  {
    ask: 'which site had the most incidents?',
    sql: 'SELECT s.name FROM incidents i JOIN devices d ON d.id = i.device_id JOIN sites s ON s.id = d.site_id GROUP BY s.id ORDER BY COUNT(*) DESC LIMIT 1',
  },
  { ask: 'devices without incidents', sql: 'SELECT hostname FROM devices WHERE id NOT IN (SELECT device_id FROM incidents)' },
  {
    ask: 'top 5 devices by number of incidents',
    sql: 'SELECT d.hostname, COUNT(*) n FROM devices d JOIN incidents i ON i.device_id = d.id GROUP BY d.id ORDER BY n DESC LIMIT 5',
    ties: true,
  },
  {
    ask: 'devices with more than 3 incidents',
    sql: 'SELECT d.hostname FROM devices d JOIN incidents i ON i.device_id = d.id GROUP BY d.id HAVING COUNT(*) > 3',
  },
  {
    ask: 'what is the most common root cause?',
    sql: 'SELECT root_cause FROM incidents WHERE root_cause IS NOT NULL GROUP BY root_cause ORDER BY COUNT(*) DESC LIMIT 1',
  },
  { ask: 'devices with cpu load above 80', sql: 'SELECT hostname, cpu_load FROM devices WHERE cpu_load > 80' },
  { ask: 'average cpu load per device type', sql: 'SELECT device_type, AVG(cpu_load) FROM devices GROUP BY device_type' },
  {
    ask: 'which device has the highest cpu load?',
    sql: 'SELECT hostname FROM devices WHERE cpu_load IS NOT NULL ORDER BY cpu_load DESC LIMIT 1',
  },
  { ask: 'how many interfaces are down?', sql: "SELECT COUNT(*) FROM interfaces WHERE status = 'down'" },
  { ask: 'interfaces with speed of 100000', sql: 'SELECT name FROM interfaces WHERE speed_mbps = 100000' },
  {
    ask: 'number of interfaces per device',
    sql: 'SELECT d.hostname, COUNT(*) FROM interfaces i JOIN devices d ON d.id = i.device_id GROUP BY d.id',
  },
  {
    ask: 'total monthly cost of links per provider',
    sql: 'SELECT provider, SUM(monthly_cost) FROM links GROUP BY provider',
    or: 'SELECT provider, SUM(monthly_cost) FROM links WHERE provider IS NOT NULL GROUP BY provider',
  },
  { ask: 'what is the total monthly cost of all links?', sql: 'SELECT SUM(monthly_cost) FROM links' },
  { ask: 'links with latency over 100 ms', sql: 'SELECT id, latency_ms FROM links WHERE latency_ms > 100' },
  { ask: 'average latency per link type', sql: 'SELECT link_type, AVG(latency_ms) FROM links GROUP BY link_type' },
  { ask: 'how many links are degraded?', sql: "SELECT COUNT(*) FROM links WHERE status = 'degraded'" },
  {
    ask: 'total purchase price of devices per site',
    sql: 'SELECT s.name, SUM(d.purchase_price) FROM devices d JOIN sites s ON s.id = d.site_id GROUP BY s.id',
  },
  { ask: 'most expensive device', sql: 'SELECT hostname FROM devices ORDER BY purchase_price DESC LIMIT 1' },
  { ask: 'devices installed before 2022', sql: "SELECT hostname, installed_on FROM devices WHERE installed_on < '2022-01-01'" },
  {
    ask: 'how many devices were installed per year?',
    sql: "SELECT strftime('%Y', installed_on) y, COUNT(*) FROM devices GROUP BY y",
  },
  { ask: 'sites in Europe', sql: "SELECT name, region FROM sites WHERE region = 'Europe'" },
  { ask: 'number of sites per region', sql: 'SELECT region, COUNT(*) FROM sites GROUP BY region' },
  { ask: 'which sites are data centres?', sql: "SELECT name FROM sites WHERE site_type = 'data centre'" },
  { ask: 'when was the Berlin HQ opened?', sql: "SELECT opened_on FROM sites WHERE name = 'Berlin HQ'" },
  {
    ask: 'how many users were affected by incidents in October 2026?',
    sql: "SELECT SUM(affected_users) FROM incidents WHERE opened_at >= '2026-10-01' AND opened_at < '2026-11-01'",
  },
  {
    ask: 'incidents that are not resolved',
    sql: "SELECT title FROM incidents WHERE status <> 'resolved'",
    or: 'SELECT title FROM incidents WHERE resolved_at IS NULL',
  },
  {
    ask: 'incidents reported by monitoring last month',
    sql: "SELECT title FROM incidents WHERE reported_by = 'monitoring' AND opened_at >= '2026-10-01' AND opened_at < '2026-11-01'",
  },
  {
    ask: 'number of incidents per vendor',
    sql: 'SELECT d.vendor, COUNT(*) FROM incidents i JOIN devices d ON d.id = i.device_id GROUP BY d.vendor',
  },
  { ask: 'longest downtime', sql: 'SELECT MAX(downtime_minutes) FROM incidents' },
  { ask: 'what share of devices are active?', sql: "SELECT 100.0 * SUM(status = 'active') / COUNT(*) FROM devices" },
  { ask: 'vendors with more than 5 devices', sql: 'SELECT vendor FROM devices GROUP BY vendor HAVING COUNT(*) > 5' },
  {
    ask: 'which vendor has the most failed devices?',
    sql: "SELECT vendor FROM devices WHERE status = 'failed' GROUP BY vendor ORDER BY COUNT(*) DESC LIMIT 1",
    ties: true,
  },
  {
    ask: 'average number of interfaces per device',
    sql: 'SELECT AVG(n) FROM (SELECT COUNT(*) n FROM interfaces GROUP BY device_id)',
  },
  { ask: 'what is the packet loss of the links?', sql: null },
  { ask: 'which device will fail next?', sql: null },
  { ask: 'what is the uptime of the routers', sql: null },
  { ask: 'mean time between failures', sql: null },
  // asked after the grammar was mended for those above
  {
    ask: 'which sites have no routers',
    sql: "SELECT name FROM sites WHERE id NOT IN (SELECT site_id FROM devices WHERE device_type = 'router')",
  },
  {
    ask: 'devices seen last month',
    sql: "SELECT hostname, last_seen_at FROM devices WHERE last_seen_at >= '2026-10-01' AND last_seen_at < '2026-11-01'",
  },
  {
    ask: 'how many firewalls does each site have',
    sql: "SELECT s.name, COUNT(*) FROM devices d JOIN sites s ON s.id = d.site_id WHERE d.device_type = 'firewall' GROUP BY s.id",
  },
  { ask: 'incident count per root cause', sql: 'SELECT root_cause, COUNT(*) FROM incidents GROUP BY root_cause' },
  {
    ask: 'which region has the highest downtime',
    sql: 'SELECT s.region FROM incidents i JOIN devices d ON d.id = i.device_id JOIN sites s ON s.id = d.site_id GROUP BY s.region ORDER BY SUM(i.downtime_minutes) DESC LIMIT 1',
  },
  {
    ask: 'incidents of Cisco devices',
    sql: "SELECT i.title, i.opened_at FROM incidents i JOIN devices d ON d.id = i.device_id WHERE d.vendor = 'Cisco'",
  },
  {
    ask: 'which devices have no critical incidents',
    sql: "SELECT hostname FROM devices WHERE id NOT IN (SELECT device_id FROM incidents WHERE severity = 'critical')",
  },
  {
    ask: 'sites with no failed devices',
    sql: "SELECT name FROM sites WHERE id NOT IN (SELECT site_id FROM devices WHERE status = 'failed')",
  },
  {
    ask: 'routers with open incidents',
    sql: "SELECT hostname FROM devices WHERE device_type = 'router' AND id IN (SELECT device_id FROM incidents WHERE status = 'open')",
  },
  { ask: 'disabled interfaces', sql: 'SELECT mac_address FROM interfaces WHERE enabled = 0' },
  {
    ask: 'mean cpu load of routers in Europe',
    sql: "SELECT AVG(d.cpu_load) FROM devices d JOIN sites s ON s.id = d.site_id WHERE d.device_type = 'router' AND s.region = 'Europe'",
  },
  {
    ask: 'percentage of incidents that are critical',
    sql: "SELECT 100.0 * SUM(severity = 'critical') / COUNT(*) FROM incidents",
  },
  {
    ask: 'top 3 providers by monthly cost',
    sql: 'SELECT provider, SUM(monthly_cost) c FROM links WHERE provider IS NOT NULL GROUP BY provider ORDER BY c DESC LIMIT 3',
  },
  { ask: 'monthly cost per site', sql: null },
  { ask: 'average resolution time', sql: null },
];
