import { describe, expect, it } from 'vitest';
import { sabotages } from '../arguments.ts';
import type { Sabotage } from '../report/report.ts';
import { refuseUnplayable } from './wire-sabotage.ts';

describe('refuseUnplayable', () => {
  const ofCalls = ['wrong-contact', 'wrong-connection-address', 'wrong-rtp-source'];

  it.each(ofCalls as Sabotage[])('refuses %s, with what to do', (sabotage) => {
    expect(() => refuseUnplayable(sabotage)).toThrow(
      expect.objectContaining({
        code: 'SabotageUnplayable',
        remedy: expect.stringMatching(/kernel/) as string,
      }),
    );
  });

  it('refuses none that shows without calls', () => {
    const others = (Object.keys(sabotages) as Sabotage[]).filter((name) => !ofCalls.includes(name));
    expect(others).toHaveLength(5);
    for (const sabotage of [...others, undefined]) refuseUnplayable(sabotage);
  });
});
