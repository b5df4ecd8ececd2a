import type * as takeOver from './cloud/acquire/take-over.ts';
import type * as undoAcquire from './cloud/acquire/undo-acquire.ts';
import type * as holdBoth from './cloud/ipv6/hold-both.ts';
import type * as claimLoss from './cloud/maintain/claim-loss.ts';
import type * as formerHolder from './cloud/release/former-holder.ts';
import type * as lostPublication from './find-lost.ts';
import type * as refusalOfOptions from './identity/require-options.ts';
import type * as watchOfWire from './keep/wire-watch.ts';
import type * as choiceOfIpv6 from './kernel/choose-ipv6.ts';
import type * as refusalOfIpv6 from './kernel/refuse-ipv6.ts';
import { onDemand } from './on-demand.ts';
import type * as reportToListener from './report-to-listener.ts';
import type * as supersession from './superseded.ts';
import type * as proofOfDelivery from './verify/judge-delivery.ts';
import type * as proofOfIpv6 from './verify/judge-ipv6.ts';
import type * as proofOfSettings from './verify/judge-settings.ts';
import type * as proofOnWire from './verify/require-wire-proof.ts';
import type * as proofOfForeignRoutes from './verify/verify-foreign-routes.ts';

/** What only some identities need: each is loaded when the first of them does, and until then nothing of it is read. */
interface LateParts {
  /** Of identities that are to be proven on the wire before they are published. */
  readonly wireProof: () => Promise<typeof proofOnWire>;
  /** Of keeps that ask the wire. */
  readonly wireWatch: () => Promise<typeof watchOfWire>;
  /** Of ensures and keeps with options that are wrong. */
  readonly optionRefusal: () => Promise<typeof refusalOfOptions>;
  /** Of those who know who is dead. */
  readonly takeOver: () => Promise<typeof takeOver>;
  /** Of keeps whose claim is lost. */
  readonly claimLoss: () => Promise<typeof claimLoss>;
  /** Of a release of what was claimed anew. */
  readonly supersession: () => Promise<typeof supersession>;
  /** Of a release that describes contradict. */
  readonly formerHolder: () => Promise<typeof formerHolder>;
  /** Of an acquire that fails, does not find its network interface or its route tables, or is refused what others are not, and of network interfaces with delegated prefixes. */
  readonly undoAcquire: () => Promise<typeof undoAcquire>;
  /** Of an ensure that fails. */
  readonly lostPublication: () => Promise<typeof lostPublication>;
  /** Of identities with an IPv6 address. */
  readonly dualStack: () => Promise<typeof holdBoth>;
  readonly ipv6Choice: () => Promise<typeof choiceOfIpv6>;
  readonly ipv6Refusal: () => Promise<typeof refusalOfIpv6>;
  readonly ipv6Proof: () => Promise<typeof proofOfIpv6>;
  /** Of identities with another delivery than `both`, and of what is left of one. */
  readonly deliveryProof: () => Promise<typeof proofOfDelivery>;
  /** Of links whose settings are not what they should be. */
  readonly settingsProof: () => Promise<typeof proofOfSettings>;
  /** Of tables that somebody else has a route in. */
  readonly routesProof: () => Promise<typeof proofOfForeignRoutes>;
  /** Of verbs that somebody listens to. */
  readonly stepReport: () => Promise<typeof reportToListener>;
}

export const lateParts: LateParts = {
  wireProof: onDemand(() => import('./verify/require-wire-proof.ts')),
  wireWatch: onDemand(() => import('./keep/wire-watch.ts')),
  optionRefusal: onDemand(() => import('./identity/require-options.ts')),
  takeOver: onDemand(() => import('./cloud/acquire/take-over.ts')),
  claimLoss: onDemand(() => import('./cloud/maintain/claim-loss.ts')),
  supersession: onDemand(() => import('./superseded.ts')),
  formerHolder: onDemand(() => import('./cloud/release/former-holder.ts')),
  undoAcquire: onDemand(() => import('./cloud/acquire/undo-acquire.ts')),
  lostPublication: onDemand(() => import('./find-lost.ts')),
  dualStack: onDemand(() => import('./cloud/ipv6/hold-both.ts')),
  ipv6Choice: onDemand(() => import('./kernel/choose-ipv6.ts')),
  ipv6Refusal: onDemand(() => import('./kernel/refuse-ipv6.ts')),
  ipv6Proof: onDemand(() => import('./verify/judge-ipv6.ts')),
  deliveryProof: onDemand(() => import('./verify/judge-delivery.ts')),
  settingsProof: onDemand(() => import('./verify/judge-settings.ts')),
  routesProof: onDemand(() => import('./verify/verify-foreign-routes.ts')),
  stepReport: onDemand(() => import('./report-to-listener.ts')),
};

/** Each of them, loaded. */
export type LoadedParts = {
  readonly [Name in keyof LateParts]: Awaited<ReturnType<LateParts[Name]>>;
};

/** Puts in place what is loaded already. Where time is simulated this comes first: loading takes real time, and none passes there. */
export function putLateParts(loaded: LoadedParts): void {
  for (const [name, part] of Object.entries(loaded)) {
    const loading = Promise.resolve(part);
    Object.assign(lateParts, { [name]: () => loading });
  }
}
