/** What a reading query may not touch on PostgreSQL although the server would let it, and why. */

/** Volatile functions of PostgreSQL's own that change nothing that outlives the query. pg_sleep is bounded by the time-out. */
const HARMLESS_VOLATILE = new Set(
  'array_sample array_shuffle clock_timestamp current_query currval gen_random_uuid lastval pg_blocking_pids pg_database_size pg_indexes_size pg_is_in_recovery pg_jit_available pg_partition_ancestors pg_partition_tree pg_relation_size pg_sequence_last_value pg_sleep pg_sleep_for pg_sleep_until pg_table_size pg_tablespace_size pg_total_relation_size pg_xact_commit_timestamp pg_xact_status random random_normal timeofday txid_status uuidv4 uuidv7'.split(
    ' ',
  ),
);

/**
 * Functions refused by name, with or without schema: they read files or large objects, run SQL given as text (which the parser
 * can't see), reach other servers or sessions, show sampled values, or set the session. Some are declared STABLE.
 */
const FORBIDDEN = new RegExp(
  `^(?:${[
    'pg_read_.*|pg_ls_.*|pg_stat_file|pg_file_.*|pg_current_logfile|pg_hba_file_rules|pg_ident_file_mappings|pg_show_all_file_settings',
    'lo_.*|loread|lowrite',
    'dblink.*|postgres_fdw_.*|pg_background_.*|pg_execute_.*',
    'query_to_xml.*|table_to_xml.*|schema_to_xml.*|database_to_xml.*|cursor_to_xml.*|ts_stat|ts_rewrite|xpath_table|crosstab.*|connectby',
    'pg_stats_ext_mcvlist_items|pg_mcv_list_items|pg_get_shmem_.*|pg_get_backend_memory_contexts',
    'pg_terminate_backend|pg_cancel_backend|pg_reload_conf|pg_rotate_logfile|pg_promote|pg_switch_.*|pg_wal_.*|pg_walinspect.*|pg_get_wal_record.*',
    'set_config|setseed|nextval|setval|pg_notify|pg_(?:try_)?advisory_.*|pg_export_snapshot|pg_current_snapshot_export',
    'pg_logical_.*|pg_create_.*|pg_drop_.*|pg_copy_.*|pg_replication_.*|pg_backup_.*|pg_import_.*|pg_stat_reset.*|pg_stat_clear_snapshot|binary_upgrade_.*',
    'get_raw_page|heap_page_.*|bt_page_.*|brin_.*|gin_.*|pgstattuple.*|pg_buffercache_evict.*|pg_prewarm|autoprewarm_.*',
    'cron_.*|http_.*|http|lo|plpython.*|plperl.*',
  ].join('|')})$`,
);

/** Views and tables of the system that show secrets, other people's column values, or files of the server. */
const FORBIDDEN_RELATIONS = new Set(
  'pg_authid pg_shadow pg_statistic pg_statistic_ext_data pg_stats pg_stats_ext pg_stats_ext_exprs pg_user_mapping pg_user_mappings pg_largeobject pg_file_settings pg_hba_file_rules pg_ident_file_mappings pg_subscription pg_shmem_allocations pg_backend_memory_contexts'.split(
    ' ',
  ),
);

/** Functions whose answer differs from call to call, so that a result must not be reused. */
const CHANGING = new Set(
  'now current_date current_time current_timestamp localtime localtimestamp transaction_timestamp statement_timestamp clock_timestamp timeofday random random_normal gen_random_uuid uuidv4 uuidv7 uuid_generate_v1 uuid_generate_v4 array_sample array_shuffle txid_current pg_current_xact_id pg_backend_pid pg_postmaster_start_time currval lastval pg_sleep pg_sleep_for pg_sleep_until inet_client_port current_query pg_current_wal_lsn'.split(
    ' ',
  ),
);

/** A sentence when the function may not be called, else null. @param name lower case, schema in front when written so */
export function functionRefusal(name: string, isVolatileBuiltin: boolean): string | null {
  const bare = name.slice(name.lastIndexOf('.') + 1);
  if (FORBIDDEN.test(bare))
    return `The function ${name} is not allowed: it reaches beyond the tables of this database, or changes something.`;
  if (isVolatileBuiltin && !HARMLESS_VOLATILE.has(bare)) return `The function ${name} is not allowed: it may change something.`;
  return null;
}

/** A sentence when the relation may not be read, else null. */
export function relationRefusal(schema: string | undefined, name: string): string | null {
  const inCatalogue = schema === undefined || schema === 'pg_catalog';
  const refused =
    schema === 'pg_toast' ||
    (inCatalogue && FORBIDDEN_RELATIONS.has(name)) ||
    (schema === 'information_schema' && /user_mapping/.test(name));
  return refused ? `The system table ${name} is not allowed: it shows secrets, or values of other tables.` : null;
}

export function changesFromCallToCall(name: string): boolean {
  return CHANGING.has(name.slice(name.lastIndexOf('.') + 1)) || /^(?:pg_catalog\.)?pg_stat_get_/.test(name);
}
