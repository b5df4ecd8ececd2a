/**
 * @typedef {'demo' | 'test'} Purpose
 * @typedef {{ kind: 'command', anyOf: readonly string[] } | { kind: 'file', path: string }} Sign
 * @typedef {{
 *   package: string,
 *   shownBy: Sign,
 *   neededBy: readonly Purpose[],
 *   why: string,
 *   toCompile?: readonly Purpose[],
 * }} SystemPackage
 * @typedef {{ hasCommand(name: string): boolean, hasFile(path: string): boolean }} Probe
 */

/**
 * Debian packages that npm cannot bring: the sign that shows each is there, who needs it (always, or to compile the
 * netlink addon), and why.
 * Names are the same on Debian and Ubuntu.
 * @type {readonly SystemPackage[]}
 */
export const SYSTEM_PACKAGES = Object.freeze([
  {
    package: 'nftables',
    shownBy: { kind: 'command', anyOf: ['nft'] },
    neededBy: ['test'],
    why: 'nft is the second opinion on the rules that we give the kernel',
  },
  {
    package: 'gcc',
    shownBy: { kind: 'command', anyOf: ['cc'] },
    neededBy: ['test'],
    toCompile: ['demo'],
    why: "compiles the netlink addon where none is prebuilt, and prints the kernel's constants for tests",
  },
  {
    package: 'libc6-dev',
    shownBy: { kind: 'file', path: '/usr/include/errno.h' },
    neededBy: ['test'],
    toCompile: ['demo'],
    why: "C headers for the netlink addon, and the kernel's for tests",
  },
  {
    package: 'musl-tools',
    shownBy: { kind: 'command', anyOf: ['musl-gcc'] },
    neededBy: ['test'],
    why: 'runs the prebuilt netlink addon in a process of the other C library',
  },
  {
    package: 'util-linux',
    shownBy: { kind: 'command', anyOf: ['nsenter'] },
    neededBy: ['demo', 'test'],
    why: 'nsenter runs a command inside a network namespace; unshare and setpriv take rights away in tests, chrt makes realtime threads, taskset keeps programs on one core',
  },
  {
    package: 'iproute2',
    shownBy: { kind: 'command', anyOf: ['ip'] },
    neededBy: ['test'],
    why: 'runs the ip commands that explain says are equal to what we do',
  },
  {
    package: 'strace',
    shownBy: { kind: 'command', anyOf: ['strace'] },
    neededBy: ['test'],
    why: 'shows the bytes that ip sends to the kernel, to compare ours with, and makes system calls fail',
  },
  {
    package: 'conntrack',
    shownBy: { kind: 'command', anyOf: ['conntrack'] },
    neededBy: ['test'],
    why: 'the second opinion on the flows that we track',
  },
  {
    package: 'procps',
    shownBy: { kind: 'command', anyOf: ['sysctl'] },
    neededBy: ['test'],
    why: 'runs the sysctl commands among them',
  },
  {
    package: 'tshark',
    shownBy: { kind: 'command', anyOf: ['tshark'] },
    neededBy: ['test'],
    why: 'an independent reader of the capture files that the lab writes',
  },
  {
    package: 'qemu-system-x86',
    shownBy: { kind: 'command', anyOf: ['qemu-system-x86_64'] },
    neededBy: ['test'],
    why: 'boots a small virtual machine whose kernel has ipvlan',
  },
  {
    package: 'sip-tester',
    shownBy: { kind: 'command', anyOf: ['sipp'] },
    neededBy: ['test'],
    why: 'sipp calls the SIP engine: a caller and a callee that are not ours',
  },
  {
    package: 'rtpengine-daemon',
    shownBy: { kind: 'command', anyOf: ['rtpengine'] },
    neededBy: ['test'],
    why: 'the media relay that the gateway can use instead of its own',
  },
  {
    package: 'kamailio',
    shownBy: { kind: 'command', anyOf: ['kamailio'] },
    neededBy: ['test'],
    why: 'a SIP proxy and registrar that is not ours, between the gateway and its peers',
  },
  {
    package: 'coturn',
    shownBy: { kind: 'command', anyOf: ['turnserver'] },
    neededBy: ['test'],
    why: 'a STUN server that is not ours: it says where our packets come from, and sends from its second address',
  },
  {
    package: 'baresip-core',
    shownBy: { kind: 'command', anyOf: ['baresip'] },
    neededBy: ['test'],
    why: 'soft phones that are not ours, which speak through the gateway',
  },
  {
    package: 'busybox-static',
    shownBy: { kind: 'command', anyOf: ['busybox'] },
    neededBy: ['test'],
    why: "the virtual machine's first programs",
  },
]);

/**
 * The packages of the table that this purpose needs and this machine does not show.
 * @param {Purpose} purpose
 * @param {Probe} probe
 * @param {{ mustCompile: boolean }} options whether the netlink addon has still to be built
 * @returns {SystemPackage[]} in the table's order
 */
export function missingPackages(purpose, probe, { mustCompile }) {
  return SYSTEM_PACKAGES.filter((entry) => {
    const forCompiling = mustCompile && entry.toCompile?.includes(purpose) === true;
    return (forCompiling || entry.neededBy.includes(purpose)) && !isShown(entry.shownBy, probe);
  });
}

/**
 * @param {Sign} sign
 * @param {Probe} probe
 * @returns {boolean}
 */
function isShown(sign, probe) {
  return sign.kind === 'file'
    ? probe.hasFile(sign.path)
    : sign.anyOf.some((name) => probe.hasCommand(name));
}

/**
 * One line per package, for people.
 * @param {readonly SystemPackage[]} packages
 * @returns {string}
 */
export function describePackages(packages) {
  const width = Math.max(0, ...packages.map((entry) => entry.package.length));
  return packages.map((entry) => `  ${entry.package.padEnd(width)}  ${entry.why}`).join('\n');
}

/**
 * Whether packages may be installed here: only as root, only where apt is the system's own tool, never against a wish.
 * @param {{ platform: string, uid: number | undefined, osRelease: string, hasApt: boolean, forbidden: boolean }} machine
 * @returns {{ kind: 'allowed' } | { kind: 'refused', because: string }}
 */
export function mayInstall(machine) {
  if (machine.platform !== 'linux') {
    return { kind: 'refused', because: `this is ${machine.platform}, not Linux` };
  }
  if (machine.forbidden) return { kind: 'refused', because: 'TRUETUPLE_NO_APT=1 forbids it' };
  if (!isDebianLike(machine.osRelease) || !machine.hasApt) {
    return { kind: 'refused', because: 'this is neither Debian nor Ubuntu' };
  }
  if (machine.uid !== 0) return { kind: 'refused', because: 'this is not run as root' };
  return { kind: 'allowed' };
}

/**
 * @param {string} osRelease the text of /etc/os-release
 * @returns {boolean}
 */
export function isDebianLike(osRelease) {
  return osRelease.split('\n').some((line) => {
    const match = /^(?:ID|ID_LIKE)=(.*)$/.exec(line.trim());
    const words = (match?.[1] ?? '').replaceAll(/["']/g, '').split(/\s+/);
    return words.includes('debian') || words.includes('ubuntu');
  });
}
