import { existsSync } from 'node:fs';
import { boxIsMissing } from '../netns/box-is-missing.ts';

const folders = ['/usr/bin', '/usr/sbin', '/usr/local/bin', '/usr/local/sbin'];
const programs = ['kamailio', 'baresip', 'rtpengine'];
const missing = programs.filter((name) => !folders.some((path) => existsSync(`${path}/${name}`)));

/** True where the box, kamailio, baresip or rtpengine is missing: then its tests are skipped and counted. In CI that is a failure. */
export const kamailioIsMissing: boolean = boxIsMissing || missing.length > 0;

if (missing.length > 0) {
  const why = `not installed: ${missing.join(', ')} (Debian packages kamailio, baresip-core, rtpengine-daemon)`;
  if (process.env['CI'] === 'true') throw new Error(why);
  console.warn(`skipped: ${why}`);
}
