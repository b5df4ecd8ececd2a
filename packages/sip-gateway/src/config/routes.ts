import { parseUri } from '@truetuple/sip-engine';
import type { CallRoute, RouteCall } from '../call/gateway-calls.ts';
import type { PeerClass } from '../call/peer-class.ts';
import type { ConfiguredRoute } from './shape.ts';
import type { IncomingInvite } from '../sip/signalling.ts';

/**
 * The route table as the gateway asks it: the first line that matches decides, and whoever matches none gets 404.
 *
 * In `to`, `{user}` is the user part that was called, and `{rest}` what follows the prefix.
 */
export function routeByTable(
  routes: readonly ConfiguredRoute[],
  classOf: (source: IncomingInvite['source']) => PeerClass,
): RouteCall {
  return ({ requestUri, source }) => {
    const uri = parseUri(requestUri);
    const user = uri?.kind === 'sip' ? (uri.user ?? '') : '';
    const from = classOf(source);
    const route = routes.find(({ match }) => matches(match, user, from));
    return route === undefined ? { kind: 'refuse', status: 404 } : callRoute(route, user);
  };
}

function matches(
  { user, prefix, from }: ConfiguredRoute['match'],
  called: string,
  caller: PeerClass,
): boolean {
  return (
    (user === undefined || user === called) &&
    (prefix === undefined || called.startsWith(prefix)) &&
    (from === undefined || from === caller)
  );
}

function callRoute({ match, to, refuse }: ConfiguredRoute, user: string): CallRoute {
  if (to === undefined) return { kind: 'refuse', status: refuse ?? 404 };
  const rest = user.slice(match.prefix?.length ?? 0);
  // what the caller wrote is put into a URI of ours: nothing but RFC 3261's own characters of a user part
  const isPlain = /^[\w.!~*'()&=+$,;?/%-]*$/u.test(user);
  const needsUser = /\{(?:user|rest)\}/u.test(to);
  if (needsUser && (!isPlain || user === '')) return { kind: 'refuse', status: 404 };
  return { kind: 'to', uri: to.replaceAll('{user}', () => user).replaceAll('{rest}', () => rest) };
}
