import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { projectRoot } from '../kernel/paths';
import { TENANT_MODELS } from './tenant-models';

const schema = readFileSync(path.join(projectRoot(), 'prisma/schema.prisma'), 'utf8');
const models = new Map([...schema.matchAll(/^model (\w+) \{(.*?)^\}/gms)].map((match) => [match[1] ?? '', match[2] ?? '']));
const tenantModels = [...models].filter(([, body]) => /^ {2}organizationId /m.test(body));

describe('the table of tenant models', () => {
  it('lists every model with an organizationId, with its table and relations', () => {
    const expected = tenantModels.map(([name, body]) => {
      const relations = [...body.matchAll(/^ {2}(\w+) +(\w+)(\[\])?\??(?: |$)/gm)].filter(([, , type]) => models.has(type ?? ''));
      return [
        name,
        {
          table: body.match(/@@map\("(\w+)"\)/)?.[1],
          parents: relations.filter(([, , , list]) => !list).map(([, field]) => field),
          children: Object.fromEntries(relations.filter(([, , , list]) => list).map(([, field, type]) => [field, type])),
        },
      ];
    });
    expect(TENANT_MODELS).toEqual(Object.fromEntries(expected));
  });
});

describe('the schema', () => {
  it.each(tenantModels)('keys %s by organisation', (_name, body) => {
    expect(body).toContain('@@unique([organizationId, id])');
    // Only what has a column that says "of the installation, on purpose" may have no organisation (see the migration's CHECK).
    const optional = /^ {2}installation +Boolean/m.test(body) ? '\\?' : '';
    expect(body).toMatch(
      new RegExp(`organizationId +String${optional} +@default\\(dbgenerated\\("quarry_organization_id\\(\\)"\\)\\) @db\\.Uuid`),
    );
    for (const [, fields, referenced] of body.matchAll(/@relation\(fields: \[([^\]]+)\], references: \[([^\]]+)\]/g)) {
      const toPlainModel = fields === 'organizationId' || fields === 'userId';
      expect(fields?.startsWith('organizationId, ') || toPlainModel, fields).toBe(true);
      expect(referenced).toBe(toPlainModel ? 'id' : 'organizationId, id');
    }
  });

  it.each(tenantModels)('starts every compound key of %s with the organisation', (_name, body) => {
    for (const [, fields] of body.matchAll(/@@unique\(\[([^\]]+)\]/g)) expect(fields).toMatch(/^organizationId, /);
  });
});
