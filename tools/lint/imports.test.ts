import { describe, expect, it } from 'vitest';
import { importFaults } from './imports.ts';

function faults(importer: string, specifier: string, names?: readonly string[]): readonly string[] {
  return importFaults(importer, { specifier, names });
}

const core = 'packages/core/src';

describe('what is banned', () => {
  it.each([
    ['a Node module in a pure room', `${core}/kernel/plan-kernel.ts`, 'node:fs'],
    ['a Node module without its prefix', `${core}/kernel/plan-kernel.ts`, 'fs'],
    [
      'an adapter in a pure room',
      `${core}/cloud/direct-grant.ts`,
      '../adapters/aws/sdk-ec2-api.ts',
    ],
    [
      'an adapter in a verb',
      `${core}/ensure-public-identity.ts`,
      './adapters/linux/linux-kernel.ts',
    ],
    ['an adapter in a fake', `${core}/testing/fake-clock.ts`, '../adapters/linux/linux-kernel.ts'],
    ['the SDK outside its adapter', `${core}/reap-orphans.ts`, '@aws-sdk/client-ec2'],
    ['the SDK in another package', 'packages/agent/src/main.ts', '@aws-sdk/client-ec2'],
    ['netlink outside its adapter', `${core}/this-node.ts`, '@truetuple/netlink'],
    ['a package in netlink', 'packages/netlink/src/native.ts', 'node-gyp-build'],
    ['core in netlink', 'packages/netlink/src/index.ts', '@truetuple/core'],
    ['a Node module in a codec', 'packages/netlink/src/wire/reader.ts', 'node:fs'],
    ['Kubernetes in core', `${core}/index.ts`, '@kubernetes/client-node'],
    ['core in the SIP engine', 'packages/sip-engine/src/index.ts', '@truetuple/core'],
    ['the gateway in the agent', 'packages/agent/src/main.ts', '@truetuple/sip-gateway'],
    ['a fake in production', `${core}/this-node.ts`, './testing/fake-clock.ts'],
    ['a fake of another package', 'packages/agent/src/main.ts', '@truetuple/core/testing'],
    ['a test runner in a fake', `${core}/testing/index.ts`, 'vitest'],
    ['the lab in a package', 'packages/agent/src/main.ts', '@truetuple/lab'],
    ['a path into another package', `${core}/index.ts`, '../../netlink/src/index.ts'],
    ['a path out of the packages', `${core}/converge.test.ts`, '../../../test/lab/src/index.ts'],
    ['a test in the lab', 'test/lab/src/index.ts', '../../netns/tuple-matrix-rows.ts'],
  ])('%s', (_title, importer, specifier) => {
    expect(faults(importer, specifier)).not.toEqual([]);
  });
});

describe('what is allowed', () => {
  it.each([
    ['pure to pure', `${core}/kernel/plan-kernel.ts`, '../identity/address.ts'],
    ['the adapter and its package', `${core}/adapters/linux/linux-kernel.ts`, '@truetuple/netlink'],
    ['the adapter and the SDK', `${core}/adapters/aws/sdk-ec2-api.ts`, '@aws-sdk/client-ec2'],
    ['the composition root', `${core}/this-node.ts`, './adapters/linux/linux-kernel.ts'],
    ['a test and a fake', `${core}/verify/verify-kernel.test.ts`, '../testing/index.ts'],
    ['a test and its runner', `${core}/converge.test.ts`, 'vitest'],
    ['a fake and its port', `${core}/testing/fake-clock.ts`, '../identity/clock.ts'],
    ['netlink and Node', 'packages/netlink/src/native.ts', 'node:module'],
    ['netlink and itself', 'packages/netlink/src/index.ts', './wire/reader.ts'],
    ['the agent and core', 'packages/agent/src/main.ts', '@truetuple/core'],
    ['the lab and its tools', 'test/lab/src/index.ts', '@truetuple/netlink'],
    ['a test that looks inside', 'test/vm/guest/row.ts', '../../../packages/core/src/converge.ts'],
  ])('%s', (_title, importer, specifier) => {
    expect(faults(importer, specifier)).toEqual([]);
  });
});

describe('what a pure room takes from Node', () => {
  const codec = `${core}/verify/stun/stun-codec.ts`;

  it('is a checksum and nothing beside it', () => {
    expect(faults(codec, 'node:zlib', ['crc32'])).toEqual([]);
    expect(faults(codec, 'node:zlib', ['crc32', 'gzipSync'])).not.toEqual([]);
    expect(faults(codec, 'node:zlib')).not.toEqual([]);
  });
});

describe('what the gateway takes from core', () => {
  const gateway = 'packages/sip-gateway/src/sip/contact.ts';

  it('is the value PublicIdentity', () => {
    expect(faults(gateway, '@truetuple/core', ['PublicIdentity'])).toEqual([]);
  });

  it('is nothing beside it', () => {
    expect(faults(gateway, '@truetuple/core', ['PublicIdentity', 'release'])).not.toEqual([]);
    expect(faults(gateway, '@truetuple/core', ['KeepEvent'])).not.toEqual([]);
  });

  it('is for its program also what a keep tells', () => {
    const program = 'packages/sip-gateway/src/commands/kept-identity.ts';
    expect(faults(program, '@truetuple/core', ['HeldIdentity', 'KeepEvent'])).toEqual([]);
    expect(faults(program, '@truetuple/core', ['ensurePublicIdentity'])).not.toEqual([]);
  });

  it('is never the whole module', () => {
    expect(faults(gateway, '@truetuple/core')).not.toEqual([]);
  });

  it('is everything in its composition root', () => {
    expect(faults('packages/sip-gateway/src/main.ts', '@truetuple/core')).toEqual([]);
  });
});
