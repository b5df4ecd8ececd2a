import { CoreError, type CoreErrorCode, type Retry } from '../errors.ts';

/** What the kernel answered: an errno by name, and its text where it gave one (NLMSGERR_ATTR_MSG). */
export interface KernelRefusal {
  /** errno(3) name, such as `EPERM`. */
  readonly errno: string;
  readonly kernelText?: string | undefined;
  readonly cause?: unknown;
}

/** What was tried. */
export interface KernelAttempt {
  /** As an ip(8) command line or in words. */
  readonly what: string;
  readonly linkName?: string | undefined;
  readonly address?: string | undefined;
  /** Asked of a part that a kernel may lack. */
  readonly part?: 'nftables' | undefined;
}

interface Meaning {
  readonly code: CoreErrorCode;
  readonly retry: Retry;
  readonly remedy: (attempt: KernelAttempt) => string;
}

const netAdminMissing: Meaning = {
  code: 'NetAdminMissing',
  retry: 'never',
  remedy: () =>
    'Run as uid 0 with every capability dropped except NET_ADMIN (securityContext: runAsUser: 0, capabilities: ' +
    '{ drop: [ALL], add: [NET_ADMIN] }), or give the program a file capability (setcap cap_net_admin=ep) in an image ' +
    'that may carry one. A user other than 0 has none of its added capabilities in effect (kubernetes/kubernetes#56374).',
};

const linkNotFound: Meaning = {
  code: 'LinkNotFound',
  retry: 'later',
  remedy: ({ linkName = 'the link' }) =>
    `Look with "ip link" whether this network namespace has ${linkName}: a network attachment (Multus annotation) makes it, and its name must be the one in the spec.`,
};

const linkDown: Meaning = {
  code: 'LinkDown',
  retry: 'later',
  remedy: ({ linkName = 'the link' }) =>
    `${linkName} must be up before routes can use it. Whoever made it sets it up (the CNI plugin; by hand: ip link set ${linkName} up); truetuple never does.`,
};

const addressHeld: Meaning = {
  code: 'AddressHeldOnNode',
  retry: 'later',
  remedy: ({ address = 'The address' }) =>
    `${address} is on another slave of the same parent link: another pod on this node holds it. Wait until that pod's network namespace is gone, or take another address.`,
};

/** Another Elastic IP would not help: nothing else is tried. */
const ipv6AddressHeld: Meaning = {
  code: 'Ipv6AddressHeldElsewhere',
  retry: 'later',
  remedy: ({ address = 'The address' }) =>
    `${address} is on another slave of the same parent link: another pod on this node holds it, as one of the same name does until its network namespace is gone. Wait for that, or give the pods different names or addresses.`,
};

/** errno(3) -> what it means to us. Anything else is KernelRefused. */
const meanings: Readonly<Record<string, Meaning>> = {
  EPERM: netAdminMissing,
  ENODEV: linkNotFound,
  ENETDOWN: linkDown,
  EADDRINUSE: addressHeld,
};

/** What a kernel says of a table, chain or expression that it has no module for. */
const nftablesMissing: Meaning = {
  code: 'DeliveryImpossible',
  retry: 'never',
  remedy: () =>
    'The deliveries translate and dnat need nftables in the kernel (modules nf_tables and, for dnat, nft_chain_nat and nft_nat): load them on the node, or use delivery both.',
};
const nftablesMeanings: Readonly<Record<string, Meaning>> = {
  ENOENT: nftablesMissing,
  EOPNOTSUPP: nftablesMissing,
  EPROTONOSUPPORT: nftablesMissing,
  EAFNOSUPPORT: nftablesMissing,
};

const refused: Meaning = {
  code: 'KernelRefused',
  retry: 'later',
  remedy: () =>
    'Compare "ip address", "ip rule" and "ip route show table all" with what was wanted; the text of the kernel says which part it refused.',
};

/** Makes a refusal of the kernel a CoreError: one table, by errno. */
export function kernelError(refusal: KernelRefusal, attempt: KernelAttempt): CoreError {
  const { errno, kernelText } = refusal;
  const ofPart = attempt.part === 'nftables' ? nftablesMeanings[errno] : undefined;
  const isIpv6Held = errno === 'EADDRINUSE' && attempt.address?.includes(':') === true;
  const meaning = isIpv6Held ? ipv6AddressHeld : (ofPart ?? meanings[errno] ?? refused);
  const text = kernelText === undefined || kernelText === '' ? '' : `: ${kernelText}`;
  return new CoreError({
    code: meaning.code,
    message: `The kernel refused \`${attempt.what}\` with ${errno}${text}`,
    remedy: meaning.remedy(attempt),
    retry: meaning.retry,
    cause: refusal.cause,
  });
}
