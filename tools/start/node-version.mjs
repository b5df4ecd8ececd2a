// Plain JavaScript in old syntax: this file must still load in a Node that is too old, so that it can say so.

/**
 * @typedef {{ major: number, minor: number, patch: number }} Version
 */

/** The oldest Node that can start the two commands; the work itself runs on the workspace's own Node. */
const OLDEST_STARTER = Object.freeze({ major: 20, minor: 0, patch: 0 });

/**
 * Reads "v24.21.0" or "24.21"; anything else gives undefined.
 * @param {string} text
 * @returns {Version | undefined}
 */
export function parseVersion(text) {
  const match = /^v?(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:[-+].*)?$/.exec(text.trim());
  if (match === null) return undefined;
  return { major: Number(match[1]), minor: Number(match[2] || 0), patch: Number(match[3] || 0) };
}

/**
 * Negative when a is older than b, 0 when equal, positive when newer.
 * @param {Version} a
 * @param {Version} b
 * @returns {number}
 */
export function compareVersions(a, b) {
  return a.major - b.major || a.minor - b.minor || a.patch - b.patch;
}

/**
 * True when the version lies in an `engines.node` range made of "^x.y.z" and ">=x.y.z" joined by "||".
 * Any other form is a broken invariant of this repository and throws.
 * @param {Version} version
 * @param {string} range
 * @returns {boolean}
 */
export function isInRange(version, range) {
  return range.split('||').some((part) => {
    const match = /^(\^|>=)(\d.*)$/.exec(part.trim());
    const floor = match === null ? undefined : parseVersion(match[2] || '');
    if (match === null || floor === undefined) {
      throw new TypeError(`engines.node has a part that is neither ^x.y.z nor >=x.y.z: "${part}"`);
    }
    if (compareVersions(version, floor) < 0) return false;
    return match[1] === '>=' || version.major === floor.major;
  });
}

/**
 * What to tell somebody whose Node cannot even start the commands; undefined when it can.
 * @param {string} nodeVersion such as process.version
 * @returns {string | undefined}
 */
export function starterComplaint(nodeVersion) {
  const version = parseVersion(nodeVersion);
  if (version !== undefined && compareVersions(version, OLDEST_STARTER) >= 0) return undefined;
  return (
    `This is Node ${nodeVersion}; Node ${OLDEST_STARTER.major} or newer is needed to start.\n` +
    'What to do: install a newer Node.js (https://nodejs.org) and run the same command again.'
  );
}
