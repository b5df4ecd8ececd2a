import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PublicIdentity } from '@truetuple/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readCommandLine, type Command } from './command-line.ts';
import { drawLadder } from './draw-ladder.ts';
import { exitCodes } from './exit-code.ts';
import { helpText } from './help-text.ts';
import { followIdentityFile } from './identity-file.ts';

describe('a command line', () => {
  it.each<[string, Command]>([
    ['--help', { kind: 'help' }],
    ['run -h', { kind: 'help' }],
    ['--version', { kind: 'version' }],
    ['run --config f.yaml', { kind: 'run', config: 'f.yaml' }],
    ['check-config f.yaml', { kind: 'check-config', file: 'f.yaml' }],
    ['', { kind: 'wrong', because: 'no command is given' }],
    ['serve', { kind: 'wrong', because: 'there is no command "serve"' }],
    ['toString', { kind: 'wrong', because: 'there is no command "toString"' }],
    ['run', { kind: 'wrong', because: 'run needs --config FILE' }],
    ['run --config a b', { kind: 'wrong', because: 'run takes no operand, such as "b"' }],
    ['run --config a --json', { kind: 'wrong', because: 'run takes no --json' }],
    ['check-config', { kind: 'wrong', because: 'check-config needs one FILE' }],
    ['ladder a b', { kind: 'wrong', because: 'ladder needs one FILE' }],
    ['ladder a --width 7', { kind: 'wrong', because: '--width is not from 60 to 500' }],
    ['ladder a --name b', { kind: 'wrong', because: '--name is not ADDRESS=NAME' }],
  ])('%j', (line, command) => {
    expect(readCommandLine(line.split(' ').filter((word) => word !== ''))).toEqual(command);
  });

  it('of the ladder with all that it takes', () => {
    const args =
      'ladder f --call-id x --json --ascii --apart --width 80 --name 192.0.2.1=peer --name 192.0.2.2=b=c --public 10.0.0.1=203.0.113.1';
    expect(readCommandLine(args.split(' '))).toEqual({
      kind: 'ladder',
      file: 'f',
      callId: 'x',
      isJson: true,
      isAscii: true,
      isApart: true,
      width: 80,
      names: { '192.0.2.1': 'peer', '192.0.2.2': 'b=c' },
      publicAddresses: { '10.0.0.1': '203.0.113.1' },
    });
  });

  it('that is not understood is told why', () => {
    expect(readCommandLine(['run', '--frob'])).toMatchObject({ kind: 'wrong' });
  });

  it('is explained, with every exit code', () => {
    for (const code of Object.values(exitCodes)) expect(helpText).toContain(`${code} `);
    expect(Math.max(...helpText.split('\n').map((line) => line.length))).toBeLessThan(121);
  });
});

async function textOf(command: Command & { readonly kind: 'ladder' }): Promise<string> {
  return (await drawLadder(command)).text;
}

describe('the ladder of a file', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'truetuple-ladder-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** An OPTIONS in a raw IPv4 packet, in a pcap file. */
  async function capture(): Promise<string> {
    const text = [
      'OPTIONS sip:203.0.113.50 SIP/2.0',
      'Via: SIP/2.0/UDP 10.0.2.128:5060;branch=z9hG4bK1',
      'From: <sip:a@b>;tag=1',
      'To: <sip:c@d>',
      'Call-ID: only',
      'CSeq: 1 OPTIONS',
      'Content-Length: 0',
      '',
      '',
    ].join('\r\n');
    const packet = Buffer.alloc(28 + text.length);
    packet.set([
      0x45,
      0,
      packet.length >> 8,
      packet.length & 0xff,
      0,
      0,
      0,
      0,
      64,
      17,
      0,
      0,
      10,
      0,
      2,
      128,
      198,
      51,
      100,
      50,
    ]);
    packet.set([0x13, 0xc4, 0x13, 0xc4, (8 + text.length) >> 8, (8 + text.length) & 0xff], 20);
    packet.write(text, 28);
    const header = Buffer.alloc(40);
    for (const [index, value] of [
      0xa1b2c3d4,
      0x40002,
      0,
      0,
      65_535,
      101,
      1,
      0,
      packet.length,
      packet.length,
    ].entries())
      header.writeUInt32LE(value, 4 * index);
    const file = join(folder, 'one.pcap');
    await writeFile(file, Buffer.concat([header, packet]));
    return file;
  }

  const asked = {
    kind: 'ladder',
    callId: undefined,
    isJson: false,
    isAscii: true,
    isApart: false,
    width: 80,
    names: {},
    publicAddresses: {},
  } as const;

  it('is text, or JSON', async () => {
    const file = await capture();
    expect(await textOf({ ...asked, file })).toContain('ok Via 10.0.2.128:5060');
    const outside = await textOf({
      ...asked,
      file,
      publicAddresses: { '10.0.2.128': '203.0.113.50' },
    });
    expect(outside).toContain('XX Via 10.0.2.128:5060, seen 203.0.113.50:5060');
    expect(JSON.parse(await textOf({ ...asked, file, isJson: true }))).toMatchObject([
      {
        callIds: ['only'],
        rows: [{ kind: 'message', method: 'OPTIONS', told: [{ verdict: 'same' }] }],
      },
    ]);
    expect(JSON.parse(await textOf({ ...asked, file, isJson: true, callId: 'other' }))).toEqual([]);
  });

  it('that ends within a packet is drawn up to there, with a note', async () => {
    const whole = await readFile(await capture());
    const file = join(folder, 'cut-off.pcap');
    await writeFile(file, Buffer.concat([whole, whole.subarray(24, -1)]));
    const { text, note } = await drawLadder({ ...asked, file });
    expect(text).toContain('ok Via 10.0.2.128:5060');
    expect(note).toBe(
      `${file} is cut off: it ends within the packet that begins at byte ${whole.length}, which is left out, and what came later is missing.`,
    );
    expect(await drawLadder({ ...asked, file, isJson: true })).toMatchObject({ note });
    await writeFile(file, whole);
    expect(await drawLadder({ ...asked, file })).toEqual({ text, note: undefined });
  });

  it('that is not there is refused', async () => {
    const file = join(folder, 'none.pcap');
    await expect(drawLadder({ ...asked, file })).rejects.toMatchObject({ code: 'CaptureInvalid' });
  });
});

async function readTorn(): Promise<undefined> {
  throw new Error('it is torn');
}

describe('an identity that somebody else publishes', () => {
  const identity = {
    publicIp: '203.0.113.50',
    privateIp: '10.0.2.128',
    associationId: 'eipassoc-1',
  } as unknown as PublicIdentity;
  const options = {
    directory: '/run/x',
    waitMs: 5_000,
    everyMs: 1,
    signal: new AbortController().signal,
  };

  it('is waited for, past files that are half written, and lost when it goes', async () => {
    const states: (PublicIdentity | undefined | Error)[] = [
      undefined,
      new Error('half'),
      identity,
      identity,
      new Error('half'),
      new Error('half'),
      identity,
      new Error('half'),
      new Error('half'),
      undefined,
    ];
    const taken = await followIdentityFile(async () => {
      const state = states.shift();
      if (state instanceof Error) throw state;
      return state;
    }, options);
    expect(taken.identity).toBe(identity);
    expect(await taken.lost).toBe('203.0.113.50 was withdrawn');
    expect(states).toEqual([]);
    await taken.release();
  });

  it('is lost when it cannot be read any more', async () => {
    let reads = 0;
    const taken = await followIdentityFile(async () => {
      reads += 1;
      if (reads > 1) throw new Error('EIO: i/o error');
      return identity;
    }, options);
    expect(await taken.lost).toBe('203.0.113.50 can no longer be read: EIO: i/o error');
    expect(reads).toBe(4);
  });

  it('is lost when another takes its place, and not when it is published again', async () => {
    const again = { ...identity, generation: 2 };
    const other = {
      ...identity,
      publicIp: '203.0.113.51',
      associationId: 'eipassoc-2',
    } as PublicIdentity;
    const states = [identity, again, other];
    const taken = await followIdentityFile(async () => states.shift() ?? other, options);
    expect(await taken.lost).toBe('203.0.113.50 was replaced by 203.0.113.51');
  });

  it('that does not come is missing, and why', async () => {
    await expect(followIdentityFile(readTorn, { ...options, waitMs: 5 })).rejects.toMatchObject({
      code: 'IdentityMissing',
      message: 'An identity was waited for in /run/x for 5 ms, and did not come: it is torn.',
    });
  });

  it('is not waited for by who is to end', async () => {
    const stop = new AbortController();
    const waiting = followIdentityFile(async () => undefined, {
      ...options,
      everyMs: 60_000,
      signal: stop.signal,
    });
    stop.abort();
    await expect(waiting).rejects.toThrow('aborted');
  });
});
