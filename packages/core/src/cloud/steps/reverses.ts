import type { CloudStep } from './cloud-step.ts';

/** True for the step that takes back what a step did. */
export function reverses(step: CloudStep, done: CloudStep): boolean {
  switch (step.kind) {
    case 'delete-route':
      return (
        (done.kind === 'create-route' || done.kind === 'replace-route') &&
        done.routeTableId === step.routeTableId &&
        done.destination === step.destination
      );
    case 'disassociate-address':
      return done.kind === 'associate-address' && done.publicIp === step.publicIp;
    case 'untag-handover':
      return done.kind === 'tag-handover' && done.allocationId === step.allocationId;
    case 'untag-owner':
      return done.kind === 'tag-owner' && done.allocationId === step.allocationId;
    case 'unassign-private-ip':
      return done.kind === 'assign-private-ip' && done.privateIp === step.privateIp;
    // the dual-stack grant undoes its own
    case 'assign-ipv6-address':
    case 'unassign-ipv6-address':
    case 'tag-ipv6-owner':
    case 'untag-ipv6-owner':
    case 'disable-source-dest-check':
    case 'assign-private-ip':
    case 'associate-address':
    case 'allocate-address':
    case 'tag-owner':
    case 'tag-released':
    case 'tag-handover':
    case 'create-route':
    case 'replace-route':
      return false;
    default:
      return step satisfies never;
  }
}
