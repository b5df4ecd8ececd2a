export { ensurePublicIdentity, type EnsureOptions } from './ensure-public-identity.ts';
export { keepPublicIdentity } from './keep-public-identity.ts';
export { release, releasePublicIdentity, type ReleaseOptions } from './release-public-identity.ts';
export { reapOrphans, type ReapPorts } from './reap-orphans.ts';
export type { ReapRequest } from './reap-request.ts';
export {
  probeClaimScope,
  type ClaimScopeOutcome,
  type ClaimScopePorts,
  type ClaimScopeReport,
  type ClaimScopeRequest,
} from './probe-claim-scope.ts';
export { probeReservation } from './cloud/observe/probe-place.ts';
export {
  requestHandover,
  type HandoverPorts,
  type HandoverReport,
  type HandoverRequest,
} from './request-handover.ts';
export { handoverTagKey } from './identity/handover.ts';
export type { ReapOutcome, ReapReport } from './reap-report.ts';
export type { OrphanSighting } from './cloud/reap/orphan-sightings.ts';
export type { Spared } from './cloud/reap/plan-reap.ts';
export type { AllocationPolicy } from './cloud/acquire/allocation-policy.ts';
export { directGrant, type DirectGrantParts } from './cloud/direct-grant.ts';
export {
  controlClaims,
  type ClaimControl,
  type ControlOptions,
  type ControlPartsForClaims,
} from './control-claims.ts';
export { managedGrant, type ManagedGrantParts } from './cloud/managed/managed-grant.ts';
export type { ClaimStore, ClaimWatch, NewClaim } from './cloud/managed/claim-store.ts';
export type { WriterLease } from './cloud/managed/writer-lease.ts';
export {
  claimFinalizer,
  claimKeyOf,
  type AddressPromise,
  type ClaimKey,
  type ClaimLoss,
  type ClaimPhase,
  type ClaimSpec,
  type ClaimStatus,
  type ClaimTrouble,
  type IdentityClaim,
} from './cloud/managed/claim.ts';
export { verifyPublicIdentity, type VerifyOptions } from './verify-public-identity.ts';
export { explain, type ExplainedStep, type Explanation } from './explain.ts';
export { thisNode, type ThisNodeOptions } from './this-node.ts';
export { filePublisher, identityFile, publicIpFile } from './adapters/file/file-publisher.ts';
export { describeCloudStep } from './cloud/steps/describe-cloud-step.ts';
export type { StepDescription } from './identity/step-description.ts';
export { Ec2CallError, type Ec2CallErrorDetails } from './cloud/ec2/ec2-call-error.ts';
export {
  readInstanceMetadata,
  type InstanceFacts,
  type InstanceNetworkInterface,
} from './adapters/aws/instance-metadata.ts';
export type { MetadataOptions } from './adapters/aws/metadata-session.ts';
export { parseProviderId, type InstancePlace } from './adapters/aws/provider-id.ts';
export { sdkEc2Api, type SdkEc2Options } from './adapters/aws/sdk-ec2-api.ts';
export {
  governedEc2,
  type GovernedEc2Options,
  type GovernedEc2Parts,
} from './cloud/ec2/governed-ec2.ts';
export { rateGovernor, type RateGovernorParts } from './cloud/ec2/rate-governor.ts';
export { shareReads } from './cloud/ec2/share-reads.ts';
export {
  batchAssigns,
  type BatchAssignsOptions,
  type BatchAssignsParts,
} from './cloud/ec2/batch-assigns.ts';
export {
  RequestLanes,
  type RequestLanesOptions,
  type RequestLanesParts,
} from './cloud/ec2/request-lanes.ts';
export { ec2RequestRates, type RequestRates } from './cloud/ec2/request-rates.ts';
export type { RequestRate } from './cloud/ec2/token-bucket.ts';
export type { Ec2Action } from './cloud/ec2/ec2-action.ts';
export { describeKernelStep } from './kernel/describe-kernel-step.ts';
export { linuxKernel } from './adapters/linux/linux-kernel.ts';
export { bindAddressFor } from './identity/bind-address.ts';
export { parseIdentitySpec } from './identity/identity-spec.ts';
export { parsePublicIdentity } from './identity/parse-public-identity.ts';
export { CoreError } from './errors.ts';
export {
  formatOwnerTag,
  ownerTagKey,
  parseOwnerTag,
  poolTagKey,
  releasedTagKey,
  reservedTagKey,
} from './identity/owner.ts';
export { truetupleProtocol } from './kernel/kernel-step.ts';
export type { CoreErrorCode, CoreErrorDetails, Retry } from './errors.ts';
export type { HeldIdentity } from './held-identity.ts';
export type { KeepOptions, Keeping } from './keep/keeping.ts';
export type { KeepWireInput } from './keep/keep-wire.ts';
export type { KeepEnd, KeepEvent, Loss } from './keep/keep-event.ts';
export type { NodePorts } from './node-ports.ts';
export type { Cidr, Ipv4Address } from './identity/address.ts';
export type { Ipv6Address, Ipv6Cidr } from './identity/ipv6-address.ts';
export type {
  IdentitySpec,
  IdentitySpecInput,
  NetworkInterfaceSelector,
  RouteTableSelector,
} from './identity/identity-spec.ts';
export type { Owner, OwnerRecord } from './identity/owner.ts';
export type { BoundPorts, Delivery, TransportProtocol } from './identity/delivery.ts';
export type { DeliveryTable, HeldDeliveryTable } from './kernel/delivery-table.ts';
export type { StunServerName } from './identity/stun-server-name.ts';
export type { PublicIdentity } from './identity/public-identity.ts';
export type { Publisher } from './identity/publisher.ts';
export type { Clock } from './identity/clock.ts';
export type { OnStep, StepEvent } from './identity/step-event.ts';
export type * from './cloud/ec2/ec2-api.ts';
export type * from './cloud/ec2/ec2-packet-filters.ts';
export type { CloudStep } from './cloud/steps/cloud-step.ts';
export type { Ipv6CloudStep } from './cloud/steps/ipv6-cloud-step.ts';
export type { LivePod, LivePods, Liveness } from './cloud/liveness.ts';
export type {
  Claim,
  ClaimSeen,
  CloudStepEvent,
  Grant,
  GrantRequest,
  GrantSpec,
  GrantState,
  HandoverWish,
  GrantWatch,
  IdentityGrant,
  LinkFact,
  PublishedGrant,
  LossReason,
  MaintainCall,
  ReleaseCall,
} from './cloud/identity-grant.ts';
export type * from './kernel/kernel-port.ts';
export type {
  Ipv6Link,
  Ipv6LinkAddress,
  Ipv6Route,
  Ipv6Rule,
  Ipv6Settings,
} from './kernel/ipv6-link.ts';
export type { Ipv6Step } from './kernel/ipv6-step.ts';
export type { LinkIpv6, PublicIpv6 } from './identity/public-ipv6.ts';
export type { AddressFamily, Ipv6Spec, Ipv6SpecInput } from './identity/ipv6-spec.ts';
export type { KernelStep } from './kernel/kernel-step.ts';
export type { Proof, ProofInput, WireProof, WireProofInput } from './identity/proof.ts';
export { applicationSocket, linuxDatagrams } from './adapters/linux/linux-datagrams.ts';
export type * from './verify/datagram-port.ts';
export type { Finding, FindingCode, FindingSeverity } from './verify/finding.ts';
export type { KernelFinding } from './verify/kernel-finding.ts';
export type { InboundProof, OutboundProof, PathProof } from './verify/path-proof.ts';
export type { ProbeRequest, ProbingPeer } from './verify/probing-peer.ts';
export type { WireAids } from './verify/prove-on-wire.ts';
export type { FamilyProof, VerifyReport } from './verify/verify-report.ts';
export type { Peers, Through } from './verify/wire-evidence.ts';
