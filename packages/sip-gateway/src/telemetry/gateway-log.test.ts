import { pino } from 'pino';
import { expect, it } from 'vitest';
import { logRelayNice } from './gateway-log.ts';

interface Line {
  readonly level: number;
  readonly nice: number;
  readonly wanted?: number;
  readonly msg: string;
}

function said(asked: number | undefined, nice: number): Line {
  const lines: string[] = [];
  const log = pino({ base: null }, { write: (line) => void lines.push(line) });
  logRelayNice(log, { asked, nice });
  expect(lines).toHaveLength(1);
  return JSON.parse(lines.join('')) as Line;
}

const info = 30;
const warn = 40;

it('a nice value that the thread has is said', () => {
  expect(said(-5, -5)).toMatchObject({ level: info, nice: -5 });
  expect(said(undefined, -10)).toMatchObject({ level: info, nice: -10 });
});

it('one that it may not have is said with what is missing, and is a warning when the owner asked for it', () => {
  const missing = { nice: 0, wanted: -10, msg: expect.stringContaining('CAP_SYS_NICE') as unknown };
  expect(said(undefined, 0)).toMatchObject({ ...missing, level: info });
  expect(said(-10, 0)).toMatchObject({ ...missing, level: warn });
});
