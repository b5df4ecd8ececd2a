import { embeddedRelay } from './adapters/embedded-relay/embedded-relay.ts';
import { openRtpengine } from './adapters/rtpengine/rtpengine-relay.ts';
import { localAddresses, peerPath } from './call/peer-class.ts';
import type { GatewayOptions } from './gateway-options.ts';
import type { MediaRelay } from './media/media-relay.ts';
import type { PathTo } from './media/relay-turn.ts';

/**
 * The relay of the owner's choice, answering.
 *
 * @throws GatewayError ConfigInvalid, MediaRelayUnreachable
 */
export function openMedia(options: GatewayOptions): Promise<MediaRelay> {
  const pathTo: PathTo = (peer) => peerPath(options, peer);
  const { media } = options;
  switch (media.kind) {
    case 'embedded':
      return embeddedRelay({ pathTo, addresses: localAddresses(options) }, media);
    case 'rtpengine': {
      const { control, interfaces, timeoutMs, pollMs } = media;
      return openRtpengine(
        { pathTo, control, interfaces },
        {
          ...(timeoutMs === undefined ? {} : { timeoutMs }),
          ...(pollMs === undefined ? {} : { pollMs }),
        },
      );
    }
    default:
      return media satisfies never;
  }
}
