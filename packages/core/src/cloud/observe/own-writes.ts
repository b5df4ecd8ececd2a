import { routeTo, viewAfter, type CloudView, type OwnWrite } from './view.ts';

/**
 * Lays our own answered writes over what a describe showed: EC2 may answer a describe from before a write
 * (EC2 API reference, "Eventual consistency"), so a write's answer is worth more than a later read.
 */
export function mergeOwnWrites(view: CloudView, writes: readonly OwnWrite[]): CloudView {
  return writes.reduce(viewAfter, view);
}

/** A claim of ours whose address a describe shows in another association, none that we saw end, and that association's id. */
export function contradictedClaim(
  seen: CloudView,
  writes: readonly OwnWrite[],
): { readonly write: OwnWrite; readonly seenId: string } | undefined {
  for (const write of writes) {
    const { step, associationId } = write;
    if (step.kind !== 'associate-address') continue;
    const address = seen.addresses.find((one) => one.allocationId === step.allocationId);
    const seenId = address?.associationId;
    if (seenId === undefined || seenId === associationId) continue;
    if (!writes.some((one) => isEndOf(one, seenId))) return { write, seenId };
  }
  return undefined;
}

/**
 * Lays over what a describe showed those writes of ours that it does not contradict, by a route of ours that leads elsewhere or by another
 * association of the address: who takes away believes it. `formerId`: the network interface of whom it shows from before.
 */
export function mergeUncontradicted(
  seen: CloudView,
  writes: readonly OwnWrite[],
  formerId: string | undefined,
): CloudView {
  const taken = contradictedClaim(seen, writes)?.write;
  const believed = writes.filter(
    (write) => write !== taken && !isLedElsewhere(seen, write, formerId),
  );
  return mergeOwnWrites(seen, believed);
}

function isLedElsewhere(
  { routeTables }: CloudView,
  { step }: OwnWrite,
  formerId: string | undefined,
): boolean {
  if (step.kind !== 'create-route' && step.kind !== 'replace-route') return false;
  const table = routeTables.find(({ routeTableId }) => routeTableId === step.routeTableId);
  const shown = table && routeTo(table, step.destination);
  const target = shown?.networkInterfaceId;
  const isAsBefore = target !== undefined && target === formerId;
  return shown !== undefined && target !== step.networkInterfaceId && !isAsBefore;
}

/** So long after an answer, in milliseconds, describes have caught up with it unless EC2 is in trouble. */
export const caughtUpMs = 12_000;

/** The association of a claim of ours that was answered so long before describes were asked, which do not show it, that they should. */
export function overdueClaim(
  seen: CloudView,
  writes: readonly OwnWrite[],
  askedAtMs: number,
): string | undefined {
  return writes.find(
    (write) =>
      write.step.kind === 'associate-address' &&
      askedAtMs - (write.answeredAtMs ?? askedAtMs) > caughtUpMs &&
      !showsClaim(seen, write),
  )?.associationId;
}

/** True when the address is shown in the very association that a write of ours made. */
export function showsClaim(seen: CloudView, { step, associationId }: OwnWrite): boolean {
  return seen.addresses.some(
    (one) =>
      step.kind === 'associate-address' &&
      one.allocationId === step.allocationId &&
      one.associationId === associationId,
  );
}

/** EC2 said that it ended, so who shows it shows what was before. */
function isEndOf({ step }: OwnWrite, associationId: string): boolean {
  return step.kind === 'disassociate-address' && step.associationId === associationId;
}

/** Adds a write to those remembered; earlier ones that it supersedes are forgotten. */
export function rememberWrite(writes: readonly OwnWrite[], write: OwnWrite): OwnWrite[] {
  return [...writes.filter((earlier) => !isSuperseded(earlier, write)), write];
}

function isSuperseded(earlier: OwnWrite, write: OwnWrite): boolean {
  if (subjectOf(earlier) === subjectOf(write)) return true;
  const { step, wasThere = false } = write;
  if (step.kind === 'disassociate-address') return earlier.associationId === step.associationId;
  if (step.kind !== 'assign-private-ip' && step.kind !== 'unassign-private-ip') return false;
  if (wasThere) return false;
  // the private IP was gone, or goes, and with it what was associated with it (UnassignPrivateIpAddresses)
  return (
    earlier.step.kind === 'associate-address' &&
    earlier.step.networkInterfaceId === step.networkInterfaceId &&
    earlier.step.privateIp === step.privateIp
  );
}

function subjectOf({ step, allocated }: OwnWrite): string {
  switch (step.kind) {
    case 'allocate-address':
      return `allocation ${allocated?.allocationId ?? ''}`;
    case 'disable-source-dest-check':
      return `check ${step.networkInterfaceId}`;
    case 'assign-private-ip':
    case 'unassign-private-ip':
      return `private-ip ${step.networkInterfaceId} ${step.privateIp}`;
    case 'assign-ipv6-address':
    case 'unassign-ipv6-address':
      return `ipv6 ${step.networkInterfaceId} ${step.address}`;
    case 'tag-ipv6-owner':
    case 'untag-ipv6-owner':
      return `ipv6 owner ${step.networkInterfaceId} ${step.address}`;
    case 'associate-address':
      return `association ${step.allocationId}`;
    case 'disassociate-address':
      return `disassociation ${step.associationId}`;
    case 'tag-owner':
    case 'untag-owner':
      return `owner ${step.allocationId}`;
    case 'tag-handover':
    case 'untag-handover':
      return `handover ${step.allocationId}`;
    case 'tag-released':
      return `released ${step.allocationId}`;
    case 'create-route':
    case 'replace-route':
    case 'delete-route':
      return `route ${step.routeTableId} ${step.destination}`;
    default:
      return step satisfies never;
  }
}
