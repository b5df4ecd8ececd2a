import { expect, it, vi } from 'vitest';
import { ensurePublicIdentity } from '../ensure-public-identity.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { simulatedPod } from '../testing/simulated-pod.ts';
import type { KeepOptions } from './keeping.ts';

async function build() {
  const pod = simulatedPod({ clock: new ManualClock() });
  const held = await ensurePublicIdentity(pod.spec, { node: pod.node });
  return { pod, held };
}

// a timer of Node's with any of these ends after 1 ms: EC2 would be asked without a pause
it.each([Infinity, Number.NaN, 0, -1, 2 ** 31])('an interval of %s ms is refused', async (ms) => {
  const { pod, held } = await build();
  const asked: KeepOptions[] = [{ intervalMs: ms }, { gatewaySilenceMs: ms }];
  for (const options of asked) {
    await expect(held.keep(options)).rejects.toMatchObject({
      code: 'SpecInvalid',
      message: expect.stringContaining(Object.keys(options)[0] ?? '') as string,
      remedy: expect.stringContaining('2147483647') as string,
    });
  }
  expect([pod.clock.waiting, pod.kernel.watches]).toEqual([0, 0]);
});

it.each<object>([{ intervalMS: 5 }, { onevent: null }, { toString: 1 }])(
  'an option that there is not (%j) is refused',
  async (options) => {
    const { pod, held } = await build();
    const [name = ''] = Object.keys(options);
    await expect(held.keep(options)).rejects.toMatchObject({
      code: 'SpecInvalid',
      message: expect.stringContaining(`there is no ${name}`) as string,
      remedy: expect.stringContaining('intervalMs') as string,
    });
    expect([pod.clock.waiting, pod.kernel.watches]).toEqual([0, 0]);
    expect(held.identity).toEqual(await pod.publisher.current());
  },
);

it('an option that is left open is none', async () => {
  const { held } = await build();
  const open: object = { intervalMs: undefined, wire: undefined, onEvent: undefined };
  const keeping = await held.keep(open);
  await keeping.close();
});

it('takes the longest that a timer can wait', async () => {
  const { held } = await build();
  const keeping = await held.keep({ intervalMs: 2 ** 31 - 1, gatewaySilenceMs: 2 ** 31 - 1 });
  await keeping.close();
});

it('a listener that fails later ends nothing either', async () => {
  const warn = vi.spyOn(process, 'emitWarning').mockReturnValue();
  const { pod, held } = await build();
  const keeping = await held.keep({
    onEvent: (): unknown => Promise.reject(new Error('of the listener')),
    onStep: (): unknown => Promise.reject(new Error('of the step listener')),
  });
  await pod.clock.settle();
  pod.kernel.removeAddress('net1', `${held.identity.publicIp}/32`);
  await pod.clock.settle();
  const told = warn.mock.calls.map(([warning]) => (warning as Error).message);
  expect(new Set(told)).toEqual(new Set(['of the listener', 'of the step listener']));
  warn.mockRestore();
  await keeping.close();
});
