// The package through one of its faces, named by the argument.
import { openNetlink } from '@truetuple/netlink';
import { answerCommands } from './answer-commands.ts';
import { faces } from './faces.ts';
import { table, valuesOf } from './values.ts';

const name = process.argv[2] ?? '';
const face = faces[name];
if (face === undefined) throw new Error(`there is no face "${name}": ${Object.keys(faces).join()}`);
await using netlink = await openNetlink();
const filter = { table, family: 'ipv4' } as const;
await answerCommands({
  parts: (linkIndex, count) => face(netlink, valuesOf(linkIndex, count)),
  list:
    name === 'sync'
      ? () => netlink.sync.routes.list(filter).length
      : async () => (await netlink.routes.list(filter)).length,
});
