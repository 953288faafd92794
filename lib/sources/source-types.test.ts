import { describe, expect, it } from 'vitest';
import { listSourceTypes } from './source-types';

describe('the types that can be connected', () => {
  it.each(listSourceTypes())('$label names its schemes as the form compares them, without a colon', ({ uriSchemes }) => {
    expect(uriSchemes.length).toBeGreaterThan(0);
    for (const scheme of uriSchemes) expect(scheme).toMatch(/^[a-z][a-z\d+.-]*$/);
  });

  it('gives every field of a form a label, and every secret one no way back', () => {
    for (const { fields } of listSourceTypes()) {
      for (const field of fields) expect(field.label.length).toBeGreaterThan(0);
      for (const field of fields.filter(({ kind }) => kind === 'password')) expect(field.secret).toBe(true);
    }
  });
});
