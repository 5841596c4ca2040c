// Receives SIPREC webhooks and verifies each with Telnyx's SDK for Node.
//
//     TELNYX_API_KEY=... TELNYX_PUBLIC_KEY=... node receive_webhooks.mjs 8080
//
// Telnyx signs `timestamp|body` with Ed25519, and so `webhooks.unwrap` of SDK 7.24 verifies it. Version 7.17 expected
// another scheme there, Standard Webhooks, and refused what Telnyx sends.

import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import Telnyx from 'telnyx';

const telnyx = new Telnyx();
const taken = new Set(); // an app that must survive a restart keeps the ids in its database

async function take(request, response) {
  // as it came: a body that was parsed and written again has another signature
  const body = await text(request);
  let event;
  try {
    event = (await telnyx.webhooks.unwrap(body, { headers: request.headers })).data;
  } catch (error) {
    console.log(`refused: ${error.message}`);
    response.writeHead(401).end();
    return;
  }
  // Telnyx delivers an event at least once, so that it may come again
  if (!taken.has(event.id)) {
    taken.add(event.id);
    console.log(`${event.event_type} ${event.payload.failure_cause ?? event.payload.hangup_cause ?? ''}`.trim());
  }
  response.writeHead(200).end();
}

const server = createServer(take);
server.listen(Number(process.argv[2] ?? 8080), '127.0.0.1', () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}/webhooks`);
});
