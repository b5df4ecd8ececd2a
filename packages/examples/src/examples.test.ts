import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const run = promisify(execFile);

async function output(name: string): Promise<string> {
  const program = `${import.meta.dirname}/${name}`;
  const { stdout } = await run(process.execPath, ['-C', 'truetuple-source', program]);
  return stdout;
}

/** What each example must say, so that one that silently does nothing fails. */
const said: Readonly<Record<string, readonly string[]>> = {
  '01-hold-an-address.ts': [
    'advertise 203.0.113.50',
    'for 198.51.100.50 on the Internet bind 10.0.2.128',
    'for 10.0.1.100 in the VPC bind 203.0.113.50',
  ],
  '02-explain-a-plan.ts': ['ip address add $PUBLIC_IP/32 dev net1 scope link', '$ENI: the link'],
  '03-test-your-own-code.ts': ['AccessDenied: ', 'remedy: ', '0 addresses still associated'],
  '04-keep-an-address.ts': ['repaired', 'lost: ', 'the keep ended: lost; published: nothing'],
  '05-reap-what-dead-pods-left.ts': [
    'first pass: 0 steps, 1 sightings',
    'second pass: disassociate-address',
    'second pass: untag-owner',
  ],
  '06-test-a-sip-application.ts': [
    'peer hears 100 INVITE',
    'peer hears 200 INVITE',
    'c=IN IP4 10.0.0.9',
    'ended by the peer',
    'dialogs left: 0',
  ],
  '07-prove-on-the-wire.ts': [
    'outbound true, inbound true\noutbound false, inbound false',
    'source-translated (by route-elsewhere, rule-missing): packets from 10.0.2.128:5060 arrive as 203.0.113.7:',
  ],
};

it('has an expectation for every example', async () => {
  const files = await readdir(import.meta.dirname);
  const examples = files.filter((name) => /^\d\d-.*\.ts$/.test(name));
  expect(examples.toSorted()).toEqual(Object.keys(said));
});

it.each(Object.entries(said))('%s runs alone and says what it shows', async (name, lines) => {
  const text = await output(name);
  for (const line of lines) expect(text).toContain(line);
});

it.each(['README.md', 'packages/core/README.md'])(
  '%s shows the first example as it is',
  async (file) => {
    const readme = await readFile(`${import.meta.dirname}/../../../${file}`, 'utf8');
    const example = await readFile(`${import.meta.dirname}/01-hold-an-address.ts`, 'utf8');
    const shown = /```ts\n(.*?)```/s.exec(readme)?.[1];
    expect(shown).toBe(example);
  },
);
