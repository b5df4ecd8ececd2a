import type { AddressFamily } from '../identity/ipv6-spec.ts';
import type { KernelFindingCode, Severity } from './kernel-finding.ts';

/** `unproven`: nothing speaks against it, and nothing has shown it either. */
export type FindingSeverity = Severity | 'unproven';

/** What a packet's way showed. */
export type WireFindingCode =
  | 'port-held'
  | 'proven-on-reserved-port'
  | 'source-not-bindable'
  | 'server-not-found'
  | 'server-silent'
  | 'server-useless'
  | 'all-servers-silent'
  | 'too-few-answers'
  | 'servers-disagree'
  | 'send-refused'
  | 'port-rewritten'
  | 'other-public-address'
  | 'source-translated'
  | 'node-translated'
  | 'not-translated'
  | 'mapping-per-destination'
  | 'answer-rewritten'
  | 'inbound-silent'
  | 'inbound-not-asked'
  | 'caller-translated'
  | 'probe-failed'
  | 'ipv6-not-asked';

/** What EC2 showed. */
export type CloudFindingCode =
  | 'cloud-not-asked'
  | 'interface-missing'
  | 'interface-not-attached'
  | 'private-ip-not-registered'
  | 'ipv6-address-not-assigned'
  | 'source-dest-check-on'
  | 'address-gone'
  | 'association-missing'
  | 'association-elsewhere'
  | 'vpc-route-missing'
  | 'vpc-route-elsewhere'
  | 'vpc-route-blackhole'
  | 'security-group-blocks-inbound'
  | 'security-group-restricts-inbound'
  | 'security-group-blocks-outbound'
  | 'security-group-restricts-outbound'
  | 'network-acl-blocks-inbound'
  | 'network-acl-restricts-inbound'
  | 'network-acl-blocks-outbound'
  | 'network-acl-restricts-outbound';

/** Stable codes of everything that verify can find. */
export type FindingCode = KernelFindingCode | WireFindingCode | CloudFindingCode;

/** One difference between what an identity needs and what was seen, before its causes are known. */
export interface Observation {
  readonly code: FindingCode;
  /** Whose packets showed it; absent for what the kernel or EC2 showed. */
  readonly family?: AddressFamily;
  readonly severity: FindingSeverity;
  readonly seen: string;
  readonly wanted: string;
  /** What a person can do, in sentences. */
  readonly remedy: string;
}

/** One difference between what an identity needs and what was seen. */
export interface Finding extends Observation {
  /** Codes of other findings of the same report that lead to this one: put those right first. */
  readonly causedBy: readonly FindingCode[];
}
