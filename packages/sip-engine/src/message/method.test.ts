import { describe, expect, it } from 'vitest';
import { isTakenForAnother } from './method.ts';

describe('a method that drachtio-srf takes for another one', () => {
  it.each(['invite', 'Invite', 'INVITEX', 'byebye', 'IN%56ITE', 'ack', 'Registered', 'X%u0041'])(
    '%s',
    (method) => {
      expect(isTakenForAnother(method)).toBe(true);
    },
  );

  it.each(['INVITE', 'BYE', 'REGISTER', 'INFO', 'PUBLISH', 'DANCE', 'REINVITE', 'IN', 'X%', '!'])(
    'not %s',
    (method) => {
      expect(isTakenForAnother(method)).toBe(false);
    },
  );
});
