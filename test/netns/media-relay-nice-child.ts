// Opens an embedded relay with nothing chosen, and prints the nice values of its thread and of this one.
import { getPriority } from 'node:os';
import { embeddedRelay } from '@truetuple/sip-gateway';

const parts = {
  pathTo: (): never => {
    throw new Error('there are no peers');
  },
  addresses: [],
};
const relay = await embeddedRelay(parts);
const { nice } = await relay.counts();
process.stdout.write(JSON.stringify({ relay: nice, here: getPriority() }));
await relay.close();
