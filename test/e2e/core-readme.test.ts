import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');
const readme = await readFile(join(root, 'packages/core/README.md'), 'utf8');
const blocks = [...readme.matchAll(/```ts\n(.*?)```/gsu)].map(([, code = '']) => code);

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

/** What the compiler says; nothing when all is well. */
async function problems(folder: string): Promise<string> {
  const tsc = join(root, 'node_modules/.bin/tsc');
  const { stdout } = await run(tsc, ['-p', folder]).catch((error: { stdout: string }) => error);
  return stdout;
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
    const files = blocks.map((code, index) => ({
      name: `block-${index}.ts`,
      text: code.includes("from '@truetuple/core'") ? code : program(code),
    }));
    for (const { name, text } of files) await writeFile(join(folder, name), text);
    const compilerOptions = {
      noEmit: true,
      composite: false,
      incremental: false,
      rootDir: '../../..',
      noUnusedLocals: false,
      noUnusedParameters: false,
      customConditions: ['truetuple-source'],
    };
    const config = { extends: '../../../tsconfig.base.json', compilerOptions, include: ['*.ts'] };
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(config));
    expect(await problems(folder)).toBe('');
    await writeFile(
      join(folder, 'block-0.ts'),
      program('const spec: IdentitySpecInput = { pod: 1 };'),
    );
    expect(await problems(folder)).toContain("'pod' does not exist in type 'IdentitySpecInput'");
  });
});
