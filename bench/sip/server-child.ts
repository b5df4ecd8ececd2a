// One server of the bench in a process of its own. Over IPC: says where it listens, gives its account when asked.
import { avoidPretenuring, copyEnvironment, type Tuple } from '@truetuple/sip-engine';
import { openBareUas } from './bare-uas.ts';
import { openGateway } from './gateway-server.ts';
import { openNpmSip } from './npm-sip-uas.ts';
import { openB2bua, openUas } from './srf-application.ts';
import type { ServerAccount, ServerName, SipServer } from './sip-server.ts';

export interface ServerInput {
  readonly name: ServerName;
  readonly local: Tuple;
  /** Where `b2bua` and `gateway` call. */
  readonly callee: Tuple;
  /** Where `gateway` calls for the user "media". */
  readonly mediaCallee: Tuple;
  /** Of the thread of `gateway`'s relay; undefined: as by default. */
  readonly realtimePriority: number | undefined;
  /** Hosts that the session descriptions of both legs name. */
  readonly mediaHosts: readonly string[];
}

async function open(input: ServerInput): Promise<SipServer> {
  const { name, local, callee, mediaHosts } = input;
  switch (name) {
    case 'uas':
      return openUas(local);
    case 'b2bua':
      return openB2bua(local, callee, mediaHosts);
    case 'bare': {
      const bare = await openBareUas(local, 100);
      return { ...bare, counts: () => undefined, refused: () => 0 };
    }
    case 'npm-sip':
      return openNpmSip(local);
    case 'gateway':
      return openGateway(local, callee, input.mediaCallee, input.realtimePriority);
    default:
      return name satisfies never;
  }
}

function account(server: SipServer): ServerAccount {
  const { user, system } = process.cpuUsage();
  return {
    cpuUs: user + system,
    rssBytes: process.memoryUsage.rss(),
    peakRssBytes: process.resourceUsage().maxRSS * 1024,
    counts: server.counts(),
    refused: server.refused(),
    relayThread: server.relayThread,
  };
}

// as truetuple-gateway begins; every server of the bench does, whoever wrote it
avoidPretenuring();
copyEnvironment();
const server = await open(JSON.parse(process.argv[2] ?? '') as ServerInput);
process.on('message', () => process.send?.(account(server)));
// the bench is gone, or done with this server
process.once('disconnect', () => {
  void server.close().then(() => process.exit());
});
process.send?.(server.local);
