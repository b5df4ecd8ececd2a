import { describe, expect, it } from 'vitest';
import { chooseLevel, type Machine } from './level.ts';

const able: Machine = {
  platform: 'linux',
  isInUserNamespace: false,
  addon: true,
  nsenter: true,
  namespaces: true,
  userNamespace: 'not needed',
};
const user: Machine = { ...able, namespaces: 'EPERM', userNamespace: true };

describe('chooseLevel', () => {
  it('plays on the kernel where namespaces are permitted', () => {
    expect(chooseLevel(able, {})).toMatchObject({ kind: 'play', level: 'kernel' });
  });

  it('enters a user namespace where only that is permitted, once', () => {
    expect(chooseLevel(user, { require: 'kernel' })).toEqual({ kind: 'enter-user-namespace' });
    const inside = chooseLevel({ ...user, isInUserNamespace: true }, {});
    expect(inside).toMatchObject({ kind: 'play', level: 'loopback' });
  });

  it.each([
    [{ platform: 'darwin' }, /darwin has no network namespaces/],
    [{ addon: 'the netlink addon is missing: not built' }, /not built/],
    [{ nsenter: 'the program nsenter is missing' }, /nsenter/],
    [{ namespaces: 'EPERM', userNamespace: 'no user namespaces' }, /EPERM, and no user namespaces/],
  ])('falls to loopback and says why: %j', (lack, reason) => {
    const choice = chooseLevel({ ...able, ...lack }, {});
    expect(choice).toMatchObject({ kind: 'play', level: 'loopback' });
    expect(choice).toHaveProperty('reason', expect.stringMatching(reason));
    expect(chooseLevel({ ...able, ...lack }, { require: 'kernel' })).toMatchObject({
      kind: 'refused',
      reason: expect.stringMatching(reason) as string,
    });
    expect(chooseLevel({ ...able, ...lack }, { level: 'kernel' }).kind).toBe('refused');
  });

  it('plays on loopback when asked to, unless the kernel is required', () => {
    expect(chooseLevel(able, { level: 'loopback' })).toMatchObject({ level: 'loopback' });
    expect(chooseLevel(able, { level: 'loopback', require: 'loopback' }).kind).toBe('play');
    expect(chooseLevel(able, { level: 'loopback', require: 'kernel' }).kind).toBe('refused');
  });
});
