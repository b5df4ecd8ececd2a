/** What a baresip is told before it starts. */
export interface BaresipSettings {
  readonly address: string;
}

/** Who it is. */
export interface BaresipAccount {
  readonly user: string;
  /** The host of its address of record. */
  readonly domain: string;
  /** Default `auto`: it answers at once. */
  readonly answer?: 'auto' | 'manual';
  /** Host of the proxy that it registers with and sends every call to. */
  readonly registrar?: string;
  /** What it answers a digest challenge with. */
  readonly password?: string;
}

/** What baresip writes once it takes orders. */
export const baresipReady = 'baresip is ready.';

/** Its configuration file: no sound card, the sound of a file, G.711, orders by TCP. */
export function baresipConfig({ address }: BaresipSettings, soundFile: string): string {
  return [
    'poll_method epoll',
    `sip_listen ${address}:5060`,
    'rtp_ports 20000-20099',
    `audio_source aufile,${soundFile}`,
    'audio_level no',
    'rtcp_mux no',
    'call_local_timeout 60',
    'call_max_calls 4',
    // Debian's; without it baresip looks beside itself
    'module_path /usr/lib/baresip/modules',
    'module g711.so',
    'module aufile.so',
    'module_tmp account.so',
    'module_app menu.so',
    'module_app ctrl_tcp.so',
    `ctrl_tcp_listen 127.0.0.1:${baresipControlPort}`,
    '',
  ].join('\n');
}

/** An account in the words of baresip's own file of accounts. */
export function baresipAccount(account: BaresipAccount): string {
  const { user, domain, answer = 'auto', registrar, password = 'none' } = account;
  return [
    `<sip:${user}@${domain}>`,
    `auth_pass=${password}`,
    `answermode=${answer}`,
    'audio_codecs=PCMU/8000/1',
    ...(registrar === undefined ? ['regint=0'] : ['regint=600', `outbound="sip:${registrar}"`]),
  ].join(';');
}

/** TCP port on its loopback where it takes orders. */
export const baresipControlPort = 4444;
