/** What can strike at a side effect. */
export const faults = [
  'crash before',
  'crash after',
  'lost response',
  'error',
  'delay',
  'stale read',
  'throttle',
  'partition',
  'node loss',
  'IP recycling',
  'clock jump',
  'conflict',
  'lease loss',
] as const;

export type Fault = (typeof faults)[number];

/** Who asks EC2: every process for itself, or a controller for all. */
export type Mode = 'direct' | 'managed';

/** Who makes a side effect: the pod's process in a verb (`request`: for a handover), the reaper, or a controller of managed mode. */
export type Verb = 'request' | 'ensure' | 'keep' | 'release' | 'reap' | 'control';

const reads = ['DescribeNetworkInterfaces', 'DescribeAddresses', 'DescribeRouteTables'];
const cloudEnd = ['DeleteRoute', 'DisassociateAddress', 'UnassignPrivateIpAddresses', 'DeleteTags'];
const cloudStart = [
  'ModifyNetworkInterfaceAttribute',
  'AssignPrivateIpAddresses',
  'AssociateAddress',
  'CreateTags',
  'CreateRoute',
  'ReplaceRoute',
];
const kernelStart = [
  'install-fail-closed-route',
  'add-rule',
  'set-link-settings',
  'replace-route',
  'add-address',
];

const ipv6KernelStart = [
  'install-ipv6-fail-closed-route',
  'add-ipv6-rule',
  'set-ipv6-settings',
  'replace-ipv6-route',
  'add-ipv6-address',
];
const ipv6KernelEnd = ['remove-ipv6-address', 'remove-ipv6-route'];

/** What a keep does about the link and what is published, and what a release does. */
const localKeep = [
  'observe',
  ...kernelStart,
  'remove-address',
  'remove-route',
  'current',
  'publish',
  'withdraw',
];
const localEnd = ['observe', 'remove-address', 'remove-route', 'current', 'withdraw'];

/** Every side effect that each verb is known to make in direct mode. */
const operations: Readonly<Record<Exclude<Verb, 'control' | 'request'>, readonly string[]>> = {
  ensure: [...reads, ...cloudStart, ...cloudEnd, 'observe', ...kernelStart, 'current', 'publish'],
  keep: [...reads, ...cloudStart, ...localKeep],
  release: [...reads, ...cloudEnd, ...localEnd],
  reap: [...reads, ...cloudEnd, 'livePods'],
};

const claimWrites = ['createClaim', 'updateClaim', 'updateClaimStatus', 'deleteClaim'];
const claimCalls = [...claimWrites, 'getClaim', 'listClaims', 'watchClaims', 'renewLease'];

/** The same in managed mode. */
const managedOperations: Readonly<Record<Exclude<Verb, 'request'>, readonly string[]>> = {
  ensure: [
    'createClaim',
    'getClaim',
    'updateClaim',
    'deleteClaim',
    'watchClaims',
    'observe',
    ...kernelStart,
    'current',
    'publish',
  ],
  keep: ['getClaim', 'watchClaims', ...localKeep],
  release: ['getClaim', 'updateClaim', 'deleteClaim', ...localEnd],
  reap: [...reads, 'DeleteRoute', 'livePods', 'listClaims'],
  control: [
    ...reads,
    ...cloudStart,
    'DisassociateAddress',
    'UnassignPrivateIpAddresses',
    'DeleteTags',
    'listClaims',
    'getClaim',
    'updateClaim',
    'updateClaimStatus',
    'deleteClaim',
    'watchClaims',
    'renewLease',
    'livePods',
  ],
};

/** What the pods of dual-stack seeds do besides. */
const ipv6Operations: Readonly<Record<Exclude<Verb, 'control' | 'request'>, readonly string[]>> = {
  ensure: ['AssignIpv6Addresses', 'UnassignIpv6Addresses', ...ipv6KernelStart],
  keep: ['AssignIpv6Addresses', ...ipv6KernelStart, 'remove-ipv6-address'],
  release: ['UnassignIpv6Addresses', ...ipv6KernelEnd],
  reap: ['UnassignIpv6Addresses'],
};

/** The same in managed mode. */
const managedIpv6Operations: Readonly<
  Record<Exclude<Verb, 'reap' | 'request'>, readonly string[]>
> = {
  ensure: ipv6KernelStart,
  keep: [...ipv6KernelStart, 'remove-ipv6-address'],
  release: ipv6KernelEnd,
  control: ['AssignIpv6Addresses', 'UnassignIpv6Addresses'],
};

/** What is done so that a standby is given an address: by who asks, and by the keep that gives it up. */
const requestOperations = ['DescribeAddresses', 'CreateTags', 'DeleteTags', 'livePods'];
const handoverOperations: Readonly<Record<Mode, Readonly<Record<string, readonly string[]>>>> = {
  direct: { request: requestOperations, keep: cloudEnd },
  managed: { request: requestOperations, keep: ['updateClaim', 'deleteClaim'] },
};

/** By operation, for each verb: a text is hashed once, and steps are looked up at every side effect. */
const stepNames: Readonly<Record<Verb, Map<string, string>>> = {
  request: new Map(),
  ensure: new Map(),
  keep: new Map(),
  release: new Map(),
  reap: new Map(),
  control: new Map(),
};

/** A side effect of a verb: the row of a cell. */
export function stepOf(verb: Verb, operation: string): string {
  const known = stepNames[verb].get(operation);
  if (known !== undefined) return known;
  const step = `${verb} ${operation}`;
  stepNames[verb].set(operation, step);
  return step;
}

/** EC2's actions begin with a capital letter. */
function isCloud(operation: string): boolean {
  const [first = ''] = operation;
  return first >= 'A' && first <= 'Z';
}

/** False for what makes no sense at an operation, such as a stale read of a write. */
export function canStrike(verb: Verb, operation: string, fault: Fault): boolean {
  switch (fault) {
    case 'crash before':
    case 'crash after':
    case 'delay':
    case 'node loss':
    case 'IP recycling':
    case 'clock jump':
      return true;
    case 'lost response':
      return operation !== 'observe' && operation !== 'current';
    case 'error':
      return !['observe', 'current', 'watchClaims'].includes(operation);
    case 'stale read':
      return operation.startsWith('Describe');
    case 'throttle':
      return isCloud(operation);
    case 'partition':
      return isCloud(operation) || claimCalls.includes(operation);
    case 'conflict':
      return claimWrites.includes(operation) && operation !== 'createClaim';
    case 'lease loss':
      return verb === 'control' && (operation === 'renewLease' || isWrite(operation));
    default:
      return fault satisfies never;
  }
}

function isWrite(operation: string): boolean {
  return /^[A-Z]/.test(operation)
    ? !operation.startsWith('Describe')
    : claimWrites.includes(operation);
}

/** Side effects too rare to plan faults for: undoing on the link after a failed ensure, a link that was reset. */
const rareSteps: ReadonlySet<string> = new Set([
  'ensure remove-address',
  'ensure remove-route',
  'ensure withdraw',
  'release install-fail-closed-route',
  'ensure remove-ipv6-address',
  'ensure remove-ipv6-route',
  'keep remove-ipv6-route',
  // from a holder that died meanwhile
  'request DisassociateAddress',
]);

export interface Cell {
  readonly verb: Verb;
  readonly operation: string;
  readonly fault: Fault;
}

export function cellKey(step: string, fault: Fault): string {
  return `${step} × ${fault}`;
}

function cellsAt(rows: Readonly<Record<string, readonly string[]>>): Cell[] {
  return (Object.keys(rows) as Verb[]).flatMap((verb) =>
    (rows[verb] ?? []).flatMap((operation) =>
      faults
        .filter((fault) => canStrike(verb, operation, fault))
        .map((fault): Cell => ({ verb, operation, fault })),
    ),
  );
}

/** What is planned for in each mode: every step with every fault that can strike at it. */
export const cellsByMode: Readonly<Record<Mode, readonly Cell[]>> = {
  direct: cellsAt(operations),
  managed: cellsAt(managedOperations),
};

/** What is planned for besides in dual-stack seeds. */
export const ipv6CellsByMode: Readonly<Record<Mode, readonly Cell[]>> = {
  direct: cellsAt(ipv6Operations),
  managed: cellsAt(managedIpv6Operations),
};

/** What is planned for besides in seeds that have a standby. */
export const handoverCellsByMode: Readonly<Record<Mode, readonly Cell[]>> = {
  direct: cellsAt(handoverOperations.direct),
  managed: cellsAt(handoverOperations.managed),
};

/** All of them, each once. */
export const cells: readonly Cell[] = [
  ...new Map(
    [cellsByMode, ipv6CellsByMode, handoverCellsByMode]
      .flatMap(({ direct, managed }) => [...direct, ...managed])
      .map((cell) => [cellKey(stepOf(cell.verb, cell.operation), cell.fault), cell]),
  ).values(),
];

/** Rows of the table. */
export const plannedSteps: ReadonlySet<string> = new Set(
  cells.map(({ verb, operation }) => stepOf(verb, operation)),
);

export function isKnownStep(step: string): boolean {
  return plannedSteps.has(step) || rareSteps.has(step);
}
