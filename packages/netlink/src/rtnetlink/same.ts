/**
 * Whether what is there has every value that is wanted. What is wanted as undefined does not count, and false is the same as
 * absent: the kernel leaves flags out that are not set.
 */
export function hasAll(found: object, wanted: object): boolean {
  return Object.entries(wanted).every(([name, value]) =>
    isSame((found as Readonly<Record<string, unknown>>)[name], value),
  );
}

function isSame(found: unknown, wanted: unknown): boolean {
  if (wanted === undefined || found === wanted) return true;
  if (wanted === false) return found === undefined;
  if (Array.isArray(wanted)) {
    return (
      Array.isArray(found) &&
      found.length === wanted.length &&
      wanted.every((one, index) => isSame(found[index], one))
    );
  }
  if (typeof wanted !== 'object' || wanted === null) return false;
  return typeof found === 'object' && found !== null && hasAll(found, wanted);
}
