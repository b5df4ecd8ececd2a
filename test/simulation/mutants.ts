import { ipv6Mutants } from './dual-stack/ipv6-mutants.ts';
import { handoverMutants } from './handover/handover-mutants.ts';
import { managedMutants } from './managed/managed-mutants.ts';

/** A safety rule of core, and how it is switched off: a text of a source file, and what it becomes. */
export interface Mutant {
  readonly name: string;
  /** Under packages/core/src. */
  readonly file: string;
  readonly text: string;
  readonly replacement: string;
  /** A seed that it makes fail, where the search begins. */
  readonly foundFrom: number;
}

const directMutants: readonly Mutant[] = [
  {
    name: 'AllowReassociation is true',
    file: 'cloud/steps/perform-cloud-step.ts',
    text: '{ ...input, allowReassociation: false },',
    replacement: '{ ...input, allowReassociation: true as never },',
    foundFrom: 4,
  },
  {
    name: 'AllowReassignment is true',
    file: 'cloud/steps/perform-cloud-step.ts',
    text: 'allowReassignment: false }',
    replacement: 'allowReassignment: true as never }',
    foundFrom: 56,
  },
  {
    name: 'DeleteTags without a value',
    file: 'cloud/steps/perform-cloud-step.ts',
    text: 'await ec2.deleteTags(ownTag(step), call);',
    replacement:
      'await ec2.deleteTags({ ...ownTag(step), tags: ownTag(step).tags.map(({ key }) => ({ key }) as never) }, call);',
    foundFrom: 869,
  },
  {
    name: 'a release ends what somebody else has',
    file: 'cloud/plan/plan-nothing.ts',
    text: "if (!isAt(address, wanted)) return 'somebody-else';",
    replacement: "if (!isAt(address, wanted)) return 'us';",
    foundFrom: 8,
  },
  {
    name: 'a release does not describe again before it destroys',
    file: 'cloud/release/end-claim.ts',
    text: "if (view !== undefined && !isAmong(step, planDue(view))) return 'look-again';",
    replacement: '',
    foundFrom: 113,
  },
  {
    name: 'a reaper does not describe again before it destroys',
    file: 'reap-orphans.ts',
    text: 'observe: look,',
    replacement: 'observe: async () => orphan.steps.filter((step) => !isAmong(step, done)),',
    foundFrom: 56,
  },
  {
    name: 'a reaper takes away at first sight',
    file: 'cloud/reap/orphan-sightings.ts',
    text: '>= graceMs;',
    replacement: '>= 0;',
    foundFrom: 1,
  },
  {
    name: 'who is recorded lives',
    file: 'cloud/doubt-about-pods.ts',
    text: 'return live.pods.some((pod) => pod.uid === uid);',
    replacement: "return live.pods.length > 0 || uid === '';",
    foundFrom: 2,
  },
  {
    name: 'a private IP is taken off whoever registered it',
    file: 'cloud/direct-grant.ts',
    text: 'unassignPrivateIp: grant.privateIpAssignedByUs,',
    replacement: 'unassignPrivateIp: true,',
    foundFrom: 16,
  },
  {
    name: 'unknown private IPs are none',
    file: 'cloud/doubt-about-pods.ts',
    text: "pod.privateIps === 'unknown' && canBeOn(pod, instanceId)",
    replacement: "pod.privateIps === 'unknown' && pod.uid === ''",
    foundFrom: 152,
  },
  {
    name: 'a private IP of a live pod is nobody’s',
    file: 'cloud/doubt-about-pods.ts',
    text: 'pod.privateIps.some((one) => one === privateIp) &&',
    replacement: 'pod.privateIps.length > 9 &&',
    foundFrom: 25,
  },
  {
    name: 'a plan is made from what describes show alone',
    file: 'cloud/observe/own-writes.ts',
    text: 'return writes.reduce(viewAfter, view);',
    replacement: 'return writes.length < 0 ? view : view;',
    foundFrom: 4,
  },
  {
    name: 'no fail-closed route',
    file: 'kernel/plan-kernel.ts',
    text: "return needed ? [{ kind: 'install-fail-closed-route', table }] : [];",
    replacement: 'return needed ? [] : [];',
    foundFrom: 1,
  },
  {
    name: 'a keep fences without proof',
    file: 'cloud/maintain/judge-claim.ts',
    text: 'if (claimAgeMs >= describeLagMs) return true;',
    replacement: 'return true;',
    foundFrom: 82,
  },
  {
    name: 'a keep fences after one look',
    file: 'cloud/maintain/maintenance.ts',
    text: "if (sighting.kind === 'held' || isSameSighting(sighting, earlier))",
    replacement: "if (sighting.kind === 'held' || earlier === undefined)",
    foundFrom: 5,
  },
  {
    name: 'a keep that fences leaves the publication',
    file: 'keep/perform-act.ts',
    text: 'withdrawUnproven(publication, identity),\n    fenceLink(link),',
    replacement: 'Promise.resolve(),\n    fenceLink(link),',
    foundFrom: 1,
  },
  {
    name: 'a private IP that is elsewhere is no loss',
    file: 'cloud/maintain/maintain-grant.ts',
    text: "if (kind === 'assign-private-ip') return error.code === 'PrivateIpHeldElsewhere';",
    replacement: "if (kind === 'assign-private-ip') return false;",
    foundFrom: 425,
  },
  {
    name: 'a keep puts no VPC route back',
    file: 'cloud/maintain/maintain-grant.ts',
    text: 'withRoutes: true,',
    replacement: 'withRoutes: false,',
    foundFrom: 1,
  },
  {
    name: 'a release does not withdraw',
    file: 'release-public-identity.ts',
    text: "await attempt('unpublish', () => withdraw(node, report, directory, identity));",
    replacement: '',
    foundFrom: 1,
  },
  {
    name: 'any address is of the pool',
    file: 'cloud/observe/observe-cloud.ts',
    text: 'return [{ name: `tag:${poolTagKey}`, values: [pool] }];',
    replacement: 'return pool === "" ? [{ name: poolTagKey, values: [] }] : [];',
    foundFrom: 3,
  },
  {
    name: 'a claim’s age is told by the wall clock',
    file: 'keep/claim-age.ts',
    text: 'if (claimedAtUptimeMs === undefined)',
    replacement: 'if (claimedAtUptimeMs !== -1)',
    foundFrom: 104,
  },
  {
    name: 'a look keeps what it read before an outage',
    file: 'cloud/observe/cloud-session.ts',
    text: 'if (session.patience === patience) return view;',
    replacement: 'if (patience > -1) return view;',
    foundFrom: 1334,
  },
  {
    name: 'a private IP is one, on whatever node',
    file: 'cloud/doubt-about-pods.ts',
    text: 'instanceId === undefined || pod.instanceId === undefined || pod.instanceId === instanceId',
    replacement: 'instanceId !== "" || pod.instanceId === undefined',
    foundFrom: 198,
  },
];

export const mutants: readonly Mutant[] = [
  ...directMutants,
  ...managedMutants,
  ...ipv6Mutants,
  ...handoverMutants,
];
