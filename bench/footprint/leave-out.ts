import { readFile } from 'node:fs/promises';
import type { Plugin, PluginBuild } from 'esbuild';

/** Where the SDK looks for credentials on a person's machine: a profile, SSO, `aws login`, a program. */
const ofPersons = /^@aws-sdk\/credential-provider-(?:ini|sso|login|process)$/;
/** EC2 has no operation that streams events; browsers are told apart by bowser. */
const ofOthers = /^(?:@smithy\/core\/event-streams|bowser)$/;
/** The SDK tells its version; all else in there is for package managers. */
const manifest = /[\\/]node_modules[\\/]@aws-sdk[\\/].*[\\/]package\.json$/;

interface StandIn {
  /** The end of what is imported. */
  readonly filter: RegExp;
  readonly contents: string;
}

/** What the SDK asks for whether it is needed or not, and what stands in its place. */
const inTheSdk: readonly StandIn[] = [
  {
    // what a Lambda function knows of the call that it runs for: a pod is none
    filter: /^@aws\/lambda-invoke-store$/,
    contents: 'export const InvokeStore = { getInstanceAsync: async () => undefined };',
  },
  {
    // SHA-256 in JavaScript, for where there is no node:crypto, and with it no TLS
    filter: /^\.\/Sha256Js$/,
    contents: throwing('Sha256Js'),
  },
  {
    // headers of streamed events
    filter: /^\.\/HeaderFormatter$/,
    contents: `export class HeaderFormatter { format() { ${refusal('HeaderFormatter')} } }`,
  },
  {
    // with AWS_RETRY_MODE=adaptive the SDK paces itself; here core paces EC2, and credentials are asked for once an hour
    filter: /^\.\/DefaultRateLimiter$/,
    contents:
      'export class DefaultRateLimiter { async getSendToken() {} updateClientSendingRate() {} }',
  },
  {
    // with AWS_DEFAULTS_MODE=auto the SDK asks the metadata service for its region; without an answer it takes `standard`
    filter: /\/getInstanceMetadataRegion$/,
    contents: 'export const getInstanceMetadataRegion = async () => undefined;',
  },
  {
    // streams of browsers: Node's own answer to a request is a Readable
    filter: /^\.\/sdk-stream-mixin\.browser$/,
    contents: throwing('sdkStreamMixin'),
  },
  {
    filter: /^\.\/stream-collector\.browser$/,
    contents: `${throwing('collectBlob')} ${throwing('collectReadableStream')}`,
  },
  {
    // the length of what is read from a file, for which Node would load its streams of files: EC2 is sent text
    filter: /[\\/]calculateBodyLength$/,
    contents: 'export const calculateBodyLength = (body) => Buffer.byteLength(body ?? "");',
  },
  {
    // names of buckets, for S3
    filter: /[\\/]service-customizations$/,
    contents: throwing('resolveParamsForS3'),
  },
];

/** Verbs of netlink that core never calls: it plans each step itself, makes no links, and awaits everything. */
const inNetlink: readonly StandIn[] = [
  ...['Route', 'Rule', 'Link', 'Address', 'Neighbour'].map((what) => ({
    filter: new RegExp(`^\\./ensure-${what.toLowerCase()}\\.[tj]s$`),
    contents: throwing(`ensure${what}`),
  })),
  { filter: /\/encode-link-kind\.[tj]s$/, contents: throwing('writeKindData') },
  // nobody asks for the options of a kind of link
  {
    filter: /\/decode-link-kind\.[tj]s$/,
    contents: 'export const decodeLinkDetails = () => undefined;',
  },
  { filter: /\/next-hops\.[tj]s$/, contents: 'export const planNextHops = () => ({});' },
  // of a group that core does not watch
  { filter: /\/next-hop-codec\.[tj]s$/, contents: throwing('decodeNextHop') },
  {
    filter: /\/neighbour-table\.[tj]s$/,
    contents: 'export const planNeighbourTables = () => ({});',
  },
  {
    filter: /\/sync-connection\.[tj]s$/,
    contents: `export class SyncConnection { constructor() { ${refusal('SyncConnection')} } }`,
  },
  {
    filter: /\/batch-steps\.[tj]s$/,
    contents: `export class BatchSteps { constructor() { ${refusal('BatchSteps')} } }`,
  },
];
/** How core would call them. */
const calledByCore =
  /\.ensure\(|\blinks\.add\(|\bnextHops\b|\bneighbourTables\b|netlink\.(?:sync|batch)\b|\.details\b/;

/** What no pod uses of the SDK and of netlink: what is left out throws when it is loaded, or used, and says so. */
export const leaveOut: Plugin = {
  name: 'leave-out',
  setup: (build) => {
    for (const filter of [ofPersons, ofOthers]) {
      build.onResolve({ filter }, ({ path }) => ({ path, namespace: 'left-out' }));
    }
    build.onLoad({ filter: /.*/, namespace: 'left-out' }, ({ path }) => ({
      contents: refusal(path),
    }));
    standIn(build, inTheSdk, /[\\/]dist-es[\\/]/);
    standIn(build, inNetlink, /[\\/]netlink[\\/](?:src|dist)[\\/]/);
    build.onLoad({ filter: /[\\/]core[\\/](?:src|dist)[\\/].*\.[tj]s$/ }, async ({ path }) => {
      const [call] = calledByCore.exec(await readFile(path, 'utf8')) ?? [];
      if (call !== undefined) throw new Error(`${path} uses ${call}: leave it in`);
      return undefined;
    });
    build.onLoad({ filter: /.*/, namespace: 'stand-in' }, ({ pluginData }) => ({
      contents: pluginData as string,
    }));
    build.onLoad({ filter: manifest }, async ({ path }) => {
      const { default: all } = (await import(path, { with: { type: 'json' } })) as {
        readonly default: { readonly name: string; readonly version: string };
      };
      const { name, version } = all;
      return { contents: JSON.stringify({ name, version }), loader: 'json' };
    });
  },
};

function standIn(build: PluginBuild, standIns: readonly StandIn[], importers: RegExp): void {
  for (const { filter, contents } of standIns) {
    build.onResolve({ filter }, ({ path, importer }) =>
      importers.test(importer)
        ? { path, namespace: 'stand-in', pluginData: contents, sideEffects: false }
        : undefined,
    );
  }
}

function throwing(name: string): string {
  return `export function ${name}() { ${refusal(name)} }`;
}

function refusal(what: string): string {
  return `throw new Error(${JSON.stringify(`${what} was left out of this bundle`)});`;
}
