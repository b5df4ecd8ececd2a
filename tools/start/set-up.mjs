import { buildAddon, mustBuildAddon } from './native-addon.mjs';
import { installSystemPackages } from './install-system-packages.mjs';
import { installWorkspace, workspaceEnvironment, workspaceNode } from './workspace.mjs';

/** @import { Purpose } from './system-packages.mjs' */

/**
 * @typedef {{ node: string, env: NodeJS.ProcessEnv }} Ready the Node that runs the work, and its environment
 */

/**
 * Makes a fresh clone ready. Silent and quick when everything is there already.
 * @param {string} root
 * @param {Purpose} purpose
 * @returns {Promise<Ready>}
 */
export async function setUp(root, purpose) {
  const strict = process.env['CI'] === 'true';
  await installSystemPackages(purpose, { mustCompile: mustBuildAddon(), strict, say });
  await installWorkspace(root, say);
  const node = workspaceNode(root);
  const env = workspaceEnvironment(root);
  await buildAddon(root, { node, env, strict, say });
  return { node, env };
}

/**
 * A note to people, never a result: it must not mix with what the command itself prints.
 * @param {string} line
 */
function say(line) {
  process.stderr.write(`${line}\n`);
}
