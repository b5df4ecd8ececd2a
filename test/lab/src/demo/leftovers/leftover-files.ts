import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Leftover } from '../report/report.ts';

/** Files that still lie in a folder; none when there is no such folder. */
export async function leftoverFiles(directory: string): Promise<readonly Leftover[]> {
  const names = await readdir(directory).catch(() => []);
  return names.map((name): Leftover => ({ where: 'file', what: join(directory, name) }));
}
