// A recording on the wire: the SIP messages as a ladder, and what each stream has sent and heard.

import { control, segment, send } from './api.js';
import { curlOf } from './curl.js';
import { show } from './dialogs.js';
import { copyButton } from './copying.js';
import { button, fill, h } from './dom.js';
import { span } from './format.js';
import { state } from './store.js';

/** How long one is of either codec, in microseconds (RFC 3551 section 4.5.14). */
const SAMPLE = 125;

/** Whether a story has a recording server in it. */
export const isLive = (story) => story.srs?.length > 0;

/** The dialog of a session that was placed on the wire. */
export async function showWire(id) {
  const path = `/sessions/${segment(id)}`;
  const content = h('div', { class: 'wire' }, h('p', { class: 'faint' }, 'Reading…'));
  const pcap = curlOf(control('GET', `${path}/pcap`), Boolean(state.token));
  show('On the wire', content, { wide: true });
  const draw = async () => {
    try {
      const [ladder, session] = await Promise.all([
        send(control('GET', `${path}/sip`, { accept: 'text/plain' })),
        send(control('GET', path)),
      ]);
      fill(
        content,
        streams(session.data.live),
        h(
          'figure',
          { class: 'raw' },
          h(
            'figcaption',
            {},
            'SIP',
            h(
              'span',
              { class: 'buttons' },
              button('Read again', draw, { class: 'small' }),
              copyButton('Copy', ladder),
              copyButton('Copy curl of the capture', `${pcap} -o session.pcap`),
            ),
          ),
          h('pre', { class: 'ladder', tabindex: '0', 'aria-label': 'SIP messages' }, ladder),
        ),
      );
    } catch (error) {
      fill(content, h('p', { class: 'trouble' }, error.message));
    }
  };
  await draw();
}

function streams(live) {
  if (!live?.streams?.length) return null;
  const columns = ['Track', 'Codec', 'To', 'Packets sent', 'Reports heard', 'Lost there', 'Jitter there'];
  const rows = live.streams.map((one) =>
    h(
      'tr',
      {},
      [
        one.label,
        `${one.codec ?? '–'}${one.encrypted ? ', SRTP' : ''}`,
        one.remote ?? '–',
        one.sent?.packets ?? 0,
        one.heard?.reports ?? 0,
        one.heard?.lost ?? '–',
        Number.isInteger(one.heard?.jitter) ? span(one.heard.jitter * SAMPLE) : '–',
      ].map((value) => h('td', {}, String(value))),
    ),
  );
  return h(
    'div',
    { class: 'scroll', tabindex: '0', role: 'group', 'aria-label': 'Streams' },
    h(
      'table',
      {},
      h(
        'thead',
        {},
        h(
          'tr',
          {},
          columns.map((one) => h('th', { scope: 'col' }, one)),
        ),
      ),
      h('tbody', {}, rows),
    ),
  );
}
