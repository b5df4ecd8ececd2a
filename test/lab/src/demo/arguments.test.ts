import { describe, expect, it } from 'vitest';
import { parseDemoArguments, sabotages, usage } from './arguments.ts';

describe('parseDemoArguments', () => {
  it('runs with no arguments', () => {
    expect(parseDemoArguments([])).toEqual({ kind: 'run', options: {} });
  });

  it('reads every option', () => {
    const argv = '--json a.json --pcap p --require kernel --sabotage no-route --level kernel';
    expect(parseDemoArguments(argv.split(' '))).toEqual({
      kind: 'run',
      options: {
        jsonFile: 'a.json',
        pcapDirectory: 'p',
        require: 'kernel',
        sabotage: 'no-route',
        level: 'kernel',
      },
    });
  });

  it.each([
    [['--sabotage', 'nothing'], /"nothing" is not known/, /drop-rule, advertise-private/],
    [['--level', 'vm'], /--level "vm"/, /kernel, loopback/],
    [['--require', 'root'], /--require "root"/, /kernel, loopback/],
    [['--json='], /--json has an empty path/, /path/],
    [['--level', 'loopback', '--pcap', 'p'], /nothing to keep/, /Leave one/],
    [['--colour'], /colour/, /--help/],
    [['extra'], /extra/, /--help/],
    [['--json'], /json/, /--help/],
  ])('refuses %j with what is wrong and what to do', (argv, message, remedy) => {
    const parsed = parseDemoArguments(argv);
    expect(parsed).toMatchObject({ kind: 'refused' });
    if (parsed.kind !== 'refused') return;
    expect(parsed.message).toMatch(message);
    expect(parsed.remedy).toMatch(remedy);
  });

  it('explains every sabotage in its help', () => {
    expect(parseDemoArguments(['-h'])).toEqual({ kind: 'help' });
    for (const name of Object.keys(sabotages)) expect(usage).toContain(name);
    for (const line of usage.split('\n')) expect(line.length).toBeLessThanOrEqual(100);
  });
});
