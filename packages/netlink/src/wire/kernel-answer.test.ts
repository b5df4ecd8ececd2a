import { describe, expect, it } from 'vitest';
import { fromHex } from '../testing/captured-message.ts';
import { readDoneMessage, readErrorMessage } from './kernel-answer.ts';
import type { KernelAnswer } from './kernel-answer.ts';
import { readHeader } from './message-header.ts';

// Answers of Linux 6.18, taken with strace.
const captured = {
  ack: '2400000002000001c221016b224c0000000000002400000018000506c221016b00000000',
  existsWithWholeRequest:
    '6000000002000002c221016b664c0000efffffff2800000014000506c221016b000000000218000003000000080002000a000280080001000a00028023000100697076343a204164647265737320616c72656164792061737369676e65640000',
  noTextWithWholeRequest:
    '3400000002000000000000006a4c0000edffffff2000000010000500000000000000000000000000000000000000000000000000',
  tableMissing:
    '3800000003002202c221016b7e4c0000feffffff23000100697076343a20464942207461626c6520646f6573206e6f742065786973740000',
  done: '1400000003000200c321016b524c000000000000',
};

function read(how: typeof readErrorMessage, hex: string): KernelAnswer {
  const bytes = fromHex(hex);
  const view = new DataView(bytes.buffer);
  const header = { length: 0, type: 0, flags: 0, sequence: 0, portId: 0 };
  expect(readHeader(view, 0, bytes.length, header, true)).toBe(true);
  return how(view, 0, header, true);
}

describe('what ends a request', () => {
  it('an ACK', () => {
    expect(read(readErrorMessage, captured.ack)).toEqual({ errno: 0 });
  });

  it('an error whose text lies behind the echoed request', () => {
    expect(read(readErrorMessage, captured.existsWithWholeRequest)).toEqual({
      errno: 17,
      text: 'ipv4: Address already assigned',
    });
  });

  it('an error without text', () => {
    expect(read(readErrorMessage, captured.noTextWithWholeRequest)).toEqual({ errno: 19 });
  });

  it('a failed dump says so in its DONE', () => {
    expect(read(readDoneMessage, captured.tableMissing)).toEqual({
      errno: 2,
      text: 'ipv4: FIB table does not exist',
    });
    expect(read(readDoneMessage, captured.done)).toEqual({ errno: 0 });
  });

  it('an echoed length that lies does not lead outside the message', () => {
    const lying = captured.existsWithWholeRequest.replace('28000000140005', 'ffffff7f140005');
    expect(read(readErrorMessage, lying)).toEqual({ errno: 17 });
  });

  it('a message too short for an errno is a success with nothing to say', () => {
    expect(read(readErrorMessage, '10000000020000000000000000000000')).toEqual({ errno: 0 });
    expect(read(readDoneMessage, '10000000030000000000000000000000')).toEqual({ errno: 0 });
  });
});
