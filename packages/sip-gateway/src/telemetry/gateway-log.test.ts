import { pino, type Logger } from 'pino';
import { expect, it } from 'vitest';
import { logRelayNice, logRelayRealtime } from './gateway-log.ts';

function said(say: (log: Logger) => void): unknown {
  const lines: string[] = [];
  say(pino({ base: null }, { write: (line) => void lines.push(line) }));
  expect(lines).toHaveLength(1);
  return JSON.parse(lines.join(''));
}

function saidOfNice(asked: number | undefined, nice: number): unknown {
  return said((log) => logRelayNice(log, { asked, nice }));
}

function saidOfRealtime(asked: number, realtimePriority: number | undefined): unknown {
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
  const msg = expect.stringContaining('sched_rt_runtime_us') as unknown;
  expect(saidOfRealtime(5, 5)).toMatchObject({ level: info, realtimePriority: 5, msg });
});

it.each([0, 4, undefined])('one that it has not is a warning, with what is missing: %s', (has) => {
  const line = { level: warn, wanted: 5, nice: -10 };
  expect(saidOfRealtime(5, has)).toMatchObject({
    ...line,
    ...(has === undefined ? {} : { realtimePriority: has }),
    msg: expect.stringMatching(/CAP_SYS_NICE.*chrt/) as unknown,
  });
});
