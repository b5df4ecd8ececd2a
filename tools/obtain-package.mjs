import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { run } from './run-quietly.mjs';

/**
 * The package of that name and version, unpacked; no script of it runs.
 * @param {string} cache
 * @param {{ name: string, version: string }} wanted
 * @returns {string} its folder
 */
export function obtainPackage(cache, wanted) {
  const { name, version } = wanted;
  const kept = join(cache, `${basename(name)}-${version}`);
  keepFolder(cache, kept, (folder) => {
    writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
    // Forced: npm sees that this system is of glibc.
    const how = ['--force', '--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock'];
    run('npm', ['install', ...how, `${name}@${version}`], { cwd: folder });
  });
  return join(kept, 'node_modules', name);
}

/**
 * Makes a folder, unless it is there, whole before it gets its name: a run that is killed leaves none that looks ready.
 * @param {string} cache
 * @param {string} kept
 * @param {(folder: string) => void} fill
 */
export function keepFolder(cache, kept, fill) {
  if (existsSync(kept)) return;
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'partial-'));
  try {
    fill(folder);
    chmodSync(folder, 0o755); // tests use it as an ordinary user too
    renameSync(folder, kept);
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}
