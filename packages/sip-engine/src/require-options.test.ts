import { expect, it } from 'vitest';
import { createSipEngine, type SipEngineOptions } from './engine.ts';

it.each<[string, object, string]>([
  ['no secret', { transports: [] }, 'secret is missing'],
  ['an empty secret', { transports: [], secret: '' }, 'secret is missing'],
  ['a secret that no frame can hold', { transports: [], secret: 'a|b' }, 'cannot be written'],
  ['no transports', { secret: 's' }, 'transports is no list'],
  [
    'a limit below nothing',
    { transports: [], secret: 's', limits: { transactions: -1 } },
    'limits.transactions is -1',
  ],
  [
    'a limit of messages that is none',
    { transports: [], secret: 's', limits: { message: { vias: Number.NaN } } },
    'limits.message.vias is NaN',
  ],
])('%s: no engine', (_what, options, because) => {
  expect(() => createSipEngine(options as SipEngineOptions)).toThrow(
    expect.objectContaining({
      code: 'OptionsInvalid',
      message: expect.stringContaining(because) as unknown,
    }),
  );
});
