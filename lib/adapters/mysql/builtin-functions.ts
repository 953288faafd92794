const list = (words: string): ReadonlySet<string> => new Set(words.trim().split(/\s+/));

/**
 * Built-in functions of MySQL 8 and MariaDB alike that only compute (manuals, "Functions and Operators"). Those of ON_SOME_SERVERS are
 * looked up like the customer's own first: where they aren't built in, a stored function may have the name.
 */
const COMPUTING = list(`
  abs acos adddate addtime aes_decrypt aes_encrypt any_value ascii asin atan atan2 avg bin bin_to_uuid bit_and bit_count bit_length bit_or
  bit_xor cast ceil ceiling char char_length character_length charset coalesce coercibility collation compress concat concat_ws conv convert
  convert_tz cos cot count crc32 cume_dist database date date_add date_format date_sub datediff day dayname dayofmonth dayofweek dayofyear
  default degrees dense_rank elt exp export_set extract extractvalue field find_in_set first_value floor format format_bytes
  format_pico_time from_base64 from_days from_unixtime get_format greatest group_concat grouping hex hour if ifnull in inet6_aton inet6_ntoa
  inet_aton inet_ntoa insert instr interval is_ipv4 is_ipv4_compat is_ipv4_mapped is_ipv6 is_uuid isnull json_array json_array_append
  json_array_insert json_arrayagg json_contains json_contains_path json_depth json_extract json_insert json_keys json_length json_merge
  json_merge_patch json_merge_preserve json_object json_objectagg json_overlaps json_pretty json_quote json_remove json_replace
  json_schema_valid json_schema_validation_report json_search json_set json_storage_free json_storage_size json_table json_type json_unquote
  json_valid json_value lag last_day last_value lcase lead least left length ln locate log log10 log2 lower lpad ltrim make_set makedate
  maketime match max md5 microsecond mid min minute mod month monthname name_const now nth_value ntile nullif oct octet_length ord
  percent_rank period_add period_diff pi position pow power quarter quote radians random_bytes rank regexp_instr regexp_like regexp_replace
  regexp_substr repeat replace reverse right rollup round row row_number rpad rtrim schema sec_to_time second sha sha1 sha2 sign sin sleep
  soundex space sqrt st_area st_asbinary st_asgeojson st_astext st_aswkb st_aswkt st_buffer st_centroid st_collect st_contains st_convexhull
  st_crosses st_difference st_dimension st_disjoint st_distance st_distance_sphere st_endpoint st_envelope st_equals st_exteriorring
  st_geohash st_geomcollfromtext st_geomcollfromwkb st_geometrycollectionfromtext st_geometryfromtext st_geometryfromwkb st_geometryn
  st_geometrytype st_geomfromgeojson st_geomfromtext st_geomfromwkb st_interiorringn st_intersection st_intersects st_isclosed st_isempty
  st_issimple st_isvalid st_latitude st_length st_linefromtext st_linefromwkb st_longitude st_makeenvelope st_mlinefromtext st_mpointfromtext
  st_mpolyfromtext st_numgeometries st_numinteriorring st_numinteriorrings st_numpoints st_overlaps st_pointfromtext st_pointfromwkb
  st_pointn st_polyfromtext st_polygonfromtext st_polyfromwkb st_simplify st_srid st_startpoint st_swapxy st_symdifference st_touches
  st_transform st_union st_validate st_within st_x st_y mbrcontains mbrcoveredby mbrcovers mbrdisjoint mbrequals mbrintersects mbroverlaps
  mbrtouches mbrwithin point linestring polygon multipoint multilinestring multipolygon geometrycollection
  std stddev stddev_pop stddev_samp str_to_date strcmp subdate substr substring substring_index subtime sum tan time time_format time_to_sec
  timediff timestamp timestampadd timestampdiff to_base64 to_days to_seconds trim truncate ucase uncompress uncompressed_length unhex
  unix_timestamp updatexml upper utf8 uuid_to_bin validate_password_strength values var_pop var_samp variance version week weekday weekofyear
  weight_string year yearweek
  benchmark current_date current_role current_time current_timestamp current_user curdate curtime localtime localtimestamp rand session_user
  sysdate system_user user utc_date utc_time utc_timestamp uuid uuid_short connection_id found_rows row_count last_insert_id
  icu_version`);

/** Built in on one of the servers only, or in some versions; they only compute. */
const ON_SOME_SERVERS = list(`
  column_add column_check column_create column_delete column_exists column_get column_json column_list
  add_months chr json_compact json_detailed json_equals json_exists json_loose json_normalize json_object_filter_keys
  json_object_to_array json_array_intersect json_query json_unescape kdf lengthb median natural_sort_key nvl nvl2 percentile_cont
  percentile_disc rownum sformat sys_guid to_char to_date to_number trunc vec_distance vec_distance_cosine vec_distance_euclidean
  vec_fromtext vec_totext uuid_v4 uuid_v7 uuidv4 uuidv7 crc32c boundary st_boundary st_isring st_pointonsurface st_relate
  string_to_vector vector_to_string vector_dim distance to_vector from_vector statement_digest statement_digest_text decode encode
  st_frechetdistance st_hausdorffdistance st_lineinterpolatepoint st_lineinterpolatepoints st_pointatdistance
  st_latfromgeohash st_longfromgeohash st_pointfromgeohash`);

/** They read files, take locks that outlive the query, wait for other servers, move sequences, or run code of other engines. */
const REFUSED = new RegExp(
  `^(?:${[
    'load_file|load_rewrite_rules|flush_rewrite_cache|decode_histogram|mysql_query_attribute_string|extract_schema.*',
    'get_lock|release_lock|release_all_locks|is_free_lock|is_used_lock|service_get_.*|service_release_.*|version_tokens_.*',
    'master_.*|source_pos_wait|wait_for_executed_gtid_set|wait_until_sql_thread_after_gtids|gtid_.*|binlog_.*|wsrep_.*',
    'group_replication_.*|asynchronous_connection_failover_.*|nextval|setval|lastval',
    'keyring_.*|audit_.*|mysql_firewall_.*|set_firewall_.*|read_firewall_.*|gen_.*|mask_.*|internal_.*|can_access_.*|ps_.*',
    'sys_exec|sys_eval|sys_get|sys_set|lib_.*|http_.*|spider_.*|mroonga_.*|mle_.*',
  ].join('|')})$`,
);

/** Their answer differs from call to call, or from session to session. */
const CHANGING = list(`
  benchmark curdate current_date current_role current_time current_timestamp current_user curtime connection_id found_rows last_insert_id
  localtime localtimestamp now rand random_bytes row_count session_user sleep sysdate system_user user utc_date utc_time utc_timestamp uuid
  uuid_short aes_encrypt`);
const CHANGING_WITHOUT_ARGUMENTS = list('unix_timestamp');

export type FunctionRule = 'computing' | 'changing' | 'changing without arguments' | 'unknown' | 'refused';

/** @param name lower case, without schema */
export function functionRule(name: string): FunctionRule {
  if (REFUSED.test(name)) return 'refused';
  if (CHANGING_WITHOUT_ARGUMENTS.has(name)) return 'changing without arguments';
  if (CHANGING.has(name)) return 'changing';
  return COMPUTING.has(name) ? 'computing' : 'unknown';
}

/** Whether a name that no stored function has is one that a server may have built in. @param name lower case */
export function mayBeBuiltIn(name: string): boolean {
  return ON_SOME_SERVERS.has(name);
}
