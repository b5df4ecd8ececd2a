import { parseUri } from '@truetuple/sip-engine';
import { isHostAddress } from '../address.ts';
import { calleeHop } from '../call/find-callee.ts';
import type { CallRoute, RouteCall } from '../call/gateway-calls.ts';
import type { PeerClass } from '../call/peer-class.ts';
import type { ConfiguredRoute } from './shape.ts';
import type { IncomingInvite } from '../sip/signalling.ts';

/** What is wrong with where a route leads, as a sentence goes on from its `to`; undefined when calls can go there. */
export function flawOf({ match, to }: Pick<ConfiguredRoute, 'match' | 'to'>): string | undefined {
  if (to === undefined) return undefined;
  const because = whyUnusable(to, match.prefix !== undefined);
  return because === undefined
    ? undefined
    : `is "${to}", which ${because}; give a URI such as sip:{user}@10.0.1.100:5060`;
}

function whyUnusable(to: string, hasPrefix: boolean): string | undefined {
  const unknown = /\{[^}]*\}?|\}/u.exec(filled(to, '', ''))?.[0];
  if (unknown !== undefined) return `has ${unknown}: what is filled in is {user} or {rest}`;
  if (!hasPrefix && to.includes('{rest}')) return 'has {rest}, and `match` has no `prefix`';
  // who is called may choose the user part, not the host
  if (to.slice(to.lastIndexOf('@') + 1).includes('{')) {
    return 'has {user} or {rest} elsewhere than before the @';
  }
  const hop = calleeHop(filled(to, '0', '0'));
  if (hop.kind === 'unusable') return hop.because;
  return hop.kind === 'name' || isHostAddress(hop.address)
    ? undefined
    : `leads to ${hop.address}, which is not the address of one host`;
}

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
  const uri = filled(to, user, rest);
  // a prefix with nothing after it may leave nobody to call
  const isNobody = user === '' || /^[^:]*:@/u.test(uri);
  if (needsUser && (!isPlain || isNobody)) return { kind: 'refuse', status: 404 };
  return { kind: 'to', uri };
}

function filled(to: string, user: string, rest: string): string {
  return to.replaceAll(/\{(user|rest)\}/gu, (_, name) => (name === 'user' ? user : rest));
}
