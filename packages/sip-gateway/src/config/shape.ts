import type { CallTimeouts } from '../call/call.ts';
import type { PeerClass, PeerNetworks } from '../call/peer-class.ts';
import type {
  DrachtioServerSignalling,
  EmbeddedMedia,
  EmbeddedSignalling,
  GatewayOptions,
  RtpengineMedia,
} from '../gateway-options.ts';

/** A configuration file that was read: every key known, every value checked, defaults filled in. */
export interface GatewayConfig {
  readonly identity: IdentityConfig;
  readonly networks: Omit<PeerNetworks, 'identity'>;
  readonly signalling: EmbeddedSignalling | DrachtioServerConfig;
  readonly media: Omit<EmbeddedMedia, 'tickMs'> | RtpengineMedia;
  readonly sip: { readonly port: number } & Pick<GatewayOptions, 'passHeaders'>;
  readonly timeouts: Partial<CallTimeouts>;
  /** In the order of the file; the first that matches decides. */
  readonly routes: readonly ConfiguredRoute[];
  readonly drain: {
    /** After this time calls that are still up are ended, and the identity is given back. */
    readonly deadlineMs: number;
  };
  readonly startup: {
    /** How long an external SIP server or media relay may take to answer. */
    readonly waitMs: number;
  };
  readonly monitoring: { readonly address: string; readonly port: number };
  readonly log: { readonly level: LogLevel };
}

export type LogLevel = 'silent' | 'error' | 'warn' | 'info' | 'debug';

/** Where the public address comes from. */
export type IdentityConfig =
  /** This process takes, keeps and releases it. */
  | {
      readonly kind: 'ensure';
      /** An IdentitySpec of @truetuple/core. */
      readonly spec: Readonly<Record<string, unknown>>;
      /** From one look at EC2 to the next, at most. */
      readonly keepIntervalMs?: number;
    }
  /** Somebody else holds it and publishes it in this directory. */
  | { readonly kind: 'file'; readonly directory: string; readonly waitMs: number };

/** As in GatewayOptions, but that the secret lies elsewhere. */
export interface DrachtioServerConfig extends Omit<DrachtioServerSignalling, 'secret'> {
  readonly secretFrom: SecretSource;
}

/** Where a secret is read from. */
export type SecretSource = { readonly env: string } | { readonly file: string };

/** One line of the route table: exactly one of `to` and `refuse`. */
export interface ConfiguredRoute {
  readonly match: {
    /** The user part that is called. */
    readonly user?: string;
    /** How it begins. */
    readonly prefix?: string;
    /** Where the INVITE comes from. */
    readonly from?: PeerClass;
  };
  /** A SIP URI; `{user}` and `{rest}` stand for what was called. */
  readonly to?: string;
  /** 400 to 699. */
  readonly refuse?: number;
}
