import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blocksOf, problemsOf } from './readme-blocks.ts';

const root = join(import.meta.dirname, '../..');
const blocks = await blocksOf('packages/core/README.md');

/** What the blocks take as given, each of its type. */
const given = `
import type { Socket } from 'node:dgram';
import { flushCompileCache } from 'node:module';
import { setFlagsFromString } from 'node:v8';
import type { ClaimStore, Clock, Ec2Api, HeldIdentity, IdentitySpecInput, Liveness, PublicIdentity, RequestLanes, WriterLease } from '@truetuple/core';
import { applicationSocket, bindAddressFor, controlClaims, ensurePublicIdentity, requestHandover, thisNode, verifyPublicIdentity } from '@truetuple/core';
declare const claims: ClaimStore;
declare const clock: Clock;
declare const ec2: Ec2Api;
declare const lanes: RequestLanes;
declare const lease: WriterLease;
declare const live: Liveness;
declare const pool: string;
declare const ports: number[];
declare const socket: Socket;
declare const stunServers: string[];
declare const common: IdentitySpecInput;
declare const outer: { readonly held: HeldIdentity; readonly identity: PublicIdentity; readonly spec: IdentitySpecInput };
`;

/** What a block makes itself it is not given. */
function program(code: string): string {
  const names = ['held', 'identity', 'spec'].filter(
    (name) => !new RegExp(`(?:const|using) ${name}\\b`).test(code),
  );
  return `${given}
export async function block(): Promise<void> {
const { ${names.join(', ')} } = outer;
${code}
}
`;
}

describe('every block of the README of core', () => {
  let folder: string;
  beforeAll(async () => {
    // beside the examples: what they can import, these can
    folder = await mkdtemp(join(root, 'packages/examples/readme-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('compiles as it stands, given what it names', async () => {
    expect(blocks.length).toBeGreaterThan(5);
    const programs = blocks.map((code) =>
      code.includes("from '@truetuple/core'") ? code : program(code),
    );
    expect(await problemsOf(folder, programs)).toBe('');
    const wrong = program('const spec: IdentitySpecInput = { pod: 1 };');
    expect(await problemsOf(folder, [wrong])).toContain(
      "'pod' does not exist in type 'IdentitySpecInput'",
    );
  });
});
