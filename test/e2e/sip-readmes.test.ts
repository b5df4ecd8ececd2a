import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { blocksOf, problemsOf } from './readme-blocks.ts';

const root = join(import.meta.dirname, '../..');

/** What the blocks take as given, by the name that they use. */
const given: Readonly<Record<string, string>> = {
  identity: `declare const identity: import('@truetuple/core').PublicIdentity;`,
  createGateway: `import { createGateway } from '@truetuple/sip-gateway';`,
  route: `declare const route: import('@truetuple/sip-gateway').RouteCall;`,
  secret: `declare const secret: string;`,
  callId: `declare const callId: string;`,
  description: `declare const description: import('@truetuple/sip-gateway').SessionDescription;`,
  net1: `declare const net1: import('@truetuple/sip-engine').Transport;`,
  publicSide: `declare const publicSide: import('@truetuple/sip-engine').Transport;`,
  createSipEngine: `import { createSipEngine } from '@truetuple/sip-engine';`,
  a: `declare const a: import('@truetuple/core').PublicIdentity['publicIp'];`,
  b: `declare const b: import('@truetuple/core').PublicIdentity['publicIp'];`,
};

/** What a block makes or imports itself it is not given. */
function program(code: string): string {
  const lines = Object.entries(given).flatMap(([name, line]) =>
    new RegExp(`(?:const|using) (?:\\{ )?${name}\\b|import \\{[^}]*\\b${name}\\b`, 'u').test(code)
      ? []
      : [line],
  );
  return [...lines, code, 'export {};'].join('\n');
}

let folder = '';
beforeAll(async () => {
  // beside the gateway: it can import itself, core, the engine and drachtio-srf
  folder = await mkdtemp(join(root, 'packages/sip-gateway/readme-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it('every block of the READMEs of the repository, the engine and the gateway compiles as it stands, given what it names', async () => {
  const readmes = ['README.md', 'packages/sip-engine/README.md', 'packages/sip-gateway/README.md'];
  const blocks = await Promise.all(readmes.map(blocksOf));
  expect(blocks.flat().length).toBeGreaterThan(6);
  expect(await problemsOf(folder, blocks.flat().map(program))).toBe('');
});
