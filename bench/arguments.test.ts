import { expect, it } from 'vitest';
import { usage as footprintUsage } from './footprint/arguments.ts';
import * as identity from './identity/arguments.ts';
import * as netlink from './netlink/arguments.ts';
import * as rollout from './rollout/arguments.ts';
import * as sip from './sip/arguments.ts';

const benches = {
  identity,
  footprint: { parseArguments: identity.parseArguments, usage: footprintUsage },
  netlink,
  rollout,
  sip,
};

it.each(Object.entries(benches))(
  'bench:%s tells its options and takes no other',
  (name, { parseArguments, usage }) => {
    expect(usage).toContain(`npm run bench:${name} -- `);
    expect(parseArguments(['--help'])).toEqual({ kind: 'help' });
    expect(parseArguments(['-h'])).toEqual({ kind: 'help' });
    expect(parseArguments([])).toMatchObject({ kind: 'run', options: { jsonFile: undefined } });
    for (const args of [['--unknown'], ['operand'], ['--json']]) {
      expect(parseArguments(args)).toMatchObject({
        kind: 'refused',
        because: expect.stringContaining(args[0] ?? '') as unknown,
      });
    }
  },
);

it.each([
  [identity, '--runs', '0'],
  [identity, '--runs', '1001'],
  [identity, '--runs', 'many'],
  [netlink, '--runs', '1e2'],
  [rollout, '--pods', '1001'],
])('%# a number out of its limits is refused', ({ parseArguments }, option, text) => {
  expect(parseArguments([option, text])).toEqual({
    kind: 'refused',
    because: `${option} ${text} is no whole number from 1 to 1000`,
  });
});

it('bench:netlink takes three rounds for a first look, unless it is told how many', () => {
  expect(netlink.parseArguments(['--quick'])).toMatchObject({ options: { runs: 3 } });
  expect(netlink.parseArguments(['--quick', '--runs', '5'])).toMatchObject({
    options: { runs: 5 },
  });
  expect(netlink.parseArguments([])).toMatchObject({ options: { runs: 15 } });
});

it('bench:sip takes some of its parts, in the order in which they are measured', () => {
  expect(sip.parseArguments(['--only', 'relay,rounds', '--polling'])).toMatchObject({
    options: { parts: ['rounds', 'relay'], isQuick: false, settings: { isPolled: true } },
  });
  expect(sip.parseArguments([])).toMatchObject({ options: { parts: sip.parts } });
  expect(sip.parseArguments(['--only', 'rounds,relais'])).toEqual({
    kind: 'refused',
    because:
      '--only rounds,relais: "relais" is none of stub, rounds, endurance, ceiling, sipp, relay',
  });
});
