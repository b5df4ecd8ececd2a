// An unmodified drachtio-srf application in a unit test: no daemon, no socket, no real time.
import { createEngineBench, startApp } from '@truetuple/sip-engine/testing';
import Srf from 'drachtio-srf';

const sdp =
  'v=0\r\no=- 1 1 IN IP4 10.0.0.9\r\ns=-\r\nc=IN IP4 10.0.0.9\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n';
const bench = await startApp(
  Srf,
  (app) => {
    app.invite((req, res) => {
      void app.createUAS(req, res, { localSdp: sdp }).then((dialog) => {
        dialog.on('destroy', () => console.log('ended by the peer'));
        return dialog;
      });
    });
  },
  createEngineBench(),
);

const callId = 'first';
const peer = bench.peer(2);
peer.send({ method: 'INVITE', callId, body: sdp });
await bench.run(10);
for (const line of peer.log()) console.log(`peer hears ${line}`);
const { message, essentials } = peer.response(200);
console.log(Buffer.from(message.body).toString());

const { toTag } = essentials;
peer.send({ method: 'ACK', callId, toTag });
peer.send({ method: 'BYE', callId, toTag, sequence: 2 });
await bench.run(40_000);
console.log(`dialogs left: ${bench.engine.counts().dialogs}`);
await bench.engine.close();
