/** One step of a call as sipp plays it (its scenario language, one XML element each). */
export type SippStep =
  | SippSend
  | SippReceive
  | { readonly kind: 'pause'; readonly ms: number }
  /** From here on the call sends this file of G.711 bytes (payload type 0), over and over, until the call ends. */
  | { readonly kind: 'play'; readonly file: string };

/** A message in sipp's notation: its keywords stand in brackets. Content-Length comes by itself. */
export interface SippSend {
  readonly kind: 'send';
  readonly head: readonly string[];
  readonly body?: readonly string[];
  /** Repeated over UDP until something is received. Not for ACK, nor for responses but 2xx. */
  readonly isRepeated?: boolean;
}

export interface SippReceive {
  readonly kind: 'receive';
  /** A method or a status. */
  readonly what: string | number;
  /** Default false: the call fails when something else comes. */
  readonly isOptional?: boolean;
  /** Keeps Contact and Record-Route for the keywords `[next_url]` and `[routes]`. */
  readonly keepsRoute?: boolean;
  readonly reads?: readonly SippRead[];
}

/** Part of a received message: a call in which it is not found fails. */
export interface SippRead {
  /** A header's name without its colon, or `body`. */
  readonly from: string;
  /** Extended regular expression of POSIX. */
  readonly matches: string;
  /** Variable that keeps what matched; each name once in a scenario. */
  readonly as: string;
}

/** A scenario file. */
export function scenarioXml(name: string, steps: readonly SippStep[]): string {
  const kept = steps.flatMap((step) => (step.kind === 'receive' ? (step.reads ?? []) : []));
  const variables = kept.map(({ as }) => as).join(',');
  return [
    '<?xml version="1.0" encoding="ISO-8859-1" ?>',
    `<scenario name="${escaped(name)}">`,
    ...steps.map(stepXml),
    // sipp refuses a scenario whose variables are set and never used
    ...(variables === '' ? [] : [`<Reference variables="${variables}"/>`]),
    '</scenario>',
    '',
  ].join('\n');
}

function stepXml(step: SippStep): string {
  switch (step.kind) {
    case 'send':
      return sendXml(step);
    case 'receive':
      return receiveXml(step);
    case 'pause':
      return `<pause milliseconds="${step.ms}"/>`;
    case 'play':
      return `<nop><action><exec rtp_stream="${escaped(step.file)},-1,0"/></action></nop>`;
    default:
      return step satisfies never;
  }
}

function sendXml({ head, body = [], isRepeated = false }: SippSend): string {
  const type = body.length === 0 ? [] : ['Content-Type: application/sdp'];
  const lines = [...head, ...type, 'Content-Length: [len]', '', ...body, ''];
  const repeat = isRepeated ? ' retrans="500"' : '';
  return `<send${repeat}><![CDATA[\n${lines.join('\n')}\n]]></send>`;
}

function receiveXml(step: SippReceive): string {
  const { what, isOptional = false, keepsRoute = false, reads = [] } = step;
  const kind = typeof what === 'number' ? 'response' : 'request';
  const flags = `${isOptional ? ' optional="true"' : ''}${keepsRoute ? ' rrs="true"' : ''}`;
  const actions = reads.map(readXml).join('');
  return `<recv ${kind}="${what}"${flags}>${actions === '' ? '' : `<action>${actions}</action>`}</recv>`;
}

function readXml({ from, matches, as }: SippRead): string {
  const where = from === 'body' ? 'search_in="body"' : `search_in="hdr" header="${from}:"`;
  return `<ereg regexp="${escaped(matches)}" ${where} check_it="true" assign_to="${as}"/>`;
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
