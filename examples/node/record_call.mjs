// Starts and stops the recording of a call with Telnyx's SDK for Node.
//
//     TELNYX_API_KEY=... node record_call.mjs v3:my-call
//
// The SDK reads TELNYX_BASE_URL and TELNYX_API_KEY, so that this runs against the emulator unchanged.

import { randomUUID } from 'node:crypto';
import Telnyx from 'telnyx';

const CALL_HAS_ENDED = '90018';

const { actions } = new Telnyx().calls;
const call = process.argv[2] ?? 'v3:my-call';

try {
  // a command that is sent again, also by the SDK itself, has the same id, so that Telnyx carries it out once
  const started = await actions.startSiprec(call, {
    connector_name: 'my-srs',
    client_state: 'b3JkZXIgNDI=',
    command_id: randomUUID(),
  });
  console.log('siprec_start:', started.data.result);
  const stopped = await actions.stopSiprec(call, { command_id: randomUUID() });
  console.log('siprec_stop:', stopped.data.result);
} catch (error) {
  if (!(error instanceof Telnyx.APIError)) throw error;
  const codes = error.error?.errors?.map(({ code }) => code) ?? [];
  if (error instanceof Telnyx.UnprocessableEntityError && codes.includes(CALL_HAS_ENDED)) {
    console.log('the call is over: there is nothing to record');
  } else {
    console.error(`refused: ${error.message}`);
    process.exitCode = 1;
  }
}
