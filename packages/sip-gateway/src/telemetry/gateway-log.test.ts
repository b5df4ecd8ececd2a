import { pino, type Logger } from 'pino';
import { expect, it } from 'vitest';
import { logEvent, logRelayNice, logRelayRealtime } from './gateway-log.ts';

function lines(say: (log: Logger) => void): readonly string[] {
  const written: string[] = [];
  say(pino({ base: null }, { write: (line) => void written.push(line) }));
  return written;
}

function said(say: (log: Logger) => void): unknown {
  const written = lines(say);
  expect(written).toHaveLength(1);
  return JSON.parse(written.join(''));
}

function saidOfNice(asked: number | undefined, nice: number): unknown {
  return said((log) => logRelayNice(log, { asked, nice }));
}

function saidOfRealtime(asked: number | undefined, realtimePriority: number | undefined): unknown {
  return said((log) => logRelayRealtime(log, asked, { nice: -10, realtimePriority }));
}

const info = 30;
const warn = 40;

it('a nice value that the thread has is said', () => {
  expect(saidOfNice(-5, -5)).toMatchObject({ level: info, nice: -5 });
  expect(saidOfNice(undefined, -10)).toMatchObject({ level: info, nice: -10 });
});

it('one that it may not have is said with what is missing, and is a warning when the owner asked for it', () => {
  const missing = { nice: 0, wanted: -10, msg: expect.stringContaining('CAP_SYS_NICE') as unknown };
  expect(saidOfNice(undefined, 0)).toMatchObject({ ...missing, level: info });
  expect(saidOfNice(-10, 0)).toMatchObject({ ...missing, level: warn });
});

it('a realtime priority that the thread has is said, with what bounds it', () => {
  const msg = expect.stringContaining('three quarters of a core') as unknown;
  expect(saidOfRealtime(5, 5)).toMatchObject({ level: info, realtimePriority: 5, msg });
  expect(saidOfRealtime(undefined, 1)).toMatchObject({ level: info, realtimePriority: 1, msg });
});

it('one that nobody asked for is no warning when it is not had, and one of 0 is not spoken of', () => {
  expect(saidOfRealtime(undefined, 0)).toMatchObject({ level: info, wanted: 1, nice: -10 });
  const counts = { nice: -10, realtimePriority: 0 };
  expect(lines((log) => logRelayRealtime(log, 0, counts))).toEqual([]);
});

it.each([
  ['over', 0, warn, /is no realtime thread until/],
  ['over', undefined, warn, /is no realtime thread until/],
  ['over', 1, warn, /CAP_SYS_NICE.*rests for a quarter/],
  ['within', 1, info, /less than half a core again/],
] as const)(
  'a thread that is %s its budget, now at %s',
  (verdict, realtimePriority, level, msg) => {
    const event = { kind: 'realtime-budget', verdict, realtimePriority } as const;
    expect(said((log) => logEvent(log, event))).toMatchObject({
      level,
      verdict,
      msg: expect.stringMatching(msg) as unknown,
    });
  },
);

it.each([0, 4, undefined])('one that it has not is a warning, with what is missing: %s', (has) => {
  const line = { level: warn, wanted: 5, nice: -10 };
  expect(saidOfRealtime(5, has)).toMatchObject({
    ...line,
    ...(has === undefined ? {} : { realtimePriority: has }),
    msg: expect.stringMatching(/CAP_SYS_NICE.*chrt/) as unknown,
  });
});
