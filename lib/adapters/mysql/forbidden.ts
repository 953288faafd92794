import type { TableRef } from '../contract';
import { SYSTEM_SCHEMAS } from './system-schemas';

/** Views of the information schema that describe tables, columns, keys and routines. Others show statements, accounts, samples of values or files. */
const DESCRIBING = new Set(
  `applicable_roles character_sets check_constraints collations collation_character_set_applicability columns columns_extensions
  enabled_roles engines events geometry_columns innodb_ft_default_stopword keywords key_column_usage keywords parameters partitions periods
  referential_constraints routines schemata schemata_extensions sequences spatial_ref_sys sql_functions statistics st_geometry_columns
  st_spatial_reference_systems st_units_of_measure system_variables tables tables_extensions table_constraints
  table_constraints_extensions triggers views view_routine_usage view_table_usage`.split(/\s+/),
);

/** A sentence when the relation may not be read, else null. Names of schemas count without case: some servers fold them. */
export function relationRefusal({ schema, name }: TableRef): string | null {
  const owner = schema?.toLowerCase();
  if (owner === undefined || !SYSTEM_SCHEMAS.has(owner)) return null;
  if (owner === 'information_schema' && DESCRIBING.has(name.toLowerCase())) return null;
  return `The system table ${owner}.${name} is not allowed: it shows accounts, statements of others, or values of other tables.`;
}

/** What of SHOW only describes. Others show accounts, statements of others, or values of the last statement (WARNINGS). */
export const SHOWN = new Set(
  'CHARACTER CHARSET COLLATION COLUMNS CREATE DATABASES ENGINES FIELDS FUNCTION INDEX INDEXES KEYS PROCEDURE SCHEMAS STATUS TABLE TABLES TRIGGERS VARIABLES'.split(
    ' ',
  ),
);

/** Hints that set a variable or leave the limits of the session. */
export const FORBIDDEN_HINTS = /\b(?:SET_VAR|RESOURCE_GROUP)\b/i;
