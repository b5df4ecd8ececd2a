import { composeInDialog, silentSip, withMovedContact } from '../dialog/compose.ts';
import { sessionRequest } from '../dialog/session-terms.ts';
import {
  credentialsOf,
  isSessionRefresh,
  isTargetRefresh,
  keepLocalContact,
  movedContact,
  nextSequence,
  type Dialog,
} from '../dialog/dialog.ts';
import { drawBelow, newBranch, oursOn, type EngineContext, type EngineDialog } from './context.ts';
import { splitAddress } from '../dialog/address-text.ts';
import { refusalText } from './gate.ts';
import { withoutMessage, type Cleared } from '../guard/send-gate.ts';
import { valueOf } from '../message/header-list.ts';
import type { SipRequest } from '../message/message.ts';
import { responseTo } from '../message/response-to.ts';
import { lists } from '../message/session-expires.ts';
import { parseUri } from '../message/uri.ts';
import { nextHop, type NextHop } from '../resolver/next-hop.ts';
import type { Failure } from '../transaction/effect.ts';
import type { SendPath, Way } from '../transport/send-path.ts';
import type { Transport } from '../transport/transport.ts';
import { tupleText } from '../transport/tuple.ts';
import type { AppHeader, AppSip } from '../wire/app-message.ts';
import type { SipResponse } from '../message/message.ts';

/** Why a request cannot leave: a text for the application, and the status it stands for. */
export interface NoRoute {
  readonly kind: 'no-route';
  readonly reason: string;
}

/** Where a URI leads, over UDP: nothing else is built. */
function hopOf(text: string): NextHop | NoRoute {
  const uri = parseUri(text);
  if (uri === undefined || uri.kind === 'other') {
    return { kind: 'no-route', reason: `${text} is no SIP URI` };
  }
  const hop = nextHop(uri);
  return hop.transport === 'udp'
    ? hop
    : { kind: 'no-route', reason: `${text} asks for ${hop.transport}, which is not there` };
}

/** The next hop of a request in this dialog: the first of its route set, strict or not, or else the peer itself (8.1.2). */
function nextHopOf({ routeSet, remoteTarget }: Dialog): string {
  const [route] = routeSet;
  return route === undefined ? remoteTarget : splitAddress(route).uri;
}

/**
 * Where the next hop is, and the path that leads there.
 * @param hop a URI
 * @param preferred the socket that talks to this peer already
 * @returns at once for an address, later for a name
 */
export function routeTo(
  context: EngineContext,
  hop: string,
  preferred: Transport | undefined,
  then: (way: Way | NoRoute) => void,
): void {
  const target = hopOf(hop);
  if (target.kind === 'no-route') {
    then(target);
    return;
  }
  const { port } = target;
  if (target.kind === 'tuple') then(wayTo(context, [target.address], port, preferred));
  else {
    void addressesOf(context, target.name).then((addresses) =>
      addresses.length === 0
        ? then({ kind: 'no-route', reason: `${target.name} has no address` })
        : then(wayTo(context, addresses, port, preferred)),
    );
  }
}

/** The same for a request in this dialog, in the order in which they are asked for: a BYE does not overtake its ACK. */
export function routeInDialog(
  context: EngineContext,
  live: EngineDialog,
  then: (way: Way | NoRoute) => void,
): void {
  live.inTurn((done) => {
    routeTo(context, nextHopOf(live.value), live.path.transport, (way) => {
      try {
        then(way);
      } finally {
        done();
      }
    });
  });
}

/** The first of these addresses that anything may be sent to. */
function wayTo(
  { pathTo }: EngineContext,
  addresses: readonly string[],
  port: number,
  preferred: Transport | undefined,
): Way | NoRoute {
  for (const address of addresses) {
    const destination = { address, port };
    const path = pathTo(destination, preferred);
    if (path !== undefined) return { destination, path };
  }
  const texts = addresses.map((address) => tupleText({ address, port }));
  return { kind: 'no-route', reason: `nothing may be sent to ${texts.join(' or ')}` };
}

async function addressesOf({ resolver }: EngineContext, name: string): Promise<readonly string[]> {
  try {
    return await resolver.addressesOf(name);
  } catch {
    // whatever the reason: the application is told that there is no way there
    return [];
  }
}

/** What is to be said in a dialog, on the path that it goes. */
export interface InDialog {
  readonly sip: AppSip;
  readonly method: string;
  readonly path: SendPath;
}

/** A request that has not been looked at: what it changes in its dialog holds once it goes out. */
export interface Draft {
  readonly request: SipRequest;
  readonly keep: () => void;
}

/** A request in this dialog, with the next sequence number. */
export function draftInDialog(
  context: EngineContext,
  live: EngineDialog,
  { sip, method, path }: InDialog,
): Draft {
  const { dialog, sequence } = nextSequence(live.value, () => drawBelow(context, 100_000) + 1);
  const request = compose(context, live, { sip, method, path }, sequence);
  const keep = (): void => {
    live.value = dialog;
    if (method === 'INVITE') {
      live.inviteSequence = sequence;
      live.ack = { last: undefined, sequence: undefined };
      live.ackCredentials = credentialsOf(request);
    }
    if (!isTargetRefresh(method)) return;
    live.value = keepLocalContact(dialog, request);
    live.path = path;
  };
  return { request, keep };
}

/** The ACK of a 2xx: the same sequence number and credentials as its INVITE (13.2.2.4). */
function ackInDialog(
  context: EngineContext,
  live: EngineDialog,
  sip: AppSip,
  path: SendPath,
  sequence: number,
): SipRequest {
  let whole = sip;
  if (live.ackCredentials.length > 0) {
    const missing = live.ackCredentials.filter(({ key }) => valueOf(sip, key) === undefined);
    whole = { ...sip, headers: [...sip.headers, ...missing] };
  }
  return compose(context, live, { sip: whole, method: 'ACK', path }, sequence);
}

function compose(
  context: EngineContext,
  live: EngineDialog,
  { sip, method, path }: InDialog,
  sequence: number,
): SipRequest {
  const contact = movedContact(live.value.localContact, live.path.advertised, path.advertised);
  const isMoved = contact !== live.value.localContact;
  const dialog = isMoved ? { ...live.value, localContact: contact } : live.value;
  const parts = { ours: oursOn(path), branch: newBranch(context), sequence };
  const moved = withMovedContact(sip, live.value.localContact, contact);
  return composeInDialog(dialog, withSession(live, method, moved), method, parts);
}

/** An INVITE or UPDATE of the application would end the session timer if it said nothing of it (RFC 4028 section 7.4). */
function withSession({ session }: EngineDialog, method: string, sip: AppSip): AppSip {
  const terms = session?.terms;
  if (session === undefined || terms === undefined || !isSessionRefresh(method)) return sip;
  if (valueOf(sip, 'session-expires') !== undefined) return sip;
  const says = lists(sip, 'supported', 'timer');
  const fields = sessionRequest(terms, session.leastSeconds);
  const added = fields.filter(({ name }) => !(says && name === 'Supported'));
  return { ...sip, headers: [...sip.headers, ...added] };
}

/** Sends an ACK, which has no transaction, and keeps it for repeats of the 2xx. */
export function sendAck(
  context: EngineContext,
  live: EngineDialog,
  sip: AppSip,
  sent: (ack: Cleared<SipRequest> | NoRoute) => void = (): void => undefined,
): void {
  routeInDialog(context, live, (way) => {
    if ('kind' in way) {
      sent(way);
      return;
    }
    const sequence = live.inviteSequence ?? live.value.localSequence ?? 1;
    const ack = ackInDialog(context, live, sip, way.path, sequence);
    const clearance = context.gate.clear(ack, way);
    if (clearance.kind === 'refused') {
      sent({ kind: 'no-route', reason: refusalText(clearance.refusal) });
      return;
    }
    const { cleared } = clearance;
    live.ack.last = withoutMessage(cleared);
    live.ack.sequence = sequence;
    live.hasAcknowledged = true;
    context.gate.send(cleared, () => undefined);
    sent(cleared);
  });
}

/**
 * A BYE that the engine sends by itself. Its dialog is ended at once; the answer interests nobody.
 * @param told gets the BYE, even when there is no way for it
 */
export function endByItself(
  context: EngineContext,
  live: EngineDialog,
  reason: string,
  told: (bye: SipRequest) => void = (): void => undefined,
): void {
  const text = `SIP;cause=480;text="${reason}"`;
  const headers: readonly AppHeader[] = [{ name: 'Reason', key: 'reason', value: text }];
  const sip = silentSip('BYE', headers);
  routeInDialog(context, live, (way) => {
    const path = 'kind' in way ? live.path : way.path;
    const { request, keep } = draftInDialog(context, live, { sip, method: 'BYE', path });
    keep();
    told(request);
    if (!('kind' in way)) requestForNobody(context, request, way);
  });
  context.dialogs.remove(live);
}

/** Ends a dialog that may be gone, early or confirmed: an early one without a word. */
export function endDialog(context: EngineContext, live: EngineDialog, reason: string): void {
  if (!context.dialogs.has(live)) return;
  if (live.value.state !== 'confirmed') {
    context.dialogs.remove(live);
    return;
  }
  if (live.value.role === 'uac' && !live.hasAcknowledged) {
    // the 2xx came, the application did not get to its ACK: without one the peer cannot take a BYE
    sendAck(context, live, silentSip('ACK'));
  }
  endByItself(context, live, reason);
}

/** Sends a request in a transaction of its own whose answer interests nobody. */
export function requestForNobody(context: EngineContext, request: SipRequest, way: Way): void {
  const clearance = context.gate.clear(request, way);
  if (clearance.kind === 'refused') return;
  context.transactions.request(clearance.cleared, {
    onResponse: (): void => undefined,
    onFailure: (): void => undefined,
    onEnd: (): void => undefined,
  });
}

/** What the application hears when the network brought no final response: 408 or 503 (8.1.3.1). */
export function localAnswer(
  context: EngineContext,
  request: SipRequest,
  failure: Failure | 'no-route' | 'pending' | 'cancelled',
): SipResponse {
  const statuses = {
    timeout: 408,
    'no-final': 408,
    'transport-error': 503,
    'no-route': 503,
    pending: 491,
    cancelled: 487,
  } as const;
  return responseTo(request, statuses[failure], { toTag: context.token() });
}
