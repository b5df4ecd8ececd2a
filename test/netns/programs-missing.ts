import { findProgram } from '@truetuple/lab';

/** Programs of other people that take part in tests, by their Debian packages. */
const packages = {
  baresip: 'baresip-core',
  kamailio: 'kamailio',
  nft: 'nftables',
  rtpengine: 'rtpengine-daemon',
  sipp: 'sip-tester',
  strace: 'strace',
  tshark: 'tshark',
  turnserver: 'coturn',
} as const;

/** True where one of them is not installed: then the tests are skipped and counted, and this says why. In CI that is a failure. */
export function programsMissing(...names: readonly (keyof typeof packages)[]): boolean {
  const missing = names.filter((name) => findProgram(name) === undefined);
  if (missing.length === 0) return false;
  const why = `not installed: ${missing.map((name) => `${name} (Debian package ${packages[name]})`).join(', ')}`;
  if (process.env['CI'] === 'true') throw new Error(why);
  console.warn(`skipped: ${why}`);
  return true;
}
