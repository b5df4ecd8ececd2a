import { composeInDialog, silentSip } from './dialog/compose.ts';
import { isTargetRefresh, keepLocalContact, nextSequence } from './dialog/dialog.ts';
import { newBranch, oursOf, type EngineContext, type EngineDialog } from './engine-context.ts';
import { splitAddress } from './dialog/address-text.ts';
import { headerValues } from './message/header-list.ts';
import type { SipRequest } from './message/message.ts';
import { responseTo } from './message/response-to.ts';
import { serialiseMessage } from './message/serialise-message.ts';
import { parseUri } from './message/uri.ts';
import { nextHop, type NextHop } from './resolver/next-hop.ts';
import type { Failure } from './transaction/effect.ts';
import type { Outbound } from './transaction/ports.ts';
import type { Transport } from './transport/transport.ts';
import type { Tuple } from './transport/tuple.ts';
import type { AppHeader, AppSip } from './wire/app-message.ts';
import type { SipResponse } from './message/message.ts';
import { isIP } from 'node:net';

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

/** The next hop of a request: its first Route, or else its Request-URI (8.1.2), or what the application says. */
export function nextHopOf(request: SipRequest, proxyUri?: string): string {
  if (proxyUri !== undefined) return splitAddress(proxyUri).uri;
  const route = headerValues(request, 'route')[0];
  return route === undefined ? request.requestUri : splitAddress(route).uri;
}

/**
 * Where the next hop is, and the transport that leads there.
 * @returns at once for an address, later for a name
 */
export function routeTo(
  context: EngineContext,
  hop: string,
  preferred: Transport | undefined,
  then: (route: { transport: Transport; destination: Tuple } | NoRoute) => void,
): void {
  const target = hopOf(hop);
  if (target.kind === 'no-route') {
    then(target);
    return;
  }
  const reached = (address: string): void => {
    const transport = chooseTransport(context, address, preferred);
    if (transport === undefined) then({ kind: 'no-route', reason: `no transport to ${address}` });
    else then({ transport, destination: { address, port: target.port } });
  };
  if (target.kind === 'tuple') reached(target.address);
  else {
    void addressOf(context, target.name).then((address) =>
      address === undefined
        ? then({ kind: 'no-route', reason: `${target.name} has no address` })
        : reached(address),
    );
  }
}

async function addressOf({ resolver }: EngineContext, name: string): Promise<string | undefined> {
  try {
    return (await resolver.addressesOf(name))[0];
  } catch {
    // whatever the reason: the application is told that there is no way there
    return undefined;
  }
}

/** The dialog's own transport; else one of the same family, on loopback exactly when the peer is. */
function chooseTransport(
  { transports }: EngineContext,
  address: string,
  preferred: Transport | undefined,
): Transport | undefined {
  if (preferred !== undefined) return preferred;
  const family = transports.filter(
    ({ localAddress }) => isIP(localAddress.address) === isIP(address),
  );
  const fitting = family.find(
    ({ localAddress }) => isLoopback(localAddress.address) === isLoopback(address),
  );
  return fitting ?? family[0];
}

function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1';
}

/** A request in this dialog, its sequence number taken. */
export function requestInDialog(
  context: EngineContext,
  live: EngineDialog,
  sip: AppSip,
  method: string,
): SipRequest {
  const first = Number.parseInt(context.token().slice(0, 6), 36) % 100_000;
  const { dialog, sequence } = nextSequence(live.value, first + 1);
  live.value = dialog;
  if (method === 'INVITE') live.inviteSequence = sequence;
  const request = compose(context, live, sip, { method, sequence });
  if (isTargetRefresh(method)) live.value = keepLocalContact(live.value, request);
  return request;
}

/** The ACK of a 2xx: the same sequence number as its INVITE (13.2.2.4). */
export function ackInDialog(context: EngineContext, live: EngineDialog, sip: AppSip): SipRequest {
  const sequence = live.inviteSequence ?? live.value.localSequence ?? 1;
  return compose(context, live, sip, { method: 'ACK', sequence });
}

function compose(
  context: EngineContext,
  live: EngineDialog,
  sip: AppSip,
  { method, sequence }: { method: string; sequence: number },
): SipRequest {
  const ours = oursOf(context, live.transport);
  return composeInDialog(live.value, sip, method, { ours, branch: newBranch(context), sequence });
}

/** Sends an ACK, which has no transaction, and keeps it for repeats of the 2xx. */
export function sendAck(
  context: EngineContext,
  live: EngineDialog,
  ack: SipRequest,
  sent: (outbound: Outbound<SipRequest> | NoRoute) => void,
): void {
  routeTo(context, nextHopOf(ack), live.transport, (route) => {
    if (!('destination' in route)) {
      sent(route);
      return;
    }
    const bytes = serialiseMessage(ack);
    live.lastAck = { bytes, transport: route.transport, destination: route.destination };
    route.transport.send(bytes, route.destination, () => undefined);
    sent({ request: ack, transport: route.transport, destination: route.destination });
  });
}

/** A BYE that the engine sends by itself. Its dialog is ended at once; the answer interests nobody. */
export function endByItself(
  context: EngineContext,
  live: EngineDialog,
  reason: string,
): SipRequest {
  const text = `SIP;cause=480;text="${reason}"`;
  const headers: readonly AppHeader[] = [{ name: 'Reason', value: text }];
  const bye = requestInDialog(context, live, silentSip('BYE', headers), 'BYE');
  routeTo(context, nextHopOf(bye), live.transport, (route) => {
    if (!('destination' in route)) return;
    const nobody = {
      onResponse: (): void => undefined,
      onFailure: (): void => undefined,
      onEnd: (): void => undefined,
    };
    const { transport, destination } = route;
    context.transactions.request({ request: bye, transport, destination }, nobody);
  });
  context.dialogs.remove(live);
  return bye;
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
