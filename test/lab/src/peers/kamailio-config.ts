/** What the configuration of a kamailio says. */
export interface KamailioSettings {
  readonly address: string;
  /** Default 5060. */
  readonly port?: number;
  /** Users of its domain that it does not look up: their calls go on to this host and port. */
  readonly forward?: Readonly<Record<string, string>>;
  /** Who does not come from a trusted address proves by digest (RFC 3261, section 22) that he knows the password. */
  readonly challenge?: { readonly password: string; readonly trusted: readonly string[] };
}

/** What kamailio writes once its workers take requests. */
export const kamailioReady = 'takes requests';

const modules = 'tm sl rr pv maxfwd textops siputils xlog auth usrloc registrar'.split(' ');

/**
 * A registrar and proxy that stays in the route of its calls (Record-Route, loose routing: RFC 3261, section 16), over
 * UDP, with no DNS and no database.
 */
export function kamailioConfig(settings: KamailioSettings): string {
  const { address, port = 5060, forward = {}, challenge } = settings;
  return [
    '#!KAMAILIO',
    'log_stderror=yes',
    'debug=0',
    'children=2',
    'disable_tcp=yes',
    'auto_aliases=no',
    'dns=no',
    'rev_dns=no',
    `listen=udp:${address}:${port}`,
    ...modules.map((name) => `loadmodule "${name}.so"`),
    'modparam("usrloc", "db_mode", 0)',
    'request_route {',
    '  if (!mf_process_maxfwd_header("70")) { sl_send_reply("483", "Too Many Hops"); exit; }',
    '  if (is_method("CANCEL")) { if (t_check_trans()) t_relay(); exit; }',
    '  if (has_totag()) {',
    '    if (loose_route() || (is_method("ACK") && t_check_trans())) t_relay();',
    '    else if (!is_method("ACK")) sl_send_reply("404", "Not in a route of mine");',
    '    exit;',
    '  }',
    '  t_check_trans();',
    ...(challenge === undefined ? [] : challengeLines(challenge)),
    '  if (is_method("REGISTER")) { save("location"); exit; }',
    // a preloaded route of its own (an outbound proxy) has done its work
    '  loose_route();',
    '  record_route();',
    ...Object.entries(forward).map(
      ([user, to]) =>
        `  if (uri == myself && $rU == "${user}") { $ru = "sip:${user}@${to}"; t_relay(); exit; }`,
    ),
    '  if (uri == myself && !lookup("location")) { sl_send_reply("404", "Not Found"); exit; }',
    '  t_relay();',
    '}',
    `event_route[core:worker-one-init] { xlog("L_ALERT", "${kamailioReady}\\n"); }`,
    '',
  ].join('\n');
}

function challengeLines({
  password,
  trusted,
}: NonNullable<KamailioSettings['challenge']>): readonly string[] {
  const isStranger = trusted.map((address) => `$si != "${address}"`).join(' && ') || 'true';
  const prove = (scheme: 'www' | 'proxy'): string =>
    `if (!pv_${scheme}_authenticate("$td", "${password}", "0")) { ${scheme}_challenge("$td", "1"); exit; }`;
  return [
    `  if (${isStranger}) {`,
    `    if (is_method("REGISTER")) { ${prove('www')} }`,
    `    else { ${prove('proxy')} }`,
    '    consume_credentials();',
    '  }',
  ];
}
